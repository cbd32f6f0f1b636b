package io.muster.base;

import io.muster.base.Inequality.Kind;
import io.muster.base.Inequality.Unit;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Every condition that the times of a node have to keep together, as data: {@link TimeBudget} refuses a set by them,
 * {@code muster budget} prints them, docs/CONFIG.md lists them.
 *
 * <p><b>What makes the old side stop before the new side acts</b> is not among them, and on purpose: recovery begins
 * on evidence that a life has ended (rules F2, R1), never because some time has passed, so no choice of times can let
 * two sides write. What a time alone carries is the acting lease (rules A1, A2): it ends everywhere at
 * {@code lease * (1 + clock_error)} after the proof at the latest, as long as no two clocks differ by more than
 * {@code clock_error}. That is the one promise the hardware has to keep, and the one safety condition.
 *
 * <p>The others keep a cluster alive and calm. A node may be held up for {@code pause} without noticing (rule H2), and
 * whatever others wait for from it has to allow for that, for one period more that was just missed, and for clocks that
 * differ.
 */
public final class Inequalities {

    private static final long MILLION = 1_000_000;

    /** In the order in which a set is refused. */
    public static final List<Inequality> ALL = List.of(
            times("all-positive", Kind.LIVENESS, "H2", "1 ns <= each time",
                    "something would be done all the time",
                    _ -> 1, Inequalities::least),
            new Inequality("clock-error-real", Kind.SAFETY, "A2", "1000 ppm <= clock_error",
                    "a lease would rest on clocks better than those that are built", Unit.PARTS_PER_MILLION,
                    _ -> TimeBudget.CLOCK_ERROR_LEAST_PPM, TimeBudget::clockErrorPpm),
            new Inequality("clock-error-small", Kind.LIVENESS, "A2", "clock_error <= 100000 ppm",
                    "a lease would be mostly allowance for clocks", Unit.PARTS_PER_MILLION,
                    TimeBudget::clockErrorPpm, _ -> TimeBudget.CLOCK_ERROR_LIMIT_PPM),
            times("pulses-in-silence", Kind.LIVENESS, "H2", "3 * pulse <= silence",
                    "a healthy peer would be silent between two pulses",
                    t -> 3 * t.pulseNs(), TimeBudget::silenceNs),
            times("pause-over-pulse", Kind.WISH, "H2", "2 * pulse <= pause",
                    "a node that was run late by less than a pulse would distrust what it heard",
                    t -> 2 * t.pulseNs(), TimeBudget::pauseNs),
            times("pause-in-silence", Kind.CALM, "H2", "(pause + 2 * pulse) * (1 + clock_error) <= silence",
                    "a node that was away for less than a pause would be lost",
                    t -> allowed(t.pauseNs() + 2 * t.pulseNs(), t), TimeBudget::silenceNs),
            times("probe-in-silence", Kind.WISH, "H1", "probe <= silence",
                    "the quick verdict would be the slow one",
                    TimeBudget::probeNs, TimeBudget::silenceNs),
            times("beats-in-leader-silence", Kind.LIVENESS, "L12", "3 * beat <= leader_silence",
                    "followers would elect between two beats of a healthy leader",
                    t -> 3 * t.beatNs(), TimeBudget::leaderSilenceNs),
            times("pause-in-leader-silence", Kind.CALM, "L12", "(pause + 2 * beat) * (1 + clock_error) <= leader_silence",
                    "a leader that was away for less than a pause would lose its place",
                    t -> allowed(t.pauseNs() + 2 * t.beatNs(), t), TimeBudget::leaderSilenceNs),
            times("beats-in-lease", Kind.LIVENESS, "A1", "3 * beat <= lease",
                    "a lease would end between two proofs of a healthy leader",
                    t -> 3 * t.beatNs(), TimeBudget::leaseNs),
            times("pauses-in-lease", Kind.CALM, "A2", "(lease / 8 + 2 * beat + 2 * pause) * (1 + clock_error) <= lease",
                    "one pause of the leader below the limit would shut every gate",
                    t -> allowed(t.leaseNs() / 8 + 2 * t.beatNs() + 2 * t.pauseNs(), t), TimeBudget::leaseNs),
            times("silences-in-phase", Kind.WISH, "R4", "2 * silence + 1 ns <= phase_limit",
                    "a member that is lost in a phase would be called slow",
                    t -> 2 * t.silenceNs() + 1, TimeBudget::phaseLimitNs),
            times("pauses-in-phase", Kind.CALM, "R4", "(2 * pause + 2 * ask) * (1 + clock_error) <= phase_limit",
                    "a member that was away for less than a pause would be put out as slow in a recovery",
                    t -> allowed(2 * t.pauseNs() + 2 * t.askNs(), t), TimeBudget::phaseLimitNs),
            times("fence-retry-bounded", Kind.WISH, "F1", "fence_retry <= 30 s",
                    "the pause written would not be the one that is kept, as it never grows beyond that",
                    TimeBudget::fenceRetryNs, _ -> TimeBudget.FENCE_RETRY_MAX_NS),
            times("lease-over-leader-loss", Kind.WISH, "A5",
                    "(lease / 8 + 4 * beat + min(silence + pulse, leader_silence)) * (1 + clock_error) <= lease",
                    "the death of a leader shuts every gate for a moment, until another leads",
                    t -> allowed(t.leaseNs() / 8 + 4 * t.beatNs()
                            + Math.min(t.silenceNs() + t.pulseNs(), t.leaderSilenceNs()), t),
                    TimeBudget::leaseNs));

    private Inequalities() {}

    /** The first one for which a set is refused, with its numbers. */
    public static Optional<String> refusal(TimeBudget times) {
        return ALL.stream().filter(each -> each.kind().refused()).flatMap(each -> each.violation(times).stream()).findFirst();
    }

    private static Inequality times(String name, Kind kind, String rule, String formula, String reason,
            ToLongFunction<TimeBudget> left, ToLongFunction<TimeBudget> right) {
        return new Inequality(name, kind, rule, formula, reason, Unit.NANOSECONDS, left, right);
    }

    /** What may pass on another machine's clock while this much passes on one. */
    private static long allowed(long ns, TimeBudget times) {
        return ns + (ns / MILLION + 1) * times.clockErrorPpm();
    }

    private static long least(TimeBudget t) {
        long least = Math.min(Math.min(t.pulseNs(), t.silenceNs()), Math.min(t.probeNs(), t.pauseNs()));
        least = Math.min(least, Math.min(Math.min(t.beatNs(), t.leaderSilenceNs()), Math.min(t.leaseNs(), t.askNs())));
        return Math.min(least, Math.min(
                Math.min(t.phaseLimitNs(), t.fenceLimitNs()), Math.min(t.fenceRetryNs(), t.writeLimitNs())));
    }
}
