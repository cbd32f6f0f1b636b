package io.muster.heartbeat;

import io.muster.base.Incarnation;
import io.muster.base.NodeSet;

/** What the heartbeat announces. */
public sealed interface HeartbeatNews {

    /** This life is heard on at least one link; told when it begins. */
    record PeerHeard(Incarnation who) implements HeartbeatNews {}

    /**
     * This life is not heard on any link any more; told when it ends, also when a newer life of the node is heard.
     *
     * @param silentNs since it was last heard
     */
    record PeerLost(Incarnation who, String reason, long silentNs) implements HeartbeatNews {}

    /**
     * Whom this node hears and who says that it hears this node, on some link; without this node. Told when it changes.
     *
     * @param heard  one way: to us
     * @param twoWay both ways on the same link
     */
    record LinksChanged(NodeSet heard, NodeSet twoWay) implements HeartbeatNews {}

    /** This node itself was away for this long; peers get a fresh chance before any verdict. */
    record SelfPaused(long awayNs) implements HeartbeatNews {}

    /**
     * A link to a peer that is heard went down, came up, or works one way only; told when it changes. The loss of the
     * whole peer is {@link PeerLost} alone.
     *
     * @param afterNs how long it was otherwise before
     */
    record LinkChanged(Incarnation who, int link, LinkState state, long afterNs) implements HeartbeatNews {}
}
