package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.Inequalities;
import io.muster.base.Inequality;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.base.UncheckedTimes;
import io.muster.node.Request;
import io.muster.sim.check.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What the inequalities of a time budget are worth: every set that they accept survives the worst that the set itself
 * allows, and each of them refuses something that would break. {@code -Dbudgets=N} runs N sets instead of a few.
 */
class BudgetRunsTest {

    private static final long MS = TimeBudget.MS;
    private static final int ROUNDS = 21;
    private static final int COUNT = Integer.getInteger("budgets", 14);
    private static final long FIRST = Long.getLong("budgets.from", 1);

    // Places in the order of TimeBudget.
    private static final int PULSE = 0;
    private static final int SILENCE = 1;
    private static final int PAUSE = 3;
    private static final int LEADER_SILENCE = 5;
    private static final int LEASE = 6;
    private static final int PHASE_LIMIT = 8;
    private static final int CLOCK_ERROR = 12;

    /**
     * How a run went in which nothing was wrong but clocks, short pauses and what the run names.
     *
     * @param out    lives that were put out
     * @param shut   looks at a running member that might not act
     * @param broken the checker that objected
     */
    private record Quiet(boolean formed, long out, long leaders, long shut, Optional<String> broken) {}

    /** What else happens in a run, once. */
    private enum Once {
        NOTHING,
        /** A follower is killed: the others recover from it, in pauses of their own. */
        FOLLOWER_KILLED,
        /** The leader's host loses power, and nothing tells. */
        LEADER_LOST
    }

    @Test
    @DisplayName("every accepted budget survives chaos with clocks at its bound, and recovers")
    void acceptedBudgetsSurviveChaos() {
        List<String> failed = new ArrayList<>();
        for (long seed = FIRST; seed < FIRST + COUNT; seed++) {
            TimeBudget times = draw(new Prng(seed).fork("budget"));
            RunReport report = Swarm.run(withTimes(Swarm.draw(seed, OptionalInt.empty()), times), Optional.empty());
            if (!report.passed()) {
                failed.add("budget %d, %s: %s".formatted(seed, times, report.line()));
            }
        }

        assertThat(failed).isEmpty();
    }

    @Test
    @DisplayName("no accepted budget puts a node out, or changes the leader, for pauses within its pause limit")
    void acceptedBudgetsAreCalm() {
        List<String> disturbed = new ArrayList<>();
        for (long seed = FIRST; seed < FIRST + COUNT; seed++) {
            TimeBudget times = draw(new Prng(seed).fork("budget"));
            Once once = Once.values()[(int) (seed % 2)];
            Quiet quiet = quiet(seed, times, clockRate(times), times.pauseNs(), once);
            Quiet undisturbed = new Quiet(true, once == Once.NOTHING ? 0 : 1, 0, 0, Optional.empty());
            if (!quiet.equals(undisturbed)) {
                disturbed.add("budget %d, %s, %s: %s".formatted(seed, times, once, quiet));
            }
        }

        assertThat(disturbed).isEmpty();
    }

    @Test
    @DisplayName("clock-error-real: clocks worse than the bound let somebody act too long, clocks within it nobody")
    void clocksWorseThanTheBoundBreakTheLease() {
        TimeBudget lan = SimSettings.shortTimes();

        assertThat(quiet(1, lan, clockRate(lan), 0, Once.NOTHING).broken()).isEmpty();
        assertThat(quiet(1, lan, SimClock.RATE_LIMIT_PPM, 0, Once.NOTHING).broken()).contains("LeaseTruth");
        assertThat(quiet(1, changed("clock-error-real", CLOCK_ERROR, 100), 500, 0, Once.NOTHING).broken())
                .contains("LeaseTruth");
    }

    @Test
    @DisplayName("all-positive: with no time between two pulses a node never rests")
    void withoutAPeriodNobodyRests() {
        assertThatThrownBy(() -> quiet(1, changed("all-positive", PULSE, 0), 0, 0, Once.NOTHING))
                .hasMessageContaining("somebody never rests");
    }

    @Test
    @DisplayName("pulses-in-silence: with a silence below a pulse no cluster forms")
    void silenceBelowAPulse() {
        assertThat(quiet(1, changed("pulses-in-silence", SILENCE, 40 * MS), 0, 0, Once.NOTHING).formed()).isFalse();
    }

    @Test
    @DisplayName("pause-in-silence: a pause limit close to the silence gets a healthy node put out")
    void pauseCloseToTheSilence() {
        assertThat(quiet(1, changed("pause-in-silence", PAUSE, 580 * MS), 0, 580 * MS, Once.NOTHING).out()).isPositive();
    }

