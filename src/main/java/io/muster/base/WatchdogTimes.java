package io.muster.base;

import io.muster.base.Inequality.Kind;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongBiFunction;

/**
 * The one time of a node's own watchdog, and what it has to keep with the other times of the node.
 *
 * @param timeoutNs a node that did not vouch for itself for this long is ended
 */
public record WatchdogTimes(long timeoutNs) {

    /** A node vouches this many times in one timeout. */
    public static final int VOUCHES = 8;

    /**
     * One condition, as {@link Inequality} but over the time of a watchdog as well: {@code left <= right}.
     *
     * @param formula both sides, those of the node as docs/CONFIG.md calls them
     * @param reason  what happens without it
     */
    public record Condition(
            String name, Kind kind, String rule, String formula, String reason,
            ToLongBiFunction<WatchdogTimes, TimeBudget> left, ToLongBiFunction<WatchdogTimes, TimeBudget> right) {

        public boolean holds(WatchdogTimes watchdog, TimeBudget node) {
            return left.applyAsLong(watchdog, node) <= right.applyAsLong(watchdog, node);
        }
    }

    /**
     * In the order in which a set is refused. None is about safety: no recovery begins because this time has passed on this node;
     * whoever waits for it elsewhere has a {@link WatchdogContract} with conditions of its own.
     */
    public static final List<Condition> CONDITIONS = List.of(
            new Condition("watchdog-positive", Kind.LIVENESS, "G6", "8 ms <= watchdog_timeout",
                    "a node would vouch for itself all the time",
                    (_, _) -> VOUCHES * TimeBudget.MS, (w, _) -> w.timeoutNs),
            new Condition("watchdog-bounded", Kind.LIVENESS, "G6", "watchdog_timeout <= 1 h",
                    "sums of times would overflow, or nobody would live to see it",
                    (w, _) -> w.timeoutNs, (_, _) -> 3_600 * TimeBudget.SECOND),
            new Condition("watchdog-pauses", Kind.CALM, "H2", "4 * pause <= watchdog_timeout",
                    "a node whose process or keeper was away for less than a pause would be ended",
                    (_, t) -> 4 * t.pauseNs(), (w, _) -> w.timeoutNs),
            new Condition("watchdog-leader-loss", Kind.CALM, "A5",
                    "(leader_silence + 4 * beat + lease / 8) * (1 + clock_error) + watchdog_timeout / 4 <= watchdog_timeout",
                    "the death of a leader would end every node that is in a group",
                    (w, t) -> allowed(t.leaderSilenceNs() + 4 * t.beatNs() + t.leaseNs() / VOUCHES, t) + w.timeoutNs / 4,
                    (w, _) -> w.timeoutNs));

    /** Between two vouchings. */
    public long periodNs() {
        return timeoutNs / VOUCHES;
    }

    /** The first condition for which the time is refused, with its numbers; empty when it may be used with these of the node. */
    public Optional<String> refusal(TimeBudget node) {
        return CONDITIONS.stream()
                .filter(each -> each.kind().refused() && !each.holds(this, node))
                .map(each -> "%s (rule %s): %s must hold, and %s is more than %s: otherwise %s".formatted(
                        each.name(), each.rule(), each.formula(),
                        Inequality.milliseconds(each.left().applyAsLong(this, node)),
                        Inequality.milliseconds(each.right().applyAsLong(this, node)), each.reason()))
                .findFirst();
    }

    /** What may pass on another machine's clock while this much passes on one. */
    private static long allowed(long ns, TimeBudget times) {
        return ns + (ns / 1_000_000 + 1) * times.clockErrorPpm();
    }
}
