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

@DisplayName("V2, V3: the best set with two-way links and a quorum within its reach")
final class ViewChoiceTest {

    @Test
    @DisplayName("001-6, 001-7: over all one-way matrices to 4 nodes, acceptors and current sets it is what trying all finds")
    void itIsWhatTryingAllFindsOverAllMatricesToFourNodes() {
        for (int count = 1; count <= 4; count++) {
            for (long matrix = 0; matrix < 1L << count * (count - 1); matrix++) {
                for (long acceptors = 1; acceptors < 1L << count; acceptors++) {
                    ViewOracle asked = new ViewOracle(count, Electorate.majorityOf(new NodeSet(acceptors << 1)));
                    asked.oneWay(matrix);
                    asked.current = (matrix * 31 + acceptors * 7 & (1L << count) - 1) << 1;
                    asked.kept = 1L << 1 + matrix % count;
                    agrees(asked);
                }
            }
        }
    }

    @Test
    @DisplayName("S17, 001-7: over all matrices to 3 nodes, whatever each of them reaches of two acceptors outside")
    void whateverEachReachesOutside() {
        for (int count = 1; count <= 3; count++) {
            for (long matrix = 0; matrix < 1L << count * (count - 1); matrix++) {
                for (long reach = 0; reach < 1L << 2 * count; reach++) {
                    for (long current = 0; current < 1L << count; current++) {
                        ViewOracle asked = new ViewOracle(count, Electorate.majorityOf(new NodeSet(0b111110)));
                        asked.oneWay(matrix);
                        for (int node = 1; node <= count; node++) {
                            asked.reach[node] = (reach >>> 2 * (node - 1) & 3) << 4;
                        }
                        asked.current = current << 1;
                        agrees(asked);
                    }
                }
            }
        }
    }

    @Test
    @DisplayName("001-7: so it is on random matrices to 11 nodes with weights, evidence, reach and votes")
    void itIsWhatTryingAllFindsOnLargerOnes() {
        Prng chance = new Prng(7);
        for (int i = 0; i < 250; i++) {
            ViewOracle asked = ViewOracle.random(chance, 4 + chance.nextInt(8), chance.nextInt(2) == 0);
            assertThat(asked.byMaximalCliques()).as(asked.toString()).isEqualTo(asked.byAllSets());
            agrees(asked);
        }
    }

    @Test
    @DisplayName("001-7: and on random matrices to 32 nodes, against all maximal cliques")
    void itIsTheBestOfAllMaximalCliquesTo32Nodes() {
        Prng chance = new Prng(11);
        for (int i = 0; i < 60; i++) {
            ViewOracle asked = ViewOracle.random(chance, 13 + chance.nextInt(20), chance.nextInt(2) == 0);
            assertThat(asked.choice().best()).as(asked.toString()).isEqualTo(asked.byMaximalCliques());
        }
    }

    @Test
    @DisplayName("S17: of five, three that cannot reach a quorum lose against two that can, with an acceptor outside")
    void aSetWithoutQuorumDoesNotWin() {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        votes.put(NodeId.of(1), 1);
        votes.put(NodeId.of(2), 1);
        votes.put(NodeId.of(9), 1);
        long[] links = links(new int[][] {{3, 4}, {3, 5}, {4, 5}, {1, 2}});
        ViewChoice choice = new ViewChoice(new NodeSet(0b111110), links, new Electorate(votes, 2))
                .current(new NodeSet(0b111110))
                .reach(NodeId.of(1), NodeSet.of(NodeId.of(9)))
                .reach(NodeId.of(3), NodeSet.of(NodeId.of(9)));
        assertThat(choice.best()).contains(NodeSet.of(NodeId.of(1), NodeId.of(2)));
    }

