package io.muster.base;

import java.util.function.Supplier;

/**
 * All periods and timeouts of a node, in nanoseconds, refused unless {@link Inequalities} holds.
 *
 * @param pulseNs         between two pulses on one link
 * @param silenceNs       a peer that was not heard on any link for this long is lost
 * @param probeNs         after a stream was closed and its peer's host refused a new one: silence that is enough
 * @param pauseNs         being run later than this after a deadline means "I was the one who was away"
 * @param beatNs          between two beats of the leader
 * @param leaderSilenceNs without a beat for this long a node may try to lead
 * @param leaseNs         how long a node may act after a beat that a quorum answered was sent
 * @param askNs           between two tellings of the same state or request
 * @param phaseLimitNs    a member that did not pass a recovery phase in this time is evicted
 * @param fenceLimitNs    one try of a fence method
 * @param fenceRetryNs    pause before the second try of a fence; doubles to {@link #FENCE_RETRY_MAX_NS}
 * @param writeLimitNs    a write of the own record that takes longer stops this node
 * @param clockErrorPpm   bound on the clock-rate error between any two machines, in millionths (rho)
 */
public record TimeBudget(
        long pulseNs,
        long silenceNs,
        long probeNs,
        long pauseNs,
        long beatNs,
        long leaderSilenceNs,
        long leaseNs,
        long askNs,
        long phaseLimitNs,
        long fenceLimitNs,
        long fenceRetryNs,
        long writeLimitNs,
        long clockErrorPpm) {

    public static final long MS = 1_000_000L;
    public static final long SECOND = 1_000 * MS;
    /** Clocks of machines differ by up to this, whatever is hoped. */
    public static final long CLOCK_ERROR_LEAST_PPM = 1_000;
    /** Beyond this a lease would be mostly allowance for clocks. */
    public static final long CLOCK_ERROR_LIMIT_PPM = 100_000;
    public static final long FENCE_RETRY_MAX_NS = 30 * SECOND;

    /** Bound where a set is made that the inequalities would refuse, to show what they are for. */
    private static final ScopedValue<Boolean> UNCHECKED = ScopedValue.newInstance();

    /** @throws IllegalArgumentException with the first of {@link Inequalities} that refuses the set, and its numbers */
    public TimeBudget(
            long pulseNs, long silenceNs, long probeNs, long pauseNs, long beatNs, long leaderSilenceNs, long leaseNs,
            long askNs, long phaseLimitNs, long fenceLimitNs, long fenceRetryNs, long writeLimitNs, long clockErrorPpm) {
        this.pulseNs = pulseNs;
        this.silenceNs = silenceNs;
        this.probeNs = probeNs;
        this.pauseNs = pauseNs;
        this.beatNs = beatNs;
        this.leaderSilenceNs = leaderSilenceNs;
        this.leaseNs = leaseNs;
        this.askNs = askNs;
        this.phaseLimitNs = phaseLimitNs;
        this.fenceLimitNs = fenceLimitNs;
        this.fenceRetryNs = fenceRetryNs;
        this.writeLimitNs = writeLimitNs;
        this.clockErrorPpm = clockErrorPpm;
        if (!UNCHECKED.isBound()) {
            Inequalities.refusal(this).ifPresent(why -> {
                throw new IllegalArgumentException(why);
            });
        }
    }

    /** A set that may be unsafe: for tests that show what an inequality is needed for. */
    static TimeBudget unchecked(Supplier<TimeBudget> made) {
        return ScopedValue.where(UNCHECKED, true).call(made::get);
    }

    /** The shipped settings for a local network. */
    public static TimeBudget lan() {
        return new TimeBudget(
                50 * MS, 600 * MS, 20 * MS, 250 * MS, 100 * MS, 800 * MS, 2 * SECOND, 200 * MS, 30 * SECOND,
                20 * SECOND, 500 * MS, 5 * SECOND, 1_000);
    }
}
