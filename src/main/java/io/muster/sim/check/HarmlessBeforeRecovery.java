package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Phase;
import io.muster.machine.Effect;
import io.muster.machine.FenceOperation;
import io.muster.node.NodeEvent;
import io.muster.recovery.RecoveryPlan;
import java.util.HashSet;
import java.util.Set;

/**
 * Nobody rebuilds locks or replays journals of a life that could still act: LOCKS and later phases begin only with
 * chosen evidence for all departed, and in truth these have ended (000-21, 000-22, rules F2, R1). Nobody is shot
 * without a chosen intent (rules F1, F8). The same holds for what a node tells the outside: a life is called dead, and a
 * view is called installed, only when those who are out have been made harmless (001-8, 001-9).
 */
public final class HarmlessBeforeRecovery implements Checker {

    private record Noted(NodeId by, long intent, Incarnation victim) {}

    private final Truth truth;
    /** Ever, as with chosen intents: a process that lost its folder to a later life still acts by what it noted (S7). */
    private final Set<Noted> lone = new HashSet<>();

    public HarmlessBeforeRecovery(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        if (phase == Phase.STOP) {
            return;
        }
        for (Incarnation departed : plan.departed()) {
            Violation.unless(truth.chosen().evidenced(departed), name(),
                    "%s began %s of %s generation %d, and no evidence that %s has ended was chosen",
                    life, phase, plan.group(), plan.generation(), departed);
            Violation.unless(!truth.alive(departed) || truth.liedAbout(departed), name(),
                    "%s began %s of %s generation %d, and %s runs",
                    life, phase, plan.group(), plan.generation(), departed);
        }
    }

    @Override
    public void happened(Incarnation life, NodeEvent event) {
        if (event.name().equals("node.dead")) {
            Incarnation dead = parse(event.fields().get("who").toString());
            if (Long.valueOf(0).equals(event.fields().get("intent")) && truth.chosen().dropped(dead)) {
                return; // told to a node that missed how it went, and another life of that node is in since
            }
            Violation.unless(truth.chosen().evidenced(dead), name(),
                    "%s calls %s dead, and no evidence of that was chosen", life, dead);
            Violation.unless(!truth.alive(dead) || truth.liedAbout(dead), name(), "%s calls %s dead, and it runs", life, dead);
        } else if (event.name().equals("view.installed")) {
            Violation.unless(truth.chosen().at(event.version()).filter(ClusterState::safe).isPresent(), name(),
                    "%s calls the view of version %d installed, and somebody who is out is not harmless",
                    life, event.version());
        }
    }

    /** Reads {@code n3#2}. */
    static Incarnation parse(String text) {
        String[] parts = text.split("#");
        return new Incarnation(NodeId.parse(parts[0]), Long.parseLong(parts[1]));
    }

    @Override
    public void durable(NodeId node, AcceptorRecord record) {
        record.lone().ifPresent(line -> lone.add(new Noted(node, line.intent(), line.other())));
    }

    @Override
    public void fencing(Incarnation actor, Effect.Fence act) {
        if (act.operation() == FenceOperation.UNFENCE) {
            return; // takes nothing away from anybody
        }
        // Of two, the one that was entered with the other has the intent in its own record instead (rule T8).
        boolean noted = lone.contains(new Noted(actor.node(), act.intent(), act.victim()));
        boolean agreed = truth.chosen().intended(act.intent(), act.victim());
        Violation.unless(noted || agreed, name(),
                "%s fences %s for intent %d, which was not chosen", actor, act.victim(), act.intent());
        // The intent that was noted may be agreed under the same number when both lived on: then it is acted on with a lease.
        Violation.unless(agreed || !truth.mayAct(actor), name(),
                "%s fences %s alone with its gate open", actor, act.victim());
    }
}
