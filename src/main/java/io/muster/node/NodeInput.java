package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.fence.FencePlan;
import io.muster.machine.Completion;
import io.muster.machine.Message;
import io.muster.recovery.Participant;
import java.util.SortedMap;

/** What a driver tells a node. Frames were decoded and their cluster checked before. */
public sealed interface NodeInput {

    /** Over the stream of a peer. */
    record Arrived(Incarnation from, Message message) implements NodeInput {}

    /** An authentic datagram over a link. */
    record CastArrived(Incarnation from, int link, Message message) implements NodeInput {}

    record StreamOpened(NodeId peer) implements NodeInput {}

    /** The peer or its host closed the stream. */
    record StreamClosed(NodeId peer) implements NodeInput {}

    /** The peer's host says that nobody listens. */
    record StreamRefused(NodeId peer) implements NodeInput {}

    record Completed(Completion completion) implements NodeInput {}

    record Asked(Request request) implements NodeInput {}

    /** A participant that took its time answers. */
    record Answered(String participant, Participant.Answer answer) implements NodeInput {}

    /**
     * The configuration has changed; taken up as far as {@link ClusterNode#refusal(Configured)} has nothing against it.
     *
     * @param nodes        all configured nodes from now on, this one included
     * @param links        how many links each peer has
     * @param plans how each node is fenced
     */
    record Configured(NodeSet nodes, int links, SortedMap<NodeId, FencePlan> plans) implements NodeInput {}

    /** A peer with a certificate of this cluster keeps to another ledger of it (rule Q6b). */
    record OtherLedger(Incarnation who, long ledger) implements NodeInput {}

    /**
     * How many of the own links have a carrier now; told when it changes. Never told, nothing is said of it.
     *
     * @param links 0 to {@link NodeConfig#LINKS_LIMIT}
     */
    record Carrier(int links) implements NodeInput {}
}
