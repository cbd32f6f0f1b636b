package io.muster.sim.check;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How often each promise was put to the test, so that a checker which is never asked is noticed: it would pass
 * everything. A simulated world runs in one thread, and so the count is that thread's; {@link #begin} starts it anew.
 */
public final class Checks {

    private static final class Count {
        private long made;
    }

    private static final ThreadLocal<Checks> OF_THIS_WORLD = ThreadLocal.withInitial(Checks::new);

    private final TreeMap<String, Count> counts = new TreeMap<>();
    private String last = "";
    private Count lastCount = new Count();

    private Checks() {}

    /** A new world begins in this thread. */
    static void begin() {
        OF_THIS_WORLD.remove();
    }

    static void count(String checker) {
        Checks now = OF_THIS_WORLD.get();
        if (!checker.equals(now.last)) {
            now.last = checker;
            Count known = now.counts.get(checker);
            now.lastCount = known == null ? new Count() : known;
            if (known == null) {
                now.counts.put(checker, now.lastCount);
            }
        }
        now.lastCount.made++;
    }

    /** Checks made by each promise in this thread since its world began. */
    static SortedMap<String, Long> made() {
        TreeMap<String, Long> made = new TreeMap<>();
        OF_THIS_WORLD.get().counts.forEach((checker, count) -> made.put(checker, count.made));
        return Collections.unmodifiableSortedMap(made);
    }
}
