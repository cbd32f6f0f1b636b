package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.recovery.RecoveryPlan;
import java.util.TreeMap;

/**
 * Nobody begins LOCKS before every member of that generation has applied that the departed are harmless: the word that a
 * node is dead has reached all who take part before the first of them lets its lock manager go on (000-22 before 000-23).
 */
public final class ToldBeforeLocks implements Checker {

    private final TreeMap<Incarnation, ClusterState> applied = new TreeMap<>();

    @Override
    public void applied(Incarnation life, LedgerNews.Applied news) {
        applied.put(life, news.state());
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        if (phase != Phase.LOCKS) {
            return;
        }
        for (Incarnation survivor : plan.survivors().values()) {
            ClusterState known = applied.get(survivor);
            for (Incarnation departed : plan.departed()) {
                Violation.unless(known != null && known.harmless(departed), name(),
                        "%s began LOCKS of %s generation %d, and %s has not applied that %s is harmless",
                        life, plan.group(), plan.generation(), survivor, departed);
            }
        }
    }
}
