package io.muster.node;

import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.heartbeat.Heartbeat;
import io.muster.ledger.ClusterState;
import java.util.Optional;

/**
 * Which change of the configured nodes a running node may take up: any that keeps everybody who is still of concern. A
 * member, a voter or a life that is not fenced yet has to stay reachable, whatever a file says.
 */
final class Reconfiguration {

    private Reconfiguration() {}

    /** Why this change is not taken up; then nothing of it is. */
    static Optional<Refusal> refusal(NodeConfig current, NodeInput.Configured next, ClusterState state) {
        if (!next.nodes().contains(current.self().node())) {
            return refusal("%s itself is not among the nodes %s".formatted(current.self().node(), next.nodes()));
        }
        if (next.links() < 1 || next.links() > Heartbeat.LINKS_LIMIT) {
            return refusal("%d links; 1 to %d are allowed".formatted(next.links(), Heartbeat.LINKS_LIMIT));
        }
        NodeSet removed = current.nodes().minus(next.nodes());
        for (NodeId node : removed) {
            if (state.members().containsKey(node)) {
                return refusal("%s is a member: let it leave first (`muster leave --node %s`)".formatted(node, node));
            }
            if (state.voters().contains(node)) {
                return refusal("%s has a vote: take its vote first".formatted(node));
            }
            if (state.departures().values().stream().anyMatch(
                    departure -> departure.who().node().equals(node) && !departure.harmless())) {
                return refusal("%s is not fenced yet: `muster why` shows what that waits for".formatted(node));
            }
        }
        return Optional.empty();
    }

    private static Optional<Refusal> refusal(String why) {
        return Optional.of(new Refusal(FaultCode.CONFIG_4, why));
    }
}
