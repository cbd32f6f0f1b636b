package io.muster.base;

/** Sets of times that the inequalities refuse, for tests that show what these are for. */
public final class UncheckedTimes {

    private UncheckedTimes() {}

    /** @param values in the order of {@link TimeBudget} */
    public static TimeBudget of(long... values) {
        return TimeBudget.unchecked(() -> new TimeBudget(
                values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7], values[8], values[9],
                values[10], values[11], values[12]));
    }

    /** In the order of {@link TimeBudget}. */
    public static long[] valuesOf(TimeBudget times) {
        return new long[] {
            times.pulseNs(), times.silenceNs(), times.probeNs(), times.pauseNs(), times.beatNs(), times.leaderSilenceNs(),
            times.leaseNs(), times.askNs(), times.phaseLimitNs(), times.fenceLimitNs(), times.fenceRetryNs(),
            times.writeLimitNs(), times.clockErrorPpm()};
    }

    /** The same with one other value. @param index in the order of {@link TimeBudget} */
    public static TimeBudget with(TimeBudget times, int index, long value) {
        long[] values = valuesOf(times);
        values[index] = value;
        return of(values);
    }
}
