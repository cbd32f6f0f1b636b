package io.muster.quorum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
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

    @Test
    @DisplayName("001-24: a threshold that lets two sides decide is refused with two sets that would, and they would")
    void aThresholdThatLetsTwoSidesDecideNamesThem() {
        int found = 0;
        for (int[] votes : allVotes()) {
            TreeMap<NodeId, Integer> map = mapOf(votes);
            int total = map.values().stream().mapToInt(Integer::intValue).sum();
            for (int threshold = 1; 2 * threshold <= total; threshold++) {
                var sides = TwoSides.of(map, threshold);
                assertThat(sides.isPresent()).isEqualTo(someSplit(map, threshold, total));
                if (sides.isPresent()) {
                    found++;
                    TwoSides two = sides.get();
                    assertThat(two.one().intersect(two.other()).isEmpty()).isTrue();
                    Electorate all = Electorate.majorityOf(map);
                    assertThat(all.votesOf(two.one())).isEqualTo(two.votesOfOne()).isGreaterThanOrEqualTo(threshold);
                    assertThat(all.votesOf(two.other())).isEqualTo(two.votesOfOther()).isGreaterThanOrEqualTo(threshold);
                    int tried = threshold;
                    assertThatThrownBy(() -> new Electorate(map, tried)).hasMessageContaining(two.toString());
                }
            }
        }
        assertThat(found).isGreaterThan(200);
    }

    private static boolean someSplit(TreeMap<NodeId, Integer> votes, int threshold, int total) {
        Electorate all = Electorate.majorityOf(votes);
        for (long bits = 0; bits < 1 << NODES; bits++) {
            int one = all.votesOf(new NodeSet(bits << 1));
            if (one >= threshold && total - one >= threshold) {
                return true;
            }
        }
        return false;
    }

    @Test
    @DisplayName("001-21, 001-22: data nodes decide as 2 of 3, 4 of 5 and 8 of 9; order 0 is refused with its two sides")
    void dataNodes() {
        assertThat(List.of(new DataNodes(1).needed(), new DataNodes(1).count(), new DataNodes(2).needed(),
                new DataNodes(2).count(), new DataNodes(3).needed(), new DataNodes(3).count()))
                .containsExactly(2, 3, 4, 5, 8, 9);
        for (int order = 1; order <= 3; order++) {
            DataNodes data = new DataNodes(order);
            NodeSet nodes = new NodeSet((1L << data.count() + 1) - 2);
            Electorate electorate = data.electorate(nodes);
            assertThat(electorate.threshold()).isEqualTo(data.needed());
            for (NodeId lost : nodes) {
                assertThat(electorate.isQuorum(nodes.without(lost))).isTrue();
                assertThat(electorate.isQuorum(nodes.without(lost).without(nodes.without(lost).lowest()))).isFalse();
            }
            assertThatThrownBy(() -> data.electorate(nodes.without(NodeId.of(1)))).hasMessageContaining("needs " + data.count());
        }
        assertThatThrownBy(() -> new DataNodes(0)).hasMessageContaining("{n1} with 1 votes and {n2} with 1 votes could decide");
        assertThatThrownBy(() -> new DataNodes(6)).hasMessageContaining("1 to 5");
    }

    @Test
    @DisplayName("001-23: random churn of nodes without data never changes whether the data nodes decide")
    void churnOfNodesWithoutDataChangesNothing() {
        Prng chance = new Prng(23);
        Electorate electorate = new DataNodes(2).electorate(new NodeSet(0b111110));
        NodeSet here = NodeSet.NONE;
        for (int step = 0; step < 5_000; step++) {
            NodeId node = NodeId.of(1 + chance.nextInt(40));
            boolean decided = electorate.isQuorum(here);
            here = here.contains(node) ? here.without(node) : here.with(node);
            if (node.number() > 5) {
                assertThat(electorate.isQuorum(here)).isEqualTo(decided);
            }
            assertThat(electorate.isQuorum(here)).isEqualTo(Long.bitCount(here.bits() & 0b111110) >= 4);
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
