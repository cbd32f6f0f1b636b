package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.Comparator;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Every life that a group lost is recovered from: before the group resumes, some participant has been through JOURNALS
 * with that life in its plan, and at the end nothing is left over (rule R3: departed add up over generations).
 */
public final class EveryLossRecovered implements Checker {

    private record Loss(GroupName group, Incarnation life) implements Comparable<Loss> {

        private static final Comparator<Loss> ORDER = Comparator.comparing(Loss::group).thenComparing(Loss::life);

        @Override
        public int compareTo(Loss other) {
            return ORDER.compare(this, other);
        }
    }

    private record Turn(GroupName group, long generation) implements Comparable<Turn> {

        private static final Comparator<Turn> ORDER = Comparator.comparing(Turn::group).thenComparing(Turn::generation);

        @Override
        public int compareTo(Turn other) {
            return ORDER.compare(this, other);
        }
    }

    private final TreeSet<Loss> open = new TreeSet<>();
    private final TreeMap<Turn, SortedSet<Incarnation>> departed = new TreeMap<>();
    private final TreeMap<GroupName, TreeSet<Incarnation>> replayed = new TreeMap<>();
    private long losses;

    /** How many losses were recovered from. */
    public long recovered() {
        return losses - open.size();
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        if (phase == Phase.JOURNALS) {
            departed.put(new Turn(plan.group(), plan.generation()), plan.departed());
        }
    }

    @Override
    public void answered(Incarnation life, String participant, Participant.Answer answer) {
        if (answer instanceof Participant.Done(GroupName group, long generation, Phase phase)
                && phase == Phase.JOURNALS) {
            replayed.computeIfAbsent(group, _ -> new TreeSet<>())
                    .addAll(departed.getOrDefault(new Turn(group, generation), new TreeSet<>()));
        }
    }

    @Override
    public void chosen(Ballot ballot, ClusterState state) {
        for (LedgerEvent event : state.events()) {
            if (event instanceof LedgerEvent.GroupLost(GroupName group, Incarnation who)) {
                losses++;
                open.add(new Loss(group, who));
            } else if (event instanceof LedgerEvent.PhaseReached(GroupName group, long generation, Phase phase)
                    && phase == Phase.RESUME) {
                resumed(group, generation);
            }
        }
    }

    private void resumed(GroupName group, long generation) {
        for (Loss loss : new TreeSet<>(open)) {
            if (loss.group().equals(group)) {
                Violation.unless(replayed.getOrDefault(group, new TreeSet<>()).contains(loss.life()), name(),
                        "generation %d of %s resumes, and nobody replayed what %s left", generation, group, loss.life());
                open.remove(loss);
            }
        }
    }

    @Override
    public void end() {
        Violation.unless(open.isEmpty(), name(), "never recovered from: %s", open);
    }
}
