package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PhaseBarrierTest {

    private record Word(Incarnation who, long generation, Phase phase) {}

    @Test
    @DisplayName("R2 a barrier is passed when each member, by life, has spoken of this generation and this phase")
    void aBarrierIsPassedWhenEachMemberHasSpokenOfIt() {
        Prng chance = new Prng(26);
        int passed = 0;
        for (int round = 0; round < 5_000; round++) {
            Group group = group(chance.between(1, 3), Phase.values()[chance.nextInt(5)], 1 + chance.nextInt(3));
            PhaseBarrier barrier = PhaseBarrier.before(group);
            List<Word> words = new ArrayList<>();
            for (int i = chance.nextInt(20); i > 0; i--) {
                Word word = new Word(
                        Incarnation.of(1 + chance.nextInt(4), 1 + chance.nextInt(2)),
                        chance.chance(0.7) ? group.generation() : chance.between(1, 3),
                        chance.chance(0.7) ? group.phase() : Phase.values()[chance.nextInt(5)]);
                words.add(word);
                barrier = barrier.with(word.who(), word.generation(), word.phase());
            }
            boolean obvious = group.members().values().stream()
                    .allMatch(who -> words.contains(new Word(who, group.generation(), group.phase())));
            assertThat(barrier.passed(group)).as("%s after %s", group, words).isEqualTo(obvious);
            passed += obvious ? 1 : 0;
        }
        assertThat(passed).isBetween(500, 4_500);
    }

    @Test
    void aBarrierOfAnotherPhaseOrGenerationIsNeverPassed() {
        Group group = group(4, Phase.LOCKS, 1);
        PhaseBarrier full = PhaseBarrier.before(group).with(Incarnation.of(1, 1), 4, Phase.LOCKS);
        assertThat(full.passed(group)).isTrue();
        assertThat(full.passed(group(5, Phase.LOCKS, 1))).isFalse();
        assertThat(full.passed(group(4, Phase.STRIPES, 1))).isFalse();
    }

    private static Group group(long generation, Phase phase, int members) {
        SortedMap<NodeId, Incarnation> lives = new TreeMap<>();
        for (int i = 1; i <= members; i++) {
            lives.put(NodeId.of(i), Incarnation.of(i, 1));
        }
        return new Group(new GroupName("files"), generation, phase, lives, new TreeSet<>());
    }
}
