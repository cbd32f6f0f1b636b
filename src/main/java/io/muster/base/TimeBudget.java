package io.muster.base;

/**
 * All periods and timeouts of a node, in nanoseconds, with the inequalities that make them safe together.
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
    /** Beyond this a lease would be mostly allowance for clocks. */
    public static final long CLOCK_ERROR_LIMIT_PPM = 100_000;
    public static final long FENCE_RETRY_MAX_NS = 30 * SECOND;

    public TimeBudget {
        require(pulseNs > 0, "pulse %d ns must be above 0", pulseNs);
        require(silenceNs >= 3 * pulseNs, "silence %d ns must be at least 3 pulses of %d ns", silenceNs, pulseNs);
        require(probeNs > 0 && probeNs <= silenceNs, "probe %d ns must be in 1 to silence %d ns", probeNs, silenceNs);
        require(pauseNs > pulseNs && pauseNs <= silenceNs,
                "pause %d ns must be above the pulse %d ns and at most the silence %d ns", pauseNs, pulseNs, silenceNs);
        require(leaderSilenceNs >= 3 * beatNs,
                "leader silence %d ns must be at least 3 beats of %d ns", leaderSilenceNs, beatNs);
        require(leaseNs >= 3 * beatNs, "lease %d ns must be at least 3 beats of %d ns", leaseNs, beatNs);
        require(askNs > 0 && beatNs > 0, "ask %d ns and beat %d ns must be above 0", askNs, beatNs);
        require(phaseLimitNs > 2 * silenceNs,
                "phase limit %d ns must be above twice the silence %d ns", phaseLimitNs, silenceNs);
        require(fenceLimitNs > 0 && fenceRetryNs > 0,
                "fence limit %d ns and retry %d ns must be above 0", fenceLimitNs, fenceRetryNs);
        require(writeLimitNs > 0, "write limit %d ns must be above 0", writeLimitNs);
        require(clockErrorPpm >= 1_000 && clockErrorPpm <= CLOCK_ERROR_LIMIT_PPM,
                "clock error %d ppm must be in 1000 to %d", clockErrorPpm, CLOCK_ERROR_LIMIT_PPM);
    }

    /** The shipped settings for a local network. */
    public static TimeBudget lan() {
        return new TimeBudget(
                50 * MS, 600 * MS, 20 * MS, 250 * MS, 100 * MS, 800 * MS, 2 * SECOND, 200 * MS, 30 * SECOND,
                20 * SECOND, 500 * MS, 5 * SECOND, 1_000);
    }

    private static void require(boolean condition, String message, Object... values) {
        if (!condition) {
            throw new IllegalArgumentException(message.formatted(values));
        }
    }
}
