package io.muster.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.heartbeat.DiskBlockCodec.Found;
import io.muster.heartbeat.DiskSlot.Word;
import io.muster.heartbeat.SlotWatch.Shown;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * B2: every schedule of one writer and one reader, in ticks, walked completely. The writer lets at most {@link #LATE} pass
 * between two moments at which a write of it comes to the medium; a look is sent, sees the medium at some moment, and ends.
 */
final class AliveRuleExplorerTest {

    private static final int LATE = 2;
    private static final int SILENCE = LATE + 1;
    private static final int LOOK = 2;
    private static final int EVERY = 2;
    private static final int HORIZON = 11;
    private static final Incarnation WHO = Incarnation.of(2, 1);

    /** Walks all ways to answer a run's questions, one run for each. */
    private static final class Choices {
        private final int[] chosen = new int[64];
        private final int[] of = new int[64];
        private int at;
        private int known;

        int among(int count) {
            if (at == known) {
                chosen[at] = 0;
                of[at] = count;
                known++;
            }
            return chosen[at++];
        }

        boolean next() {
            at = 0;
            while (known > 0 && chosen[known - 1] + 1 == of[known - 1]) {
                known--;
            }
            if (known == 0) {
                return false;
            }
            chosen[known - 1]++;
            return true;
        }
    }

    private long falseVerdicts;
    private long verdicts;
    private int latestVerdict;

    @Test
    @DisplayName("B2 a node that writes in time is never silent for a node whose looks end, in no schedule")
    void theLivingAreNeverSilent() {
        long schedules = 0;
        Choices choices = new Choices();
        do {
            run(choices, HORIZON);
            schedules++;
        } while (choices.next());
        assertThat(schedules).isGreaterThan(100_000);
        assertThat(falseVerdicts).isZero();
    }

    @Test
    @DisplayName("B2 a node that wrote for the last time is silent within the bound, in every schedule")
    void theDeadAreSilentWithinTheBound() {
        long schedules = 0;
        for (int last = 0; last <= 3; last++) {
            Choices choices = new Choices();
            do {
                run(choices, last);
                schedules++;
            } while (choices.next());
        }
        assertThat(schedules).isGreaterThan(10_000);
        assertThat(verdicts).isEqualTo(schedules);
        // A look that had begun, one interval, the silence, one more interval, and that look.
        assertThat(latestVerdict).isLessThanOrEqualTo(SILENCE + 2 * (EVERY + LOOK) + LOOK);
    }

    /** @param last no write comes to the medium after this tick */
    private void run(Choices choices, int last) {
        SlotWatch watch = new SlotWatch(SILENCE);
        int until = last == HORIZON ? HORIZON : last + SILENCE + 2 * (EVERY + LOOK) + LOOK + 1;
        int sequence = 1;
        int landed = 0;
        int sentAt = -1;
        int endsAt = -1;
        int seen = -1;
        int nextLook = 0;
        for (int tick = 0; tick < until; tick++) {
            if (tick <= last && tick > landed && (tick - landed == LATE || choices.among(2) == 1)) {
                landed = tick;
                sequence++;
            }
            if (sentAt < 0 && tick >= nextLook) {
                sentAt = tick;
                seen = -1;
                endsAt = tick + choices.among(LOOK + 1);
            }
            if (sentAt >= 0 && seen < 0 && (tick == endsAt || choices.among(2) == 1)) {
                seen = sequence;
            }
            if (sentAt >= 0 && tick == endsAt) {
                watch.look(slot(seen), seen, sentAt, tick);
                nextLook = tick + 1 + choices.among(EVERY);
                sentAt = -1;
            }
            if (watch.shown() == Shown.DOWN) {
                if (tick - landed <= LATE && last == HORIZON) {
                    falseVerdicts++;
                }
                verdicts++;
                latestVerdict = Math.max(latestVerdict, tick - landed);
                return;
            }
        }
    }

    private static final Found<?>[] SLOTS = new Found<?>[64];

    @SuppressWarnings("unchecked")
    private static Found<DiskSlot> slot(int sequence) {
        if (SLOTS[sequence] == null) {
            SLOTS[sequence] = new Found.Whole<>(
                    new DiskSlot(DiskRig.CLUSTER, WHO, 1, sequence, 0, 1, Word.BEATING, 0, 0, Bytes.NONE));
        }
        return (Found<DiskSlot>) SLOTS[sequence];
    }
}
