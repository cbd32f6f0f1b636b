package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.Comparator;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a departed life left is replayed by one life at a time, the one that its generation's plan names (rules R3, R11):
 * nobody begins while another life, of an older generation or of the same, is still at it and could still write.
 */
public final class OneReplayer implements Checker {

    /** What one participant left in one group. */
    private record Journal(GroupName group, String participant, Incarnation owner) implements Comparable<Journal> {

        private static final Comparator<Journal> ORDER = Comparator.comparing(Journal::group)
                .thenComparing(Journal::participant).thenComparing(Journal::owner);

        @Override
        public int compareTo(Journal other) {
            return ORDER.compare(this, other);
        }
    }

    private record Replay(Incarnation by, long generation) {}

    private final Truth truth;
    private final TreeMap<Journal, Replay> running = new TreeMap<>();

    public OneReplayer(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        if (phase != Phase.JOURNALS) {
            return;
        }
        for (Incarnation owner : plan.departed()) {
            NodeId named = plan.replayer().get(owner);
            Violation.unless(named != null && plan.survivors().containsKey(named), name(),
                    "the plan of %s generation %d names %s to replay %s", plan.group(), plan.generation(), named, owner);
            if (named.equals(life.node())) {
                Journal journal = new Journal(plan.group(), participant, owner);
                Replay before = running.put(journal, new Replay(life, plan.generation()));
                Violation.unless(
                        before == null || before.by().equals(life) || !truth.alive(before.by())
                                || truth.liedAbout(before.by()),
                        name(), "%s replays what %s left in %s, and %s of generation %d is still at it", life, owner,
                        plan.group(), before == null ? life : before.by(), before == null ? 0 : before.generation());
            }
        }
    }

    @Override
    public void answered(Incarnation life, String participant, Participant.Answer answer) {
        switch (answer) {
            case Participant.Done(GroupName group, long generation, Phase phase) when phase == Phase.JOURNALS ->
                stops(life, participant, group, generation);
            case Participant.Failed(GroupName group, long generation, Phase phase, _) when phase == Phase.JOURNALS ->
                stops(life, participant, group, generation);
            case Participant.Abandoned(GroupName group, long generation) -> stops(life, participant, group, generation);
            case Participant.Done _, Participant.Failed _ -> { /* of another phase */ }
        }
    }

    private void stops(Incarnation life, String participant, GroupName group, long generation) {
        for (Journal journal : new TreeSet<>(running.keySet())) {
            Replay replay = running.get(journal);
            if (journal.group().equals(group) && journal.participant().equals(participant) && replay.by().equals(life)
                    && replay.generation() <= generation) {
                running.remove(journal);
            }
        }
    }
}
