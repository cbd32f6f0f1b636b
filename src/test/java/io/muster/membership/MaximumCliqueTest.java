package io.muster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.quorum.Electorate;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("V2: the largest set with two-way links and a quorum; ties by continuity, then lowest ids")
final class MaximumCliqueTest {

    @Test
    @DisplayName("001-7: over all one-way matrices to 4 nodes it is what trying all sets finds")
    void itIsWhatTryingAllSetsFindsOverAllMatricesToFourNodes() {
        for (int count = 1; count <= 4; count++) {
            for (long matrix = 0; matrix < 1L << count * (count - 1); matrix++) {
                long[] links = twoWay(matrix, count);
                for (long acceptors = 1; acceptors < 1L << count; acceptors++) {
                    Electorate electorate = Electorate.majorityOf(new NodeSet(acceptors << 1));
                    NodeSet all = new NodeSet((1L << count + 1) - 2);
                    NodeSet continuity = new NodeSet((matrix * 31 + acceptors * 7 & (1L << count) - 1) << 1);
                    compare(all, links, continuity, electorate, NodeSet.NONE);
                    // Half of the nodes are no members, and vote from outside.
                    NodeSet candidates = new NodeSet(all.bits() & 0b01010);
                    compare(candidates, links, continuity, electorate, all.minus(candidates));
                }
            }
        }
    }

    @Test
    void itIsWhatTryingAllSetsFindsOnLargerOnes() {
        Prng chance = new Prng(7);
        for (int i = 0; i < 400; i++) {
            int count = 5 + chance.nextInt(6);
            long[] links = new long[NodeId.LIMIT];
            double density = 0.3 + 0.65 * chance.nextDouble();
            TreeMap<NodeId, Integer> votes = new TreeMap<>();
            int total = 0;
            for (int one = 1; one <= count; one++) {
                int weight = 1 + chance.nextInt(3);
                votes.put(NodeId.of(one), weight);
                total += weight;
                for (int other = one + 1; other <= count; other++) {
                    if (chance.chance(density)) {
                        link(links, one, other);
                    }
                }
            }
            Electorate electorate = new Electorate(votes, total / 2 + 1);
            long mask = (1L << count + 1) - 2;
            compare(new NodeSet(mask), links, new NodeSet(chance.nextLong() & mask), electorate, NodeSet.NONE);
            NodeSet candidates = new NodeSet(chance.nextLong() & mask);
            compare(candidates, links, new NodeSet(chance.nextLong() & mask), electorate,
                    new NodeSet(chance.nextLong() & mask).minus(candidates));
        }
    }

    @Test
    @DisplayName("S17: a larger set without a quorum loses against a smaller one with it")
    void aSetWithoutQuorumDoesNotWin() {
        long[] links = new long[NodeId.LIMIT];
        link(links, 3, 4);
        link(links, 3, 5);
        link(links, 4, 5);
        link(links, 1, 2);
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        votes.put(NodeId.of(1), 3);
        votes.put(NodeId.of(2), 2);
        votes.put(NodeId.of(3), 1);
        votes.put(NodeId.of(4), 1);
        votes.put(NodeId.of(5), 1);
        assertThat(MaximumClique.of(new NodeSet(0b111110), links, NodeSet.NONE, new Electorate(votes, 5), NodeSet.NONE))
                .contains(NodeSet.of(NodeId.of(1), NodeId.of(2)));
    }

    @Test
    void withAQuorumOutsideNobodyNeedsToBeIn() {
        NodeSet three = new NodeSet(0b1110);
        assertThat(MaximumClique.of(
                NodeSet.NONE, new long[NodeId.LIMIT], NodeSet.NONE, Electorate.majorityOf(three), three))
                .contains(NodeSet.NONE);
    }

    @Test
    void anEvilMatrixOfAllNodesIsDecidedWithinTheStepsLimit() {
        // 62 nodes in 31 pairs, everything linked but the partners: 2^31 largest sets.
        long[] links = new long[NodeId.LIMIT];
        long all = 0;
        for (int one = 1; one <= 62; one++) {
            all |= 1L << one;
            for (int other = one + 1; other <= 62; other++) {
                if ((one - 1) / 2 != (other - 1) / 2) {
                    link(links, one, other);
                }
            }
        }
        Electorate electorate = Electorate.majorityOf(NodeSet.of(NodeId.of(1), NodeId.of(3), NodeId.of(5)));
        Optional<NodeSet> winner = MaximumClique.of(new NodeSet(all), links, NodeSet.of(NodeId.of(62)), electorate,
                NodeSet.NONE);
        assertThat(winner).isPresent();
        assertThat(winner.get().count()).isEqualTo(31);
        assertThat(winner.get().contains(NodeId.of(62))).as("continuity goes before ids").isTrue();
        assertThat(winner.get().contains(NodeId.of(1))).as("then the lowest ids").isTrue();
    }

    private static void compare(
            NodeSet candidates, long[] links, NodeSet continuity, Electorate electorate, NodeSet outside) {
        assertThat(MaximumClique.of(candidates, links, continuity, electorate, outside))
                .as("candidates %s continuity %s electorate %s outside %s", candidates, continuity, electorate, outside)
                .isEqualTo(obvious(candidates, links, continuity, electorate, outside));
    }

    /** Tries all sets. */
    private static Optional<NodeSet> obvious(
            NodeSet candidates, long[] links, NodeSet continuity, Electorate electorate, NodeSet outside) {
        Optional<NodeSet> best = Optional.empty();
        long set = candidates.bits();
        while (true) {
            NodeSet tried = new NodeSet(set);
            if (isClique(tried, links) && electorate.isQuorum(tried.union(outside))
                    && (best.isEmpty() || better(tried, best.get(), continuity))) {
                best = Optional.of(tried);
            }
            if (set == 0) {
                return best;
            }
            set = set - 1 & candidates.bits();
        }
    }

    private static boolean better(NodeSet one, NodeSet other, NodeSet continuity) {
        if (one.count() != other.count()) {
            return one.count() > other.count();
        }
        int kept = one.intersect(continuity).count();
        int keptByOther = other.intersect(continuity).count();
        if (kept != keptByOther) {
            return kept > keptByOther;
        }
        for (int node = 1; node < NodeId.LIMIT; node++) {
            if (one.contains(NodeId.of(node)) != other.contains(NodeId.of(node))) {
                return one.contains(NodeId.of(node));
            }
        }
        return false;
    }

    private static boolean isClique(NodeSet set, long[] links) {
        for (NodeId one : set) {
            for (NodeId other : set) {
                if (!one.equals(other) && (links[one.number()] & 1L << other.number()) == 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Bit k of the matrix: the k-th ordered pair of different nodes, one hears the other. */
    private static long[] twoWay(long matrix, int count) {
        boolean[][] hears = new boolean[count + 1][count + 1];
        int bit = 0;
        for (int one = 1; one <= count; one++) {
            for (int other = 1; other <= count; other++) {
                if (one != other) {
                    hears[one][other] = (matrix >>> bit++ & 1) == 1;
                }
            }
        }
        long[] links = new long[NodeId.LIMIT];
        for (int one = 1; one <= count; one++) {
            for (int other = one + 1; other <= count; other++) {
                if (hears[one][other] && hears[other][one]) {
                    link(links, one, other);
                }
            }
        }
        return links;
    }

    private static void link(long[] links, int one, int other) {
        links[one] |= 1L << other;
        links[other] |= 1L << one;
    }
}
