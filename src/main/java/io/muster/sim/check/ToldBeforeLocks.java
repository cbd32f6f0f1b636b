package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.recovery.RecoveryPlan;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Nobody begins LOCKS before every member of that generation has applied that the departed are harmless: the word that a
 * node is dead has reached all who take part before the first of them lets its lock manager go on (000-22 before 000-23).
 *
 * <p>What counts is what a member has applied while the group was in that very generation. Evidence that is voided later
 * (rule F4) begins another one, in which all have to be told anew; who hears late of the LOCKS before begins it rightly.
 */
public final class ToldBeforeLocks implements Checker {

    private final TreeMap<String, TreeSet<Incarnation>> known = new TreeMap<>();

    @Override
    public void applied(Incarnation life, LedgerNews.Applied news) {
        for (Group group : news.state().groups().values()) {
            for (Incarnation departed : group.departed()) {
                if (news.state().harmless(departed)) {
                    known.computeIfAbsent(key(life, group.name(), group.generation()), _ -> new TreeSet<>()).add(departed);
                }
            }
        }
    }

    @Override
    public void began(Incarnation life, String participant, Phase phase, RecoveryPlan plan) {
        if (phase != Phase.LOCKS) {
            return;
        }
        for (Incarnation survivor : plan.survivors().values()) {
            TreeSet<Incarnation> told = known.getOrDefault(
                    key(survivor, plan.group(), plan.generation()), new TreeSet<>());
            for (Incarnation departed : plan.departed()) {
                Violation.unless(told.contains(departed), name(),
                        "%s began LOCKS of %s generation %d, and %s has not applied that %s is harmless",
                        life, plan.group(), plan.generation(), survivor, departed);
            }
        }
    }

    private static String key(Incarnation life, GroupName group, long generation) {
        return life + " " + group + " " + generation;
    }
}
