package io.muster.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ElectorateTest {

    private static final int NODES = 4;
    private static final int VOTES = 3;

    @Test
    @DisplayName("001-24, Q1: in every electorate of up to four acceptors no two disjoint sets both decide")
    void twoDisjointSetsNeverBothDecide() {
        int walked = 0;
        for (int[] votes : allVotes()) {
            TreeMap<NodeId, Integer> map = mapOf(votes);
            int total = map.values().stream().mapToInt(Integer::intValue).sum();
            for (int threshold = total / 2 + 1; threshold <= total; threshold++) {
                Electorate electorate = new Electorate(map, threshold);
                for (long one = 0; one < 1 << NODES; one++) {
                    for (long other = 0; other < 1 << NODES; other++) {
                        if ((one & other) == 0) {
                            assertThat(electorate.isQuorum(new NodeSet(one << 1))
                                    && electorate.isQuorum(new NodeSet(other << 1))).isFalse();
                        }
                    }
                }
                assertThat(electorate.isQuorum(electorate.acceptors())).isTrue();
                walked++;
            }
        }
        assertThat(walked).isGreaterThan(500);
    }

    @Test
    @DisplayName("Q1: a threshold that would let two sides decide, or none, is refused with the range that would do")
    void aThresholdOutsideItsRangeIsRefused() {
        for (int[] votes : allVotes()) {
            TreeMap<NodeId, Integer> map = mapOf(votes);
            int total = map.values().stream().mapToInt(Integer::intValue).sum();
            for (int threshold = -2; threshold <= total + 2; threshold++) {
                int tried = threshold;
                if (2 * threshold > total && threshold <= total) {
                    assertThat(new Electorate(map, tried).threshold()).isEqualTo(tried);
                } else {
                    assertThatThrownBy(() -> new Electorate(map, tried))
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessageContaining("it must be %d to %d".formatted(total / 2 + 1, total));
                }
            }
        }
    }

    @Test
    @DisplayName("Q1: a threshold so low that twice of it wraps around is refused")
    void aThresholdThatWrapsAroundIsRefused() {
        TreeMap<NodeId, Integer> one = mapOf(new int[] {1, 0, 0, 0});
        for (int threshold : new int[] {Integer.MIN_VALUE, Integer.MIN_VALUE + 1, 1 << 30, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> new Electorate(one, threshold)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void votesOutsideTheirRangeAreRefused() {
        for (int votes : new int[] {-1, 0, Electorate.VOTES_LIMIT + 1}) {
            TreeMap<NodeId, Integer> map = new TreeMap<>();
            map.put(NodeId.of(1), votes);
            assertThatThrownBy(() -> new Electorate(map, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("n1 has " + votes);
        }
        assertThatThrownBy(() -> new Electorate(new TreeMap<>(), 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("001-23: nodes without a vote change nothing, whoever comes and goes")
    void nodesWithoutAVoteCountNothing() {
        Electorate electorate = Electorate.majorityOf(new NodeSet(0b1110));
        assertThat(electorate.total()).isEqualTo(3);
        for (long bits = 0; bits < 1 << 6; bits++) {
            NodeSet nodes = new NodeSet(bits << 1);
            boolean obvious = Long.bitCount((bits << 1) & 0b1110) >= 2;
            assertThat(electorate.isQuorum(nodes)).isEqualTo(obvious);
        }
    }

    private static List<int[]> allVotes() {
        List<int[]> all = new ArrayList<>();
        int base = VOTES + 1;
        for (int code = 1; code < base * base * base * base; code++) {
            all.add(new int[] {code % base, code / base % base, code / base / base % base, code / base / base / base});
        }
        return all;
    }

    private static TreeMap<NodeId, Integer> mapOf(int[] votes) {
        TreeMap<NodeId, Integer> map = new TreeMap<>();
        for (int i = 0; i < votes.length; i++) {
            if (votes[i] > 0) {
                map.put(NodeId.of(i + 1), votes[i]);
            }
        }
        return map;
    }
}
