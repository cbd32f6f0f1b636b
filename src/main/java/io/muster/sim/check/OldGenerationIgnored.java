package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.Comparator;
import java.util.TreeMap;

/**
 * Generations never go back, phases come in order, and nothing of an older generation runs when a newer one begins:
 * a participant that was in the middle of something has said that it stopped (rule R3).
 */
public final class OldGenerationIgnored implements Checker {

    private record Service(Incarnation life, String participant, GroupName group) implements Comparable<Service> {

        private static final Comparator<Service> ORDER = Comparator.comparing(Service::life)
                .thenComparing(Service::participant).thenComparing(Service::group);

        @Override
        public int compareTo(Service other) {
            return ORDER.compare(this, other);
        }
    }

    private enum How { RUNNING, ENDED, ABANDONED }

    private record At(long generation, Phase phase, How how) {}

    private final TreeMap<Service, At> at = new TreeMap<>();

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        At before = at.put(new Service(life, participant, plan.group()), new At(plan.generation(), phase, How.RUNNING));
        if (before == null) {
            return;
        }
        Violation.unless(before.generation() <= plan.generation(), name(),
                "%s on %s began generation %d of %s after generation %d",
                participant, life, plan.generation(), plan.group(), before.generation());
        // Who leaves in the middle gives the generation up, and then stops a last time in it (rule R4).
        boolean lastStop = before.how() == How.ABANDONED && phase == Phase.STOP;
        Violation.unless(lastStop || before.generation() < plan.generation() || before.phase().compareTo(phase) <= 0,
                name(),
                "%s on %s began %s of generation %d of %s after %s",
                participant, life, phase, plan.generation(), plan.group(), before.phase());
        Violation.unless(before.how() != How.RUNNING, name(),
                "%s on %s began %s of generation %d of %s while %s of generation %d runs", participant, life, phase,
                plan.generation(), plan.group(), before.phase(), before.generation());
    }

    @Override
    public void answered(Incarnation life, String participant, Participant.Answer answer) {
        switch (answer) {
            case Participant.Done(GroupName group, long generation, Phase phase) ->
                stopped(new Service(life, participant, group), generation, phase);
            case Participant.Failed(GroupName group, long generation, Phase phase, _) ->
                stopped(new Service(life, participant, group), generation, phase);
            case Participant.Abandoned(GroupName group, long generation) -> {
                Service service = new Service(life, participant, group);
                At now = at.get(service);
                if (now != null && now.generation() <= generation) {
                    at.put(service, new At(now.generation(), now.phase(), How.ABANDONED));
                }
            }
        }
    }

    private void stopped(Service service, long generation, Phase phase) {
        if (new At(generation, phase, How.RUNNING).equals(at.get(service))) {
            at.put(service, new At(generation, phase, How.ENDED));
        }
    }
}
