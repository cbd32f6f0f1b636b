package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.node.Wait;
import java.util.List;
import java.util.TreeMap;

/**
 * A node that cannot do its work for longer than a moment says what it waits for, and each wait is a sentence: nothing
 * is ever stuck without a why.
 */
public final class EveryWaitNamed implements Checker {

    /** What takes no longer than this may still be under way. */
    private static final long MOMENT_NS = 3 * TimeBudget.SECOND;

    /** Who was not looked at for longer than this was stopped, and could not have told anybody. */
    private static final long LOOKED_NS = TimeBudget.SECOND;

    private final Truth truth;
    private final TreeMap<Incarnation, Long> blockedSince = new TreeMap<>();
    private final TreeMap<Incarnation, Long> lookedAt = new TreeMap<>();

    public EveryWaitNamed(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void ended(Incarnation life) {
        blockedSince.remove(life);
        lookedAt.remove(life);
    }

    @Override
    public void looked(Incarnation life, boolean blocked, List<Wait> waits) {
        Long before = lookedAt.put(life, truth.now());
        if (before != null && truth.now() - before > LOOKED_NS) {
            blockedSince.remove(life);
        }
        waits.forEach(wait -> isNamed(life, wait));
        if (!blocked) {
            blockedSince.remove(life);
            return;
        }
        long since = blockedSince.computeIfAbsent(life, _ -> truth.now());
        Violation.unless(!waits.isEmpty() || truth.now() - since < MOMENT_NS, name(),
                "%s has been blocked for %d ms and waits for nothing", life, (truth.now() - since) / TimeBudget.MS);
    }

    private void isNamed(Incarnation life, Wait wait) {
        Violation.unless(!wait.what().isBlank(), name(), "%s waits with %s and no word", life, wait.code());
        wait.because().forEach(cause -> isNamed(life, cause));
    }
}
