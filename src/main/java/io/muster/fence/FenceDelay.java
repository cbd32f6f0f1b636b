package io.muster.fence;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.ledger.ClusterState;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How long the first try of a fence waits on purpose: the victim's own delay, a random part of it, and on an even split
 * a delay that lets the more important side shoot first. Pure but for the chance that is drawn.
 */
public final class FenceDelay {

    private FenceDelay() {}

    /** @param survivors on whose side this node is */
    public static long beforeFirstTryNs(
            Fencing fencing, SortedSet<NodeId> survivors, SortedSet<NodeId> victims, NodeId victim, Prng chance) {
        FencePlan plan = fencing.plan(victim);
        long randomNs = plan.randomDelayNs() == 0 ? 0 : chance.nextLong(plan.randomDelayNs());
        boolean evenSplit = survivors.size() <= victims.size();
        long ours = survivors.stream().mapToLong(node -> fencing.plan(node).priority()).max().orElse(0);
        long priorityNs = evenSplit && plan.priority() > ours ? fencing.limits().priorityDelayNs() : 0;
        return plan.delayNs() + randomNs + priorityNs;
    }

    static long beforeFirstTryNs(Fencing fencing, ClusterState state, Incarnation victim, Prng chance) {
        TreeSet<NodeId> victims = new TreeSet<>();
        state.departures().values().stream().filter(d -> !d.harmless()).forEach(d -> victims.add(d.who().node()));
        victims.removeAll(state.members().keySet());
        return beforeFirstTryNs(fencing, new TreeSet<>(state.members().keySet()), victims, victim.node(), chance);
    }
}
