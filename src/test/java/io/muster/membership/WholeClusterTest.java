package io.muster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.View;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class WholeClusterTest {

    private static final long SECOND = TimeBudget.SECOND;

    @Test
    @DisplayName("001-5: everybody comes in, and the agreed view is equal on all in it")
    void aFreshClusterFormsAndEverybodyAgrees() {
        ToyCluster cluster = new ToyCluster(4, false);
        cluster.runFor(SECOND);
        assertThat(cluster.state.view().nodes()).isEqualTo(Bench.nodes(4));
        assertThat(cluster.views.values()).hasSize(4).allMatch(view -> view.equals(cluster.state.view()));
        assertThat(cluster.actUntil.values()).hasSize(4).allMatch(until -> until > cluster.now);
    }

    @Test
    @DisplayName("V5, 001-6: under each constant matrix of one-way links a formed cluster of three comes to rest")
    void eachMatrixOfThreeComesToRest() {
        for (int matrix = 0; matrix < 1 << 6; matrix++) {
            comesToRest(3, matrix);
        }
    }

    @Test
    @DisplayName("V5, 001-6: so do four under each matrix of one-way links, and five under each single cut")
    void eachMatrixOfFourAndEachCutOfFiveComesToRest() {
        for (int matrix = 0; matrix < 1 << 12; matrix += 1) {
            comesToRest(4, matrix);
        }
        for (int cut = 0; cut < 20; cut++) {
            comesToRest(5, (1 << 20) - 1 & ~(1 << cut));
        }
    }

    @Test
    void theSameInputsLeaveTheSameTrace() {
        assertThat(trace()).isEqualTo(trace());
    }

    private static long trace() {
        ToyCluster cluster = new ToyCluster(4, false);
        cluster.runFor(SECOND);
        cluster.link(4, 1, false);
        cluster.runFor(3 * SECOND);
        cluster.machines.values().forEach(machine -> machine.digest(cluster.trace));
        return cluster.trace.value();
    }

    /** Bit {@link #index} of the matrix: datagrams get through. */
    private static void comesToRest(int count, int matrix) {
        comesToRest(count, matrix, false);
        if (count == 3 || matrix % 8 == 7) {
            comesToRest(count, matrix, true);
        }
    }

    private static void comesToRest(int count, int matrix, boolean highestLeads) {
        ToyCluster cluster = new ToyCluster(count, highestLeads);
        cluster.runFor(SECOND);
        assertThat(cluster.state.view().nodes()).isEqualTo(Bench.nodes(count));
        for (int from = 1; from <= count; from++) {
            for (int to = 1; to <= count; to++) {
                if (from != to) {
                    cluster.link(from, to, (matrix >>> index(from, to, count) & 1) == 1);
                }
            }
        }
        cluster.runFor(8 * SECOND);
        long version = cluster.state.version();
        View rested = cluster.state.view();
        cluster.runFor(4 * SECOND);
        assertThat(cluster.state.version()).as("nodes %d matrix %x: it goes on changing", count, matrix)
                .isEqualTo(version);

        NodeSet acting = NodeSet.NONE;
        for (NodeId node : cluster.machines.keySet()) {
            if (cluster.actUntil.getOrDefault(node, 0L) > cluster.now) {
                acting = acting.with(node);
            }
        }
        assertThat(rested.nodes().containsAll(acting)).isTrue();
        boolean possible = quorumClique(cluster, Bench.nodes(count));
        if (possible) {
            for (NodeId one : rested.nodes()) {
                for (NodeId other : rested.nodes()) {
                    assertThat(one.equals(other) || cluster.bothWays(one, other))
                            .as("nodes %d matrix %x: %s and %s are in %s", count, matrix, one, other, rested).isTrue();
                }
            }
            assertThat(acting).as("nodes %d matrix %x: who is in may act", count, matrix).isEqualTo(rested.nodes());
        }
        if (possible) {
            assertThat(acting.isEmpty()).as("nodes %d matrix %x: nobody acts", count, matrix).isFalse();
        }
    }

    private static boolean quorumClique(ToyCluster cluster, NodeSet all) {
        for (long set = all.bits(); set != 0; set = set - 1 & all.bits()) {
            NodeSet tried = new NodeSet(set);
            boolean clique = cluster.state.electorate().isQuorum(tried);
            for (NodeId one : tried) {
                for (NodeId other : tried) {
                    clique &= one.equals(other) || cluster.bothWays(one, other);
                }
            }
            if (clique) {
                return true;
            }
        }
        return false;
    }

    private static int index(int from, int to, int count) {
        return (from - 1) * (count - 1) + (to < from ? to - 1 : to - 2);
    }
}
