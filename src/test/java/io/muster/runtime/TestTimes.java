package io.muster.runtime;

import io.muster.base.TimeBudget;

/** Times for tests with real processes, on machines on which much else runs. */
public final class TestTimes {

    private static final long MS = TimeBudget.MS;

    private TestTimes() {}

    /** As shipped, with more patience before somebody who is not heard is given up. */
    public static TimeBudget patient() {
        return new TimeBudget(50 * MS, 3_000 * MS, 20 * MS, 1_000 * MS, 100 * MS, 3_000 * MS, 5_000 * MS, 200 * MS,
                60_000 * MS, 20_000 * MS, 500 * MS, 20_000 * MS, 1_000);
    }
}
