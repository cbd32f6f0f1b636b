package io.muster.base;

import io.muster.base.Inequality.Kind;
import java.util.List;
import java.util.Optional;

/**
 * What is promised of a victim whose machine has a watchdog of its own in hardware, and how long others have to wait before they
 * may assume that nothing of it can happen any more (rule A3).
 *
 * <p>Why three timeouts, when the hardware counts one. Let U be the end of the victim's lease.
 * <ol>
 *   <li>The last moment at which the victim's machine vouched is not later than U: it read the clock first and the gate after it.
 *   <li>A vouching is used only while it is younger than half a timeout; that is checked not later than U + 1/2.
 *   <li>Between the check and the write to the device the process may stand still, but not for a whole timeout, for nobody else
 *       writes to the device meanwhile and it had been written to before: the write comes before U + 3/2.
 *   <li>The hardware resets the machine one timeout after the last write: before U + 5/2. The half that is left is for a device
 *       that counts in whole seconds of its own.
 * </ol>
 *
 * @param leaseNs       the victim's acting lease (L)
 * @param timeoutNs     of the victim's watchdog (W)
 * @param writeNs       the longest write after it passed the gate (IO)
 * @param drainNs       how long storage may still apply a write after its initiator is gone (D)
 * @param clockErrorPpm bound on the difference of clock rates (rho), millionths
 */
public record WatchdogContract(long leaseNs, long timeoutNs, long writeNs, long drainNs, long clockErrorPpm) {

    /** Timeouts that are waited out; see above. */
    public static final int TIMEOUTS = 3;

    private static final long TIME_LIMIT_NS = 3_600 * TimeBudget.SECOND;

    public WatchdogContract {
        if (leaseNs < 1 || timeoutNs < 1 || writeNs < 0 || drainNs < 0
                || Math.max(Math.max(leaseNs, timeoutNs), Math.max(writeNs, drainNs)) > TIME_LIMIT_NS
                || clockErrorPpm < TimeBudget.CLOCK_ERROR_LEAST_PPM || clockErrorPpm > TimeBudget.CLOCK_ERROR_LIMIT_PPM) {
            throw new IllegalArgumentException(("lease %d, timeout %d, write %d, drain %d ns, clock error %d ppm: times up to an"
                    + " hour, and %d to %d ppm").formatted(leaseNs, timeoutNs, writeNs, drainNs, clockErrorPpm,
                            TimeBudget.CLOCK_ERROR_LEAST_PPM, TimeBudget.CLOCK_ERROR_LIMIT_PPM));
        }
    }

    /** One condition between a contract and the settings of the node that relies on it: {@code left <= right}. */
    private record Condition(String name, Kind kind, String rule, String formula, String reason, String left, String right,
            boolean holds) {

        static Condition times(String name, Kind kind, String rule, String formula, String reason, long left, long right) {
            return new Condition(name, kind, rule, formula, reason,
                    Inequality.milliseconds(left), Inequality.milliseconds(right), left <= right);
        }
    }

    /**
     * How long to wait on the own clock, from a moment after the intent was chosen: {@code (L + 3 W + IO + D) * (1 + 2 rho)},
     * rounded up.
     */
    public long waitNs() {
        long sum = leaseNs + TIMEOUTS * timeoutNs + writeNs + drainNs;
        return sum + (sum / 1_000_000 + 1) * 2 * clockErrorPpm;
    }

    /**
     * The first condition for which a node may not rely on this contract, with its numbers.
     *
     * @param writeLimitNs the longest request to a shared disk that this node's configuration allows
     * @param drainLimitNs D as this node's configuration states it
     */
    public Optional<String> refusal(TimeBudget node, long writeLimitNs, long drainLimitNs) {
        return List.of(
                        Condition.times("contract-lease", Kind.SAFETY, "A3", "lease <= contract's lease",
                                "the victim could act when the wait is over", node.leaseNs(), leaseNs),
                        new Condition("contract-clock", Kind.SAFETY, "A3", "clock_error <= contract's clock_error",
                                "the wait would rest on clocks better than those of the cluster",
                                node.clockErrorPpm() + " ppm", clockErrorPpm + " ppm", node.clockErrorPpm() <= clockErrorPpm),
                        Condition.times("contract-write", Kind.SAFETY, "A4", "disk's time_limit <= contract's write",
                                "a write of the victim could be under way when the wait is over", writeLimitNs, writeNs),
                        Condition.times("contract-drain", Kind.SAFETY, "A3", "drain <= contract's drain",
                                "storage could still apply what the victim sent", drainLimitNs, drainNs),
                        Condition.times("contract-in-try", Kind.LIVENESS, "A3",
                                "(lease + 3 * timeout + write + drain) * (1 + 2 * clock_error) + pause <= fence_limit",
                                "each try would be given up before its wait is over",
                                waitNs() + node.pauseNs(), node.fenceLimitNs()))
                .stream().filter(each -> !each.holds()).findFirst()
                .map(each -> "%s (rule %s): %s must hold, and %s is more than %s: otherwise %s".formatted(
                        each.name(), each.rule(), each.formula(), each.left(), each.right(), each.reason()));
    }
}
