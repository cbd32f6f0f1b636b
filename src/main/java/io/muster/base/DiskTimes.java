package io.muster.base;

import io.muster.base.Inequality.Kind;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongBiFunction;

/**
 * Periods and limits of the heartbeat on one shared disk, in nanoseconds, beside the {@link TimeBudget} of the node. A node
 * without a disk has none, and nothing of it is asked for then. All nodes of a disk are configured alike (rule B1).
 *
 * @param beatNs    between two writes of the own slot, and between two looks at all slots
 * @param limitNs   one request to the disk; what takes longer does not count (rule D9)
 * @param lateNs    the own slot is late, or the disk out of reach, when nothing that was sent since has got through for this long
 * @param silenceNs a slot that provably did not change for this long is silent
 */
public record DiskTimes(long beatNs, long limitNs, long lateNs, long silenceNs) {

    /**
     * One condition, as {@link Inequality} but over the times of a disk as well: {@code left <= right}.
     *
     * @param formula both sides in the names of the components, those of the node as docs/CONFIG.md calls them
     * @param reason  what happens without it
     */
    public record Condition(
            String name, Kind kind, String rule, String formula, String reason,
            ToLongBiFunction<DiskTimes, TimeBudget> left, ToLongBiFunction<DiskTimes, TimeBudget> right) {

        public boolean holds(DiskTimes disk, TimeBudget node) {
            return left.applyAsLong(disk, node) <= right.applyAsLong(disk, node);
        }
    }

    /** In the order in which a set is refused. */
    public static final List<Condition> CONDITIONS = List.of(
            new Condition("disk-all-positive", Kind.LIVENESS, "B1", "1 ns <= each time",
                    "something would be done all the time",
                    (_, _) -> 1, (d, _) -> Math.min(Math.min(d.beatNs, d.limitNs), Math.min(d.lateNs, d.silenceNs))),
            new Condition("disk-bounded", Kind.LIVENESS, "B1", "each time <= 1 h",
                    "sums of times would overflow, or nobody would live to see them",
                    (d, _) -> Math.max(Math.max(d.beatNs, d.limitNs), Math.max(d.lateNs, d.silenceNs)),
                    (_, _) -> 3_600 * TimeBudget.SECOND),
            new Condition("disk-requests-in-late", Kind.LIVENESS, "B3", "disk_beat + 3 * disk_limit <= disk_late",
                    "a disk that answers each request within its limit would be called out of reach",
                    (d, _) -> d.beatNs + 3 * d.limitNs, (d, _) -> d.lateNs),
            new Condition("disk-pause-in-late", Kind.CALM, "H2", "pause + disk_beat + disk_limit <= disk_late",
                    "a node that was away for less than a pause would find its slot late",
                    (d, t) -> t.pauseNs() + d.beatNs + d.limitNs, (d, _) -> d.lateNs),
            new Condition("disk-late-in-silence", Kind.CALM, "B2",
                    "(disk_late + disk_beat + disk_limit) * (1 + clock_error) <= disk_silence",
                    "a node that writes in time would be silent, or the others, when the disk stands still for all",
                    (d, t) -> allowed(d.lateNs + d.beatNs + d.limitNs, t), (d, _) -> d.silenceNs));

    /** The shipped settings: a death is known in 3 to 3.5 s on a disk that answers at once. */
    public static DiskTimes shipped() {
        return new DiskTimes(250 * TimeBudget.MS, 500 * TimeBudget.MS, 1_800 * TimeBudget.MS, 3_000 * TimeBudget.MS);
    }

    /** The first condition for which the set is refused, with its numbers; empty when it may be used with these of the node. */
    public Optional<String> refusal(TimeBudget node) {
        return CONDITIONS.stream()
                .filter(each -> each.kind().refused() && !each.holds(this, node))
                .map(each -> "%s (rule %s): %s must hold, and %s is more than %s: otherwise %s".formatted(
                        each.name(), each.rule(), each.formula(),
                        Inequality.milliseconds(each.left().applyAsLong(this, node)),
                        Inequality.milliseconds(each.right().applyAsLong(this, node)), each.reason()))
                .findFirst();
    }

    /**
     * A node that wrote for the last time is silent on this disk not later than this after its last write came to the medium,
     * on the clock of a node all of whose requests end within their limit (rule B2). With a disk that answers at once it is
     * {@code silence + 2 * beat}.
     */
    public long silentWithinNs() {
        return silenceNs + 2 * beatNs + 6 * limitNs;
    }

    /** What may pass on another machine's clock while this much passes on one. */
    private static long allowed(long ns, TimeBudget times) {
        return ns + (ns / 1_000_000 + 1) * times.clockErrorPpm();
    }
}
