package io.muster.fence;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.ledger.FenceIntent;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Keeps one cause from shooting most of a cluster (rule F6): of the nodes that the state counts as shot and not back,
 * the first few by the number of their intent may be acted on; the next come as these return, or when the window has
 * passed. The order is agreed; only the time is this leader's, and a new leader waits the whole window anew.
 *
 * <p>It delays acts and nothing else: intents, evidence, a person's word and every wait go their way.
 */
final class FenceLimiter {

    private final FenceLimits limits;
    /** Since when, on this node's clock as the leader, the fence of this intent may act. */
    private final SortedMap<Long, Long> actingSince = new TreeMap<>();

    FenceLimiter(FenceLimits limits) {
        this.limits = limits;
    }

    /** Another ballot: what this node measured before says nothing about the acts of others in between. */
    void restart() {
        actingSince.clear();
    }

    void agreed(ClusterState state, long now) {
        actingSince.keySet().removeIf(intent -> !state.fences().counted().containsValue(intent));
        if (limits.limited()) {
            inOrder(state).stream().limit(limits.nodes())
                    .forEach(entry -> actingSince.putIfAbsent(entry.getValue(), now));
        }
    }

    /** Whether an act against this departure has to wait. */
    boolean holds(ClusterState state, Departure departure) {
        Optional<Long> intent = departure.intent().map(FenceIntent::id);
        if (!limits.limited() || intent.isEmpty()
                || !intent.get().equals(state.fences().counted().get(departure.who().node()))
                || neededForQuorum(state)) {
            return false;
        }
        return state.fences().counted().values().stream().filter(other -> other < intent.get()).count() >= limits.nodes();
    }

    /** With too few voters in, only fences let the others come back (rule F7a): these are never held. */
    private static boolean neededForQuorum(ClusterState state) {
        return !state.electorate().isQuorum(NodeSet.of(state.members().keySet()));
    }

    /** The newest intent that has acted for the whole window, in the agreed order. */
    OptionalLong passed(ClusterState state, long now) {
        OptionalLong passed = OptionalLong.empty();
        for (Map.Entry<NodeId, Long> entry : inOrder(state)) {
            Long since = actingSince.get(entry.getValue());
            if (since == null || now < since + limits.windowNs()) {
                return passed;
            }
            passed = OptionalLong.of(entry.getValue());
        }
        return passed;
    }

    /** When the next one stops counting, if nobody returns before. */
    long opensAt() {
        return actingSince.values().stream().mapToLong(since -> since + limits.windowNs()).min().orElse(Long.MAX_VALUE);
    }

    String why(ClusterState state) {
        return "%d nodes were shot and are not back (%s), %d may be: a person can open it: muster fence open".formatted(
                Math.min(limits.nodes(), state.fences().counted().size()),
                String.join(" ", inOrder(state).stream().limit(limits.nodes()).map(e -> e.getKey().toString()).toList()),
                limits.nodes());
    }

    private static List<Map.Entry<NodeId, Long>> inOrder(ClusterState state) {
        return state.fences().counted().entrySet().stream().sorted(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                .toList();
    }
}
