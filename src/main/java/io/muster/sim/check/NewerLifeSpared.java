package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.ClusterState;
import io.muster.ledger.VotePolicy;
import io.muster.machine.Effect;
import io.muster.machine.FenceOperation;
import io.muster.node.NodeEvent;
import java.util.TreeMap;

/**
 * A fence never takes a newer life of the node for the one that it is against (rules F5a, F7). A life that was admitted
 * is never struck by an act against a former one, be it as late as it may. And an act that cuts the whole host off is
 * not begun by a node that hears a newer life there, unless a person has opened it.
 */
public final class NewerLifeSpared implements Checker {

    /** The one simulated device that is bound to a life. */
    private static final String BOUND_TO_A_LIFE = "process";

    private final Truth truth;
    private final TreeMap<Incarnation, TreeMap<NodeId, Incarnation>> heard = new TreeMap<>();

    public NewerLifeSpared(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void happened(Incarnation life, NodeEvent event) {
        TreeMap<NodeId, Incarnation> ears = heard.computeIfAbsent(life, _ -> new TreeMap<>());
        switch (event.name()) {
            case "heartbeat.heard" -> {
                Incarnation peer = HarmlessBeforeRecovery.parse(event.fields().get("peer").toString());
                ears.put(peer.node(), peer);
            }
            case "heartbeat.lost" -> {
                Incarnation peer = HarmlessBeforeRecovery.parse(event.fields().get("peer").toString());
                ears.remove(peer.node(), peer);
            }
            default -> { /* about no ears */ }
        }
    }

    @Override
    public void ended(Incarnation life) {
        heard.remove(life);
    }

    @Override
    public void fencing(Incarnation actor, Effect.Fence act) {
        if (act.operation() != FenceOperation.OFF || act.method().equals(BOUND_TO_A_LIFE)) {
            return;
        }
        Incarnation victim = act.victim();
        Incarnation now = actor.node().equals(victim.node())
                ? actor
                : heard.getOrDefault(actor, new TreeMap<>()).get(victim.node());
        boolean newer = now != null && now.life() > victim.life();
        boolean opened = truth.chosen().newest().fences().openedAt() > 0;
        Violation.unless(!newer || opened, name(), "%s switches %s of %s off and hears %s", actor, act.method(), victim, now);
    }

    /**
     * Whoever was admitted as the first one in with the former life's fence still open (rules F7a, L11a) takes that risk;
     * and of two nodes whoever comes back while a lone try of a life that has died may be under way (docs/ROADMAP.md).
     */
    @Override
    public void struck(Incarnation victim, Incarnation life) {
        ClusterState now = truth.chosen().newest();
        boolean risked = !now.harmless(victim) || now.voting().policy() == VotePolicy.TWO_NODE;
        Violation.unless(life.equals(victim) || !now.isMember(life) || risked, name(),
                "an act against %s struck %s, which is a member", victim, life);
    }
}
