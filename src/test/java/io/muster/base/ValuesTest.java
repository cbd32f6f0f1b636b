package io.muster.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ValuesTest {

    @Test
    @DisplayName("a node set does what a sorted set of numbers does")
    void nodeSetsAreSets() {
        Prng chance = new Prng(7);
        for (int round = 0; round < 2_000; round++) {
            TreeSet<NodeId> slowA = draw(chance);
            TreeSet<NodeId> slowB = draw(chance);
            NodeSet a = NodeSet.of(slowA);
            NodeSet b = NodeSet.of(slowB);
            assertThat(walked(a)).containsExactlyElementsOf(slowA);
            assertThat(a.count()).isEqualTo(slowA.size());
            assertThat(a.containsAll(b)).isEqualTo(slowA.containsAll(slowB));
            TreeSet<NodeId> union = new TreeSet<>(slowA);
            union.addAll(slowB);
            assertThat(walked(a.union(b))).containsExactlyElementsOf(union);
            TreeSet<NodeId> minus = new TreeSet<>(slowA);
            minus.removeAll(slowB);
            assertThat(walked(a.minus(b))).containsExactlyElementsOf(minus);
            TreeSet<NodeId> both = new TreeSet<>(slowA);
            both.retainAll(slowB);
            assertThat(walked(a.intersect(b))).containsExactlyElementsOf(both);
            if (!a.isEmpty()) {
                assertThat(a.lowest()).isEqualTo(slowA.first());
            }
        }
    }

    @Test
    @DisplayName("a node name is an n and a number from 1 to 64, and is read back")
    void nodeNames() {
        for (int number = 1; number < NodeId.LIMIT; number++) {
            assertThat(NodeId.parse(NodeId.of(number).toString())).isEqualTo(NodeId.of(number));
        }
        for (String odd : List.of("", "n", "n0", "n65", "n01", "N1", "1", "n1 ", "n-1", "n100", "node1")) {
            assertThatThrownBy(() -> NodeId.parse(odd)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    @DisplayName("a quick reboot is another incarnation, and a later one")
    void incarnationsDiffer() {
        assertThat(Incarnation.of(3, 1)).isNotEqualTo(Incarnation.of(3, 2)).isLessThan(Incarnation.of(3, 2));
        assertThat(Incarnation.of(3, 2)).hasToString("n3#2");
        assertThatThrownBy(() -> Incarnation.of(3, 0)).hasMessageContaining("life 0 of n3");
    }

    @Test
    @DisplayName("a cluster id is read back from its text and from nothing else")
    void clusterIds() {
        ClusterId id = new ClusterId(0x0123456789ABCDEFL, -2);
        assertThat(ClusterId.parse(id.toString())).isEqualTo(id);
        assertThatThrownBy(() -> ClusterId.parse("xyz")).hasMessageContaining("32 hexadecimal digits");
    }

    @Test
    @DisplayName("the same seed gives the same chance, and forks do not shift each other")
    void chanceReplays() {
        Prng one = new Prng(42);
        Prng two = new Prng(42);
        Prng forkOfOne = one.fork("network");
        Prng forkOfTwo = two.fork("network");
        forkOfOne.nextLong();
        for (int i = 0; i < 1_000; i++) {
            assertThat(one.nextLong()).isEqualTo(two.nextLong());
            int bounded = one.nextInt(17);
            assertThat(bounded).isEqualTo(two.nextInt(17)).isBetween(0, 16);
        }
        forkOfTwo.nextLong();
        assertThat(forkOfOne.nextLong()).isEqualTo(forkOfTwo.nextLong());
    }

    @Test
    @DisplayName("a time budget that is not safe is refused with its inequality")
    void timeBudgetsAreChecked() {
        TimeBudget lan = TimeBudget.lan();
        assertThat(lan.silenceNs()).isGreaterThanOrEqualTo(3 * lan.pulseNs());
        assertThatThrownBy(() -> new TimeBudget(
                        lan.pulseNs(), 2 * lan.pulseNs(), lan.probeNs(), lan.pauseNs(), lan.beatNs(), lan.leaderSilenceNs(),
                        lan.leaseNs(), lan.askNs(), lan.phaseLimitNs(), lan.fenceLimitNs(), lan.fenceRetryNs(),
                        lan.writeLimitNs(), lan.clockErrorPpm()))
                .hasMessageContaining("3 * pulse <= silence must hold, and 150 ms is more than 100 ms");
    }

    @Test
    @DisplayName("a fault code is found by its label in any case")
    void faultCodesAreFound() {
        for (FaultCode code : FaultCode.values()) {
            assertThat(FaultCode.find(code.label().toLowerCase(java.util.Locale.ROOT))).contains(code);
        }
        assertThat(FaultCode.find("FENCE-999")).isEmpty();
    }

    private static TreeSet<NodeId> draw(Prng chance) {
        TreeSet<NodeId> set = new TreeSet<>();
        for (int count = chance.nextInt(12); count > 0; count--) {
            set.add(NodeId.of(1 + chance.nextInt(NodeId.LIMIT - 1)));
        }
        return set;
    }

    private static List<NodeId> walked(NodeSet set) {
        List<NodeId> nodes = new ArrayList<>();
        set.forEach(nodes::add);
        return nodes;
    }
}