    @Test
    @DisplayName("beats-in-leader-silence: with a leader silence below a beat leaders come and go")
    void leaderSilenceBelowABeat() {
        TimeBudget times = changed("beats-in-leader-silence", LEADER_SILENCE, 80 * MS);

        assertThat(quiet(1, times, 0, 0, Once.NOTHING).leaders()).isGreaterThan(10);
    }

    @Test
    @DisplayName("pause-in-leader-silence: a leader that was away for a pause loses its place")
    void pauseCloseToTheLeaderSilence() {
        TimeBudget times = changed("pause-in-leader-silence", LEADER_SILENCE, 300 * MS);

        assertThat(some(seed -> quiet(seed, times, 0, times.pauseNs(), Once.NOTHING).leaders() > 0)).isTrue();
    }

    @Test
    @DisplayName("beats-in-lease, pauses-in-lease: a short lease shuts gates between two beats, or in a pause of the leader")
    void shortLeases() {
        TimeBudget belowABeat = changed("beats-in-lease", LEASE, 80 * MS);
        TimeBudget belowAPause = changed("pauses-in-lease", LEASE, 300 * MS);

        assertThat(quiet(1, belowABeat, 0, 0, Once.NOTHING).shut()).isPositive();
        assertThat(quiet(1, belowAPause, 0, 0, Once.NOTHING).shut()).isZero();
        assertThat(quiet(1, belowAPause, 0, belowAPause.pauseNs(), Once.NOTHING).shut()).isPositive();
    }

    @Test
    @DisplayName("pauses-in-phase: a second node is put out of a recovery because it was away for less than a pause")
    void phaseLimitBelowAPause() {
        TimeBudget times = changed("pauses-in-phase", PHASE_LIMIT, 100 * MS);

        assertThat(some(seed -> quiet(seed, times, 0, times.pauseNs(), Once.FOLLOWER_KILLED).out() > 1)).isTrue();
    }

    @Test
    @DisplayName("lease-over-leader-loss: is taken, and a leader's loss then shuts gates that a longer lease keeps open")
    void leaseOverTheLossOfTheLeader() {
        TimeBudget quick = UncheckedTimes.with(SimSettings.shortTimes(), PAUSE, 100 * MS);
        TimeBudget tooShort = UncheckedTimes.with(quick, LEASE, 500 * MS);

        assertThat(Inequalities.refusal(tooShort)).isEmpty();
        assertThat(named("lease-over-leader-loss").holds(tooShort)).isFalse();
        assertThat(quiet(1, tooShort, 0, 0, Once.LEADER_LOST).shut()).isPositive();
        assertThat(named("lease-over-leader-loss").holds(quick)).isTrue();
        assertThat(quiet(1, quick, 0, 0, Once.LEADER_LOST).shut()).isZero();
    }

    @Test
    @DisplayName("every inequality that refuses, but the upper bound of the clock error, is broken by a test of this class")
    void everyRefusalIsShown() {
        List<String> refusing = Inequalities.ALL.stream().filter(each -> each.kind().refused()).map(Inequality::name).toList();

        assertThat(refusing).containsExactly("all-positive", "clock-error-real", "clock-error-small", "pulses-in-silence",
                "pause-in-silence", "beats-in-leader-silence", "pause-in-leader-silence", "beats-in-lease",
                "pauses-in-lease", "pauses-in-phase");
    }

    /** Whether one of a few runs shows it: a pause has to hit the right node at the right moment. */
    private static boolean some(LongPredicate shown) {
        return LongStream.rangeClosed(1, 8).anyMatch(shown);
    }

    /** The simulator's times with one of them changed, so that the named inequality refuses them. */
    private static TimeBudget changed(String inequality, int index, long value) {
        TimeBudget times = UncheckedTimes.with(SimSettings.shortTimes(), index, value);
        assertThat(named(inequality).holds(times)).as(inequality).isFalse();
        assertThat(named(inequality).kind().refused()).as(inequality).isTrue();
        return times;
    }

    private static Inequality named(String name) {
        return Inequalities.ALL.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
    }

    private static SimSettings withTimes(SimSettings s, TimeBudget times) {
        return new SimSettings(
                s.seed(), s.nodes(), s.links(), s.groups(), times, clockRate(times), s.network(), s.disk(),
                s.participants(), s.fence(), s.acts(), s.actEveryNs(), s.restartNs(), Math.min(s.safetyNs(), 20_000 * MS),
                s.faults(), s.voters());
    }

    /** Two clocks then differ by as much as the budget allows. */
    private static long clockRate(TimeBudget times) {
        return Math.min(SimClock.RATE_LIMIT_PPM, times.clockErrorPpm() / 2);
    }

