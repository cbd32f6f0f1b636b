package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Inequalities;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.base.UncheckedTimes;
import io.muster.sim.check.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What the inequalities of a time budget are worth: every set that they accept survives the worst that the set itself
 * allows, and each of them refuses something that would break. {@code -Dbudgets=N} runs N sets instead of some dozens.
 */
class BudgetRunsTest {

    private static final long MS = TimeBudget.MS;
    private static final int COUNT = Integer.getInteger("budgets", 24);
    private static final long FIRST = Long.getLong("budgets.from", 1);

    // Places in the order of TimeBudget.
    private static final int SILENCE = 1;
    private static final int PAUSE = 3;
    private static final int LEADER_SILENCE = 5;
    private static final int LEASE = 6;
    private static final int ASK = 7;
    private static final int PHASE_LIMIT = 8;
    private static final int FENCE_RETRY = 10;
    private static final int CLOCK_ERROR = 12;

    /** How a quiet run ended. @param out lives that were put out; {@code broken} is empty when no checker objected */
    private record Quiet(boolean formed, long out, long leaders, Optional<String> broken) {

        boolean undisturbed() {
            return formed && out == 0 && broken.isEmpty();
        }
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
            Quiet quiet = quiet(seed, times, times.clockErrorPpm() / 2, times.pauseNs());
            if (!quiet.undisturbed() || quiet.leaders() > 1) {
                disturbed.add("budget %d, %s: %s".formatted(seed, times, quiet));
            }
        }

        assertThat(disturbed).isEmpty();
    }

    private static SimSettings withTimes(SimSettings s, TimeBudget times) {
        return new SimSettings(
                s.seed(), s.nodes(), s.links(), s.groups(), times, clockRate(times), s.network(), s.disk(),
                s.participants(), s.fence(), s.acts(), s.actEveryNs(), s.restartNs(), Math.min(s.safetyNs(), 20_000 * MS));
    }

    /** Two clocks then differ by as much as the budget allows. */
    private static long clockRate(TimeBudget times) {
        return Math.min(SimClock.RATE_LIMIT_PPM, times.clockErrorPpm() / 2);
    }

    /** Nothing is wrong but clocks and short pauses: nobody should notice. */
    private static Quiet quiet(long seed, TimeBudget times, long ratePpm, long pauseNs) {
        SimSettings settings = new SimSettings(
                seed, 3, 1, 1, times, Math.min(SimClock.RATE_LIMIT_PPM, ratePpm), SimNetwork.Behaviour.HEALTHY,
                SimDisk.Behaviour.HEALTHY, SimParticipant.Behaviour.HEALTHY, Map.of(SimFence.Mood.WORKS, 1), Map.of(),
                MS, MS, 0);
        Simulation simulation = new Simulation(settings, Optional.empty());
        long[] count = new long[2];
        simulation.whenHappened((_, event) -> {
            count[0] += event.name().equals("node.evicted") ? 1 : 0;
            count[1] += event.name().equals("leader.elected") ? 1 : 0;
        });
        simulation.startAll();
        simulation.nodes().forEach(node -> simulation.ask(node, new io.muster.node.Request.JoinGroup(
                simulation.groups().getFirst())));
        Prng chance = new Prng(seed).fork("pauses");
        try {
            long formedBy = 8 * (times.leaderSilenceNs() + times.silenceNs() + times.askNs() + times.beatNs());
            simulation.runUntil(formedBy);
            boolean formed = simulation.truth().chosen().newest().members().size() == settings.nodes();
            count[1] = Math.min(count[1], 1);
            for (int i = 0; i < 40 && formed; i++) {
                NodeId node = NodeId.of(1 + chance.nextInt(settings.nodes()));
                if (pauseNs > 0) {
                    simulation.pause(node, Math.max(1, pauseNs - chance.nextLong(1 + pauseNs / 20)));
                }
                simulation.runUntil(simulation.time().now() + pauseNs + 3 * times.pulseNs()
                        + chance.nextLong(times.silenceNs()));
            }
            return new Quiet(formed, count[0], count[1], Optional.empty());
        } catch (Violation e) {
            return new Quiet(true, count[0], count[1], Optional.of(e.checker()));
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
