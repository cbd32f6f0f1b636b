package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SimFenceTest {

    private static final Incarnation VICTIM = Incarnation.of(3, 2);

    private final VirtualTime time = new VirtualTime();
    private final TreeSet<Incarnation> running = new TreeSet<>();
    private final TreeSet<Incarnation> liedAbout = new TreeSet<>();
    private final List<Completion.FenceEnded> answers = new ArrayList<>();

    @Test
    void aDeviceThatWorksEndsTheVictimAndThenSaysSo() {
        running.add(VICTIM);

        act(SimFence.Mood.WORKS);

        assertThat(running).isEmpty();
        assertThat(answers).singleElement().extracting(Completion.FenceEnded::evidence)
                .isEqualTo(Optional.of("process-ended"));
    }

    @Test
    void aVictimThatHasEndedAlreadyIsASuccess() {
        act(SimFence.Mood.WORKS);

        assertThat(answers).singleElement().matches(answer -> answer.evidence().isPresent());
    }

    @Test
    void aLaterLifeOfTheNodeIsLeftAlone() {
        Incarnation later = Incarnation.of(3, 3);
        running.add(later);

        act(SimFence.Mood.WORKS);

        assertThat(running).containsExactly(later);
    }

    @Test
    void aDeviceThatFailsLeavesTheVictimAndGivesNoEvidence() {
        running.add(VICTIM);

        act(SimFence.Mood.FAILS);

        assertThat(running).containsExactly(VICTIM);
        assertThat(answers).singleElement().matches(answer -> answer.evidence().isEmpty());
    }

    @Test
    void aDeviceThatHitsButFailsEndsTheVictimAndGivesNoEvidence() {
        running.add(VICTIM);

        act(SimFence.Mood.HITS_BUT_FAILS);

        assertThat(running).isEmpty();
        assertThat(answers).singleElement().matches(answer -> answer.evidence().isEmpty());
    }

    @Test
    void aDeviceThatHangsIsAnsweredForAtTheTimeLimit() {
        running.add(VICTIM);

        act(SimFence.Mood.HANGS);

        assertThat(time.now()).isEqualTo(TimeBudget.SECOND);
        assertThat(answers).singleElement().matches(answer -> answer.evidence().equals(Optional.of("unknown")));
        assertThat(running).containsExactly(VICTIM);
    }

    @Test
    void aDeviceThatLiesGivesEvidenceOfAVictimThatRunsAndTheTruthIsKept() {
        running.add(VICTIM);

        act(SimFence.Mood.LIES);

        assertThat(running).containsExactly(VICTIM);
        assertThat(answers).singleElement().matches(answer -> answer.evidence().isPresent());
        assertThat(liedAbout).containsExactly(VICTIM);
    }

    @Test
    void aSlowDeviceMayHitAfterTheTryWasCountedAsFailed() {
        int late = 0;
        for (int seed = 0; seed < 50; seed++) {
            running.add(VICTIM);
            answers.clear();
            act(SimFence.Mood.SLOW, seed);
            assertThat(running).isEmpty();
            assertThat(answers).hasSize(1);
            late += answers.getFirst().evidence().equals(Optional.of("unknown")) ? 1 : 0;
        }

        assertThat(late).isBetween(1, 49);
    }

    private void act(SimFence.Mood mood) {
        act(mood, 1);
    }

    private void act(SimFence.Mood mood, long seed) {
        SimFence fence = new SimFence(time, new Prng(seed), new Devices());
        fence.behave(Map.of(mood, 1));
        fence.act(new Effect.Fence(1, 9, SimFence.PROCESS, VICTIM, HostProcess.UNKNOWN, TimeBudget.SECOND),
                answer -> answers.add((Completion.FenceEnded) answer));
        while (time.step(time.now() + 10 * TimeBudget.SECOND)) {
            if (!answers.isEmpty() && mood != SimFence.Mood.SLOW) {
                return;
            }
        }
    }

    private final class Devices implements SimFence.Reach {

        @Override
        public boolean ended(Incarnation victim) {
            return !running.contains(victim);
        }

        @Override
        public void end(Incarnation victim) {
            running.remove(victim);
        }

        @Override
        public void lied(Incarnation victim) {
            liedAbout.add(victim);
        }
    }
}
