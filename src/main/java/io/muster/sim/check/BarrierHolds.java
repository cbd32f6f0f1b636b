package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.Comparator;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * No participant begins a phase before all participants of all members of that generation are through every earlier
 * phase (000-24, rules R1, R2), and all members go by the same plan.
 */
public final class BarrierHolds implements Checker {

    private record Step(GroupName group, long generation, Phase phase, Incarnation life, String participant)
            implements Comparable<Step> {

        private static final Comparator<Step> ORDER = Comparator.comparing(Step::group)
                .thenComparingLong(Step::generation).thenComparing(Step::phase).thenComparing(Step::life)
                .thenComparing(Step::participant);

        @Override
        public int compareTo(Step other) {
            return ORDER.compare(this, other);
        }
    }

    private record Turn(GroupName group, long generation) implements Comparable<Turn> {

        @Override
        public int compareTo(Turn other) {
            int byGroup = group.compareTo(other.group);
            return byGroup != 0 ? byGroup : Long.compare(generation, other.generation);
        }
    }

    private final Truth truth;
    private final TreeSet<Step> through = new TreeSet<>();
    private final TreeMap<Turn, RecoveryPlan> plans = new TreeMap<>();
    private final TreeMap<Turn, TreeSet<Incarnation>> gaveUp = new TreeMap<>();

    public BarrierHolds(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        samePlan(life, phase, plan);
        Violation.unless(plan.survivors().containsValue(life), name(),
                "%s began %s of %s generation %d, of which it is no member",
                life, phase, plan.group(), plan.generation());
        for (Phase earlier : Phase.values()) {
            if (earlier.compareTo(phase) < 0) {
                plan.survivors().values().forEach(survivor -> isThrough(life, survivor, earlier, phase, plan));
            }
        }
    }

    private void isThrough(Incarnation life, Incarnation survivor, Phase earlier, Phase phase, RecoveryPlan plan) {
        truth.participants().forEach((participant, phases) -> Violation.unless(
                !phases.contains(earlier)
                        || through.contains(new Step(plan.group(), plan.generation(), earlier, survivor, participant)),
                name(), "%s began %s of %s generation %d, and %s on %s is not through %s",
                life, phase, plan.group(), plan.generation(), participant, survivor, earlier));
    }

    /** Who leaves in the middle of a generation stops a last time by the group as it is then, perhaps after RESUME. */
    private void samePlan(Incarnation life, Phase phase, RecoveryPlan plan) {
        Turn turn = new Turn(plan.group(), plan.generation());
        if (phase == Phase.STOP && gaveUp.getOrDefault(turn, new TreeSet<>()).contains(life)) {
            return;
        }
        RecoveryPlan first = plans.putIfAbsent(turn, plan);
        Violation.unless(first == null || first.equals(plan), name(),
                "%s began %s of %s generation %d by %s, others by %s",
                life, phase, plan.group(), plan.generation(), plan, first);
    }

    @Override
    public void answered(Incarnation life, String participant, Participant.Answer answer) {
        if (answer instanceof Participant.Done(GroupName group, long generation, Phase phase)) {
            through.add(new Step(group, generation, phase, life, participant));
        } else if (answer instanceof Participant.Abandoned(GroupName group, long generation)) {
            gaveUp.computeIfAbsent(new Turn(group, generation), _ -> new TreeSet<>()).add(life);
        }
    }
}
