package io.muster.heartbeat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;

/** What the heartbeat is told. */
public sealed interface HeartbeatInput {

    /** An authentic datagram of a peer came in on a link. */
    record Arrived(Incarnation from, int link, HeartbeatMessage message) implements HeartbeatInput {}

    /** A stream with this peer stands. */
    record StreamOpened(NodeId peer) implements HeartbeatInput {}

    /** The stream with this peer was closed by it or by its host: a reason to probe, no proof of anything. */
    record StreamClosed(NodeId peer) implements HeartbeatInput {}

    /** The peer's host answered and said that nobody listens on the peer's address. */
    record StreamRefused(NodeId peer) implements HeartbeatInput {}

    /** Sign off: tell peers nothing more. */
    record Silence() implements HeartbeatInput {}

    /**
     * The configuration has changed.
     *
     * @param peers the other configured nodes from now on
     * @param links how many links each of them has
     */
    record Configured(NodeSet peers, int links) implements HeartbeatInput {}
}