    private static Quiet quiet(long seed, TimeBudget times, long ratePpm, long pauseNs, Once once) {
        SimSettings settings = new SimSettings(
                seed, 5, 1, 1, times, ratePpm, SimNetwork.Behaviour.HEALTHY,
                SimDisk.Behaviour.HEALTHY, SimParticipant.Behaviour.HEALTHY, Map.of(SimFence.Mood.WORKS, 1), Map.of(),
                MS, MS, 0, SimFaults.NONE, 5);
        Simulation simulation = new Simulation(settings, Optional.empty());
        TreeMap<String, Long> told = new TreeMap<>();
        simulation.announcements().whenHappened((life, event) -> {
            boolean elected = event.name().equals("leader.elected");
            if (elected || event.name().equals("node.evicted")) {
                told.put(elected ? "leader " + life + event : "out " + event.fields().get("who"), 1L);
            }
        });
        Prng chance = new Prng(seed).fork("pauses");
        Prng looks = new Prng(seed).fork("looks");
        try {
            simulation.startAll();
            simulation.nodes().forEach(node -> simulation.ask(node, new Request.JoinGroup(simulation.groups().getFirst())));
            simulation.runUntil(10 * (times.leaderSilenceNs() + times.silenceNs() + times.askNs() + times.beatNs()));
            boolean formed = simulation.truth().chosen().newest().members().size() == settings.nodes();
            told.clear();
            long shut = 0;
            for (int i = 0; i < ROUNDS && formed; i++) {
                if (i == ROUNDS / 3) {
                    happens(once, simulation);
                }
                List<SimProcess> running = simulation.processes();
                if (pauseNs > 0) {
                    simulation.pause(running.get(chance.nextInt(running.size())).node(), 
                            pauseNs - chance.nextLong(pauseNs / 20 + 1));
                }
                long until = simulation.time().now() + pauseNs + 3 * times.pulseNs() + chance.nextLong(times.silenceNs());
                while (simulation.time().now() < until) {
                    // Looks in step with the beats would see the same moment of each again and again.
                    simulation.runUntil(simulation.time().now() + 1 + looks.nextLong(2 * times.beatNs() / 3));
                    shut += simulation.processes().stream().filter(each -> !each.paused())
                            .filter(each -> !simulation.truth().mayAct(each.life())).count();
                }
            }
            long leaders = told.keySet().stream().filter(each -> each.startsWith("leader")).count();
            return new Quiet(formed, told.size() - leaders, leaders, shut, Optional.empty());
        } catch (Violation e) {
            return new Quiet(true, 0, 0, 0, Optional.of(e.checker()));
        }
    }

    private static void happens(Once once, Simulation simulation) {
        Optional<NodeId> leader = simulation.processes().stream()
                .filter(each -> each.machine().status(each.localNow()).role().equals("leader")).map(SimProcess::node).findFirst();
        NodeId follower = simulation.processes().stream().map(SimProcess::node)
                .filter(each -> !each.equals(leader.orElse(each))).findFirst().orElse(NodeId.of(1));
        switch (once) {
            case NOTHING -> { /* only pauses */ }
            case FOLLOWER_KILLED -> simulation.kill(follower);
            case LEADER_LOST -> simulation.powerOff(leader.orElseThrow());
        }
    }

    /** Any set that is accepted, over wide ranges and often close to what is refused. */
    private static TimeBudget draw(Prng chance) {
        while (true) {
            long pulse = span(chance, 10 * MS, 200 * MS);
            long beat = span(chance, 10 * MS, 500 * MS);
            long silence = span(chance, 3 * pulse, 40 * pulse);
            long[] values = {
                pulse, silence, span(chance, MS, silence), span(chance, 2 * pulse, silence), beat,
                span(chance, 3 * beat, 20 * beat), span(chance, 3 * beat, 60 * beat), span(chance, 10 * MS, 1_500 * MS),
                span(chance, 200 * MS, 8_000 * MS), span(chance, 500 * MS, 4_000 * MS), span(chance, 20 * MS, 1_000 * MS),
                span(chance, 1_000 * MS, 6_000 * MS), span(chance, 1_000, 2 * SimClock.RATE_LIMIT_PPM)};
            TimeBudget times = UncheckedTimes.of(values);
            if (Inequalities.refusal(times).isEmpty()) {
                return times;
            }
        }
    }

    /** As many small as large ones, by their number of digits. */
    private static long span(Prng chance, long least, long most) {
        double factor = Math.pow((double) most / least, chance.nextDouble());
        return Math.clamp((long) (least * factor), least, most);
    }
}
