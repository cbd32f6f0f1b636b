package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.Optional;

/** What a participant of one process does is seen by the checkers, and by whoever waits for the moment, at once. */
final class ParticipantEar implements SimParticipant.Ear {

    private final Incarnation life;
    private final Simulation simulation;

    ParticipantEar(Incarnation life, Simulation simulation) {
        this.life = life;
        this.simulation = simulation;
    }

    @Override
    public void began(String participant, Phase phase, RecoveryPlan plan) {
        simulation.note(Optional.of(life), participant + " begins " + phase + " of " + plan);
        simulation.checkers().began(life, participant, phase, plan);
        simulation.moments().began(life, phase, plan);
    }

    @Override
    public void toldToAbandon(String participant, GroupName group, long generation) {
        simulation.note(Optional.of(life), participant + " abandons generation " + generation + " of " + group);
        simulation.checkers().toldToAbandon(life, participant, group, generation);
    }

    @Override
    public void answered(String participant, Participant.Answer answer) {
        simulation.note(Optional.of(life), participant + " answers " + answer);
        simulation.checkers().answered(life, participant, answer);
    }
}
