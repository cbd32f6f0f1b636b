package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.Comparator;
import java.util.TreeMap;

/**
 * A life that leaves a group without being recovered from has given the word of all its services that they are drained:
 * the last thing each of them did for the group was a STOP that it got through (rule R4, attack S6). And nobody comes
 * into a group in the middle of a recovery (rule R10).
 */
public final class LeavesAndJoinsInOrder implements Checker {

    private record Service(Incarnation life, GroupName group, String participant) implements Comparable<Service> {

        private static final Comparator<Service> ORDER = Comparator.comparing(Service::life)
                .thenComparing(Service::group).thenComparing(Service::participant);

        @Override
        public int compareTo(Service other) {
            return ORDER.compare(this, other);
        }
    }

    private record Last(Phase phase, boolean through) {}

    private final Truth truth;
    private final TreeMap<Service, Last> last = new TreeMap<>();

    public LeavesAndJoinsInOrder(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        last.put(new Service(life, plan.group(), participant), new Last(phase, false));
    }

    @Override
    public void answered(Incarnation life, String participant, Participant.Answer answer) {
        if (answer instanceof Participant.Done(GroupName group, _, Phase phase)) {
            last.put(new Service(life, group, participant), new Last(phase, true));
        }
    }

    @Override
    public void chosen(Ballot ballot, ClusterState state) {
        ClusterState parent = truth.chosen().at(state.version() - 1).orElseThrow();
        for (LedgerEvent event : state.events()) {
            if (event instanceof LedgerEvent.GroupLeft(GroupName group, Incarnation who)) {
                truth.participants().forEach((participant, phases) -> isDrained(who, group, participant));
            } else if (event instanceof LedgerEvent.GroupJoined(GroupName name, Incarnation who)) {
                Group group = parent.groups().get(name);
                Violation.unless(group == null || group.members().isEmpty() || group.phase() == Phase.RUNNING
                                || hasChanged(state, name, who), name(),
                        "%s joined %s in the middle of generation %d, in %s",
                        who, name, group == null ? 0 : group.generation(), group == null ? "" : group.phase());
            }
        }
    }

    /** Whether the same version brought the group to RUNNING, or took all its members out, before this one came in. */
    private static boolean hasChanged(ClusterState state, GroupName name, Incarnation who) {
        return state.events().stream().takeWhile(event -> !event.equals(new LedgerEvent.GroupJoined(name, who)))
                .anyMatch(event -> event instanceof LedgerEvent.PhaseReached(GroupName group, _, Phase phase)
                                && group.equals(name) && phase == Phase.RUNNING
                        || event instanceof LedgerEvent.GroupLost(GroupName lost, _) && lost.equals(name)
                        || event instanceof LedgerEvent.GroupLeft(GroupName left, _) && left.equals(name)
                        || event instanceof LedgerEvent.GroupJoined(GroupName joined, _) && joined.equals(name));
    }

    private void isDrained(Incarnation who, GroupName group, String participant) {
        Last did = last.get(new Service(who, group, participant));
        Violation.unless(did == null || did.equals(new Last(Phase.STOP, true)), name(),
                "%s left %s, and the last that its %s did there is %s", who, group, participant, did);
    }
}