    @Test
    @DisplayName("V3: the set that is there stays, whatever the evidence, until it is no clique or has no quorum")
    void continuityGoesBeforeEvidence() {
        Electorate electorate = Electorate.majorityOf(new NodeSet(0b1110));
        long[] whole = links(new int[][] {{1, 2}, {1, 3}, {2, 3}});
        ViewChoice stays = new ViewChoice(new NodeSet(0b1110), whole, electorate)
                .current(new NodeSet(0b0110)).evidence(NodeId.of(3), 200).weight(NodeId.of(3), 200);
        assertThat(stays.best()).contains(new NodeSet(0b0110));
        long[] cut = links(new int[][] {{1, 2}, {2, 3}});
        ViewChoice broken = new ViewChoice(new NodeSet(0b1110), cut, electorate)
                .current(new NodeSet(0b1110)).keep(NodeSet.of(NodeId.of(1))).evidence(NodeId.of(3), 1);
        assertThat(broken.best()).as("then evidence goes before continuity and ids").contains(new NodeSet(0b1100));
    }

    @Test
    @DisplayName("V2: by weight, two nodes with data go before three that only vote; who weighs nothing still stays in")
    void weightGoesBeforeSizeWhereThePolicySaysSo() {
        long[] links = links(new int[][] {{1, 2}, {2, 3}, {3, 4}, {2, 4}});
        ViewChoice byWeight = new ViewChoice(new NodeSet(0b11110), links, Electorate.majorityOf(new NodeSet(0b1110)))
                .weight(NodeId.of(1), 2).weight(NodeId.of(2), 1);
        assertThat(byWeight.best()).contains(new NodeSet(0b0110));
        ViewChoice bySize = new ViewChoice(new NodeSet(0b11110), links, Electorate.majorityOf(new NodeSet(0b1110)));
        assertThat(bySize.best()).contains(new NodeSet(0b11100));
        ViewChoice witness = new ViewChoice(new NodeSet(0b0110), links, Electorate.majorityOf(new NodeSet(0b0010)))
                .weight(NodeId.of(1), 1);
        assertThat(witness.best()).contains(new NodeSet(0b0110));
    }

    @Test
    void withAQuorumOutsideNobodyNeedsToBeIn() {
        NodeSet three = new NodeSet(0b1110);
        assertThat(new ViewChoice(NodeSet.NONE, new long[NodeId.LIMIT], Electorate.majorityOf(three))
                .outside(three).best()).contains(NodeSet.NONE);
    }

    @Test
    void anEvilMatrixOfAllNodesIsDecidedWithinTheStepsLimit() {
        // 62 nodes in 31 pairs, everything linked but the partners: 2^31 largest sets.
        long[] links = new long[NodeId.LIMIT];
        long all = 0;
        for (int one = 1; one <= 62; one++) {
            all |= 1L << one;
            for (int other = 1; other <= 62; other++) {
                if ((one - 1) / 2 != (other - 1) / 2) {
                    links[one] |= 1L << other;
                }
            }
        }
        Electorate electorate = Electorate.majorityOf(NodeSet.of(NodeId.of(1), NodeId.of(3), NodeId.of(5)));
        Optional<NodeSet> winner = new ViewChoice(new NodeSet(all), links, electorate)
                .keep(NodeSet.of(NodeId.of(62))).best();
        assertThat(winner).isPresent();
        assertThat(winner.get().count()).isEqualTo(31);
        assertThat(winner.get().contains(NodeId.of(62))).as("continuity goes before ids").isTrue();
        assertThat(winner.get().contains(NodeId.of(1))).as("then the lowest ids").isTrue();
    }

    private static void agrees(ViewOracle asked) {
        assertThat(asked.choice().best()).as(asked.toString()).isEqualTo(asked.byAllSets());
    }

    private static long[] links(int[][] pairs) {
        long[] links = new long[NodeId.LIMIT];
        for (int[] pair : pairs) {
            links[pair[0]] |= 1L << pair[1];
            links[pair[1]] |= 1L << pair[0];
        }
        return links;
    }
}
