package io.muster.sim;

import io.muster.base.Invariant;

/**
 * The monotonic clock of one boot of a simulated host: it starts anywhere and runs a little fast or slow.
 *
 * @param bootedAt true time at which it showed {@code shown}
 * @param shown    what it showed then
 * @param ratePpm  how much faster than true time it runs, in millionths; negative when slower
 */
record SimClock(long bootedAt, long shown, long ratePpm) {

    private static final long MILLION = 1_000_000;
    /** The clock-rate error between any two hosts is at most twice this. */
    static final long RATE_LIMIT_PPM = 10_000;

    SimClock {
        Invariant.holds(Math.abs(ratePpm) <= RATE_LIMIT_PPM, "a clock %d ppm off", ratePpm);
    }

    /** What this clock shows at a true time. */
    long at(long trueTime) {
        long span = trueTime - bootedAt;
        return shown + span + Math.floorDiv(span * ratePpm, MILLION);
    }

    /** The first true time at which this clock shows {@code local} or more. */
    long trueTimeOf(long local) {
        long span = local - shown;
        // One estimate, then walked to the exact place: the rate is small, so the walk is a step or two.
        long guess = bootedAt + Math.floorDiv(span, MILLION + ratePpm) * MILLION
                + Math.floorDiv(Math.floorMod(span, MILLION + ratePpm) * MILLION, MILLION + ratePpm);
        while (at(guess) < local) {
            guess++;
        }
        while (at(guess - 1) >= local) {
            guess--;
        }
        return guess;
    }
}
