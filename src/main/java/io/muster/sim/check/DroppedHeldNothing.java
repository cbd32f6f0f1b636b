package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.recovery.RecoveryPlan;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who is put out without a fence had nothing open: its services have never begun anything for a group that it had not
 * left, and they begin nothing afterwards, though its process may still run and not know that it is out (rule F9).
 */
public final class DroppedHeldNothing implements Checker {

    private final Truth truth;
    private final TreeMap<Incarnation, TreeSet<GroupName>> open = new TreeMap<>();

    public DroppedHeldNothing(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        Violation.unless(!truth.chosen().dropped(life), name(),
                "%s begins %s of group %s, and it was put out without a fence", life, phase, plan.group());
        open.computeIfAbsent(life, _ -> new TreeSet<>()).add(plan.group());
    }

    @Override
    public void chosen(Ballot ballot, ClusterState state) {
        for (LedgerEvent event : state.events()) {
            if (event instanceof LedgerEvent.GroupLeft(GroupName group, Incarnation who) && open.containsKey(who)) {
                open.get(who).remove(group);
            } else if (event instanceof LedgerEvent.MemberDropped(Incarnation who, _)) {
                Violation.unless(open.getOrDefault(who, new TreeSet<>()).isEmpty(), name(),
                        "version %d puts %s out without a fence, and it has %s open",
                        state.version(), who, open.get(who));
            }
        }
    }
}
