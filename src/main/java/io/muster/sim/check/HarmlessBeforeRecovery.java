package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.Phase;
import io.muster.machine.Effect;
import io.muster.recovery.RecoveryPlan;

/**
 * Nobody rebuilds locks or replays journals of a life that could still act: LOCKS and later phases begin only with
 * chosen evidence for all departed, and in truth these have ended (000-21, 000-22, rules F2, R1). Nobody is shot
 * without a chosen intent (rules F1, F8).
 */
public final class HarmlessBeforeRecovery implements Checker {

    private final Truth truth;

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
    public void fencing(Incarnation actor, Effect.Fence act) {
        Violation.unless(truth.chosen().intended(act.intent(), act.victim()), name(),
                "%s fences %s for intent %d, which was not chosen", actor, act.victim(), act.intent());
    }
}
