package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.BarrierName;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.node.NodeEvent;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A barrier is passed only when every member of that generation, each in its present life, has entered since it was
 * passed last (001-13), and while nobody who departed may still act.
 */
public final class BarrierTogether implements Checker {

    private final TreeSet<String> entered = new TreeSet<>();
    private Optional<ClusterState> newest = Optional.empty();

    @Override
    public void happened(Incarnation life, NodeEvent event) {
        if (event.name().equals("barrier.entered")) {
            entered.add(key(new BarrierName(new GroupName((String) event.fields().get("group")),
                    (String) event.fields().get("barrier")), life));
        } else if (event.name().equals("barrier.left")) {
            entered.remove(key(new BarrierName(new GroupName((String) event.fields().get("group")),
                    (String) event.fields().get("barrier")), life));
        }
    }

    @Override
    public void chosen(Ballot ballot, ClusterState state) {
        for (LedgerEvent event : state.events()) {
            if (!(event instanceof LedgerEvent.BarrierPassed(BarrierName barrier, long generation, var members))) {
                continue;
            }
            // The same version may be chosen again in a later ballot; what it passed was passed.
            if (newest.isPresent() && newest.get().version() >= state.version()) {
                continue;
            }
            Group group = state.group(barrier.group()).orElseThrow();
            for (NodeId node : members) {
                Incarnation life = group.members().get(node);
                Violation.unless(life != null && entered.remove(key(barrier, life)), name(),
                        "barrier %s is passed in generation %d by %s, and %s has not entered", barrier, generation,
                        members, life);
            }
            Violation.unless(group.departed().stream().allMatch(state::harmless), name(),
                    "barrier %s is passed in generation %d, and of %s not all are harmless", barrier, generation,
                    group.departed());
        }
        if (newest.isEmpty() || newest.get().version() < state.version()) {
            newest = Optional.of(state);
        }
    }

    private static String key(BarrierName barrier, Incarnation life) {
        return barrier + " " + life;
    }
}
