package io.muster.heartbeat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Optional;

/** What {@link Liveness} announces. */
public sealed interface LivenessNews {

    /**
     * For the layers above, in the words of the network heartbeat: {@link HeartbeatNews.PeerHeard} and
     * {@link HeartbeatNews.PeerLost} are those of the rule over all methods, the others are the network's own.
     */
    record Verdict(HeartbeatNews news) implements LivenessNews {}

    /**
     * A node stands otherwise; told only while there is more than one method.
     *
     * @param who the life it is about; empty when none was heard yet
     * @param why what each method says
     */
    record StandingChanged(NodeId node, Optional<Incarnation> who, Standing standing, String why) implements LivenessNews {}

    /** This life is up in the regions of the subscription. */
    record CalledUp(String subscriber, Incarnation who) implements LivenessNews {}

    /** This node is down in all regions of the subscription that this node sees. */
    record CalledDown(String subscriber, NodeId node, String reason) implements LivenessNews {}
}
