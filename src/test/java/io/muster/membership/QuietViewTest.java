package io.muster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.View;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("V3, V5, 001-6, 001-7: on real membership machines, a constant matrix gives a constant view")
final class QuietViewTest {

    private static final long SECOND = TimeBudget.SECOND;

    @Test
    @DisplayName("001-6: no single one-way loss causes more than one view change, in clusters of 2 to 5 nodes")
    void noSingleOneWayLossCausesMoreThanOneViewChange() {
        for (int count = 2; count <= 5; count++) {
            for (int from = 1; from <= count; from++) {
                for (int to = 1; to <= count; to++) {
                    if (from != to) {
                        ToyCluster cluster = formed(count, (from + to) % 2 == 0);
                        cluster.link(from, to, false);
                        cluster.runFor(4 * SECOND);
                        String cut = "of %d nodes n%d is not heard by n%d".formatted(count, from, to);
                        assertThat(cluster.viewChanges).as(cut).isEqualTo(count == 2 ? 0 : 1);
                        assertThat(cluster.state.members()).as(cut).hasSize(count == 2 ? 2 : count - 1);
                        assertThat(cluster.lacking).as(cut).isEmpty();
                    }
                }
            }
        }
    }

    @Test
    @DisplayName("001-7: random one-way matrices of 5 to 8 nodes come to rest in a clique, and nothing changes then")
    void randomMatricesOf5To8ComeToRest() {
        Prng chance = new Prng(3);
        int possible = 0;
        for (int run = 0; run < 120; run++) {
            int count = 5 + chance.nextInt(4);
            ToyCluster cluster = formed(count, run % 2 == 0);
            double density = 0.6 + 0.39 * chance.nextDouble();
            for (int from = 1; from <= count; from++) {
                for (int to = 1; to <= count; to++) {
                    if (from != to && !chance.chance(density)) {
                        cluster.link(from, to, false);
                    }
                }
            }
            cluster.runFor(8 * SECOND);
            View rested = cluster.state.view();
            int changes = cluster.viewChanges;
            cluster.runFor(5 * SECOND);
            assertThat(cluster.state.view()).as("run %d goes on changing", run).isEqualTo(rested);
            assertThat(cluster.viewChanges).isEqualTo(changes);
            assertThat(cluster.lacking).as("run %d", run).isEmpty();
            if (quorumClique(cluster, Bench.nodes(count))) {
                possible++;
                assertThat(isClique(cluster, rested.nodes())).as("run %d: %s", run, rested).isTrue();
                assertThat(cluster.state.electorate().isQuorum(rested.nodes())).isTrue();
            }
        }
        assertThat(possible).isGreaterThan(20);
    }

    @Test
    @DisplayName("V3: with constant links and evidence that flickers, at most one change in H, whoever flickers and how fast")
    void flickeringEvidenceChangesAtMostOneViewInH() {
        Prng chance = new Prng(9);
        for (int run = 0; run < 12; run++) {
            ToyCluster cluster = formed(5, run % 2 == 0);
            cluster.link(1 + run % 5, 1 + (run + 1 + run % 3) % 5, false);
            long everyNs = 25 * TimeBudget.MS << run % 8;
            int before = 0;
            for (int span = 0; span < 4; span++) {
                for (long end = cluster.now + RowTeller.holdNs(ToyCluster.LAN); cluster.now < end; ) {
                    for (NodeId node : NodeSet.of(cluster.machines.keySet())) {
                        cluster.linksUp(node, chance.nextInt(3));
                    }
                    cluster.runFor(Math.min(everyNs, end - cluster.now));
                }
                assertThat(cluster.viewChanges - before).as("run %d, span %d", run, span).isLessThanOrEqualTo(1);
                before = cluster.viewChanges;
            }
            assertThat(cluster.viewChanges).as("run %d", run).isEqualTo(1);
            assertThat(isClique(cluster, cluster.state.view().nodes())).isTrue();
        }
    }

    @Test
    void whatFlickersQuickerThanItIsHeldIsNeverPublished() {
        HeldDown value = new HeldDown(2, 100, 0);
        for (long now = 0; now < 1_000; now += 10) {
            value.see((int) (now / 10 % 3), now);
            assertThat(value.published(now)).isEqualTo(2);
        }
        value.see(1, 1_000);
        assertThat(value.published(1_099)).isEqualTo(2);
        assertThat(value.published(1_100)).isEqualTo(1);
    }

    private static ToyCluster formed(int count, boolean highestLeads) {
        ToyCluster cluster = new ToyCluster(count, highestLeads);
        cluster.runFor(SECOND);
        assertThat(cluster.state.view().nodes()).isEqualTo(Bench.nodes(count));
        return cluster;
    }

    private static boolean quorumClique(ToyCluster cluster, NodeSet all) {
        for (long set = all.bits(); set != 0; set = set - 1 & all.bits()) {
            NodeSet tried = new NodeSet(set);
            if (cluster.state.electorate().isQuorum(tried) && isClique(cluster, tried)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isClique(ToyCluster cluster, NodeSet nodes) {
        for (NodeId one : nodes) {
            for (NodeId other : nodes) {
                if (!one.equals(other) && !cluster.bothWays(one, other)) {
                    return false;
                }
            }
        }
        return true;
    }
}
