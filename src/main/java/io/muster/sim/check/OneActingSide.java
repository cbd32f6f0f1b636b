package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.Phase;
import io.muster.recovery.RecoveryPlan;

/**
 * At most one side acts at any time: when anybody begins to rebuild what a departed life had, that life may not act any
 * more, and it never may again (rules A2, A3).
 */
public final class OneActingSide implements Checker {

    private final Truth truth;

    public OneActingSide(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        if (phase == Phase.STOP) {
            return;
        }
        for (Incarnation departed : plan.departed()) {
            Violation.unless(!truth.mayAct(departed) || truth.liedAbout(departed), name(),
                    "%s began %s of %s generation %d while %s may act",
                    life, phase, plan.group(), plan.generation(), departed);
        }
    }

    @Override
    public void mayAct(Incarnation life, long until) {
        Violation.unless(until <= truth.now() || !truth.chosen().evidenced(life) || truth.liedAbout(life), name(),
                "%s may act for another %d ns, and evidence of its end was chosen", life, until - truth.now());
    }
}
