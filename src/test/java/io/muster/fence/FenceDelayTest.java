package io.muster.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FenceDelayTest {

    private static final long SECOND = TimeBudget.SECOND;

    @Test
    @DisplayName("on an even split the side with the higher priority shoots first, and the other waits the delay")
    void onAnEvenSplitTheMoreImportantSideShootsFirst() {
        Fencing fencing = fencing(plan(1, 0, 0), plan(9, 0, 0));
        assertThat(delay(fencing, nodes(2), nodes(1), 1, 0)).as("n2 shoots n1").isZero();
        assertThat(delay(fencing, nodes(1), nodes(2), 2, 0)).as("n1 shoots n2").isEqualTo(7 * SECOND);
    }

    @Test
    void equalPrioritiesAndMajoritiesWaitForNobody() {
        assertThat(delay(fencing(plan(5, 0, 0), plan(5, 0, 0)), nodes(1), nodes(2), 2, 0)).isZero();
        Fencing three = fencing(plan(1, 0, 0), plan(1, 0, 0), plan(9, 0, 0));
        assertThat(delay(three, nodes(1, 2), nodes(3), 3, 0)).as("two against one is no even split").isZero();
        assertThat(delay(three, nodes(1), nodes(2, 3), 3, 0)).isEqualTo(7 * SECOND);
    }

    @Test
    void theOwnDelayAndARandomPartOfItComeOnTopAndAreTheSameForTheSameSeed() {
        Fencing fencing = fencing(plan(0, 2 * SECOND, 3 * SECOND), plan(0, 0, 0));
        TreeSet<Long> drawn = new TreeSet<>();
        for (int seed = 0; seed < 200; seed++) {
            long delayNs = delay(fencing, nodes(2), nodes(1), 1, seed);
            assertThat(delayNs).isBetween(2 * SECOND, 5 * SECOND - 1);
            assertThat(delay(fencing, nodes(2), nodes(1), 1, seed)).isEqualTo(delayNs);
            drawn.add(delayNs);
        }
        assertThat(drawn.last() - drawn.first()).isGreaterThan(2 * SECOND);
    }

    private static long delay(
            Fencing fencing, SortedSet<NodeId> survivors, SortedSet<NodeId> victims, int victim, long seed) {
        return FenceDelay.beforeFirstTryNs(fencing, survivors, victims, NodeId.of(victim), new Prng(seed));
    }

    private static FencePlan plan(long priority, long delayNs, long randomNs) {
        return new FencePlan(List.of(FenceLevel.of("power")), delayNs, randomNs, priority, List.of(), false);
    }

    private static Fencing fencing(FencePlan... plans) {
        TreeMap<NodeId, FencePlan> byNode = new TreeMap<>();
        for (int i = 0; i < plans.length; i++) {
            byNode.put(NodeId.of(i + 1), plans[i]);
        }
        return new Fencing(byNode, new TreeMap<>(),
                new FenceLimits(FenceLimits.OFF, 1, 7 * SECOND, 0, 0, FenceLimits.weakest()));
    }

    private static SortedSet<NodeId> nodes(int... numbers) {
        TreeSet<NodeId> nodes = new TreeSet<>();
        for (int number : numbers) {
            nodes.add(NodeId.of(number));
        }
        return nodes;
    }
}
