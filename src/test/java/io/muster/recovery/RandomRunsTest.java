package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RandomRunsTest {

    private static final int SEEDS = Integer.getInteger("muster.recovery.seeds", 150);
    private static final long FROM = Long.getLong("muster.recovery.from", 1);

    @Test
    @DisplayName("001-18 001-26 001-27 000-19 to 000-24, F1 F2 F4 F7 F8 R1-R4 R9 R10: whatever fails meanwhile, "
            + "the order holds and everything is recovered")
    void theOrderHoldsAndEverythingIsRecovered() {
        SortedMap<String, Integer> counts = new TreeMap<>();
        for (long seed = FROM; seed < FROM + SEEDS; seed++) {
            RandomCluster cluster = new RandomCluster(seed);
            try {
                assertThat(cluster.run()).as("seed %d does not get well", seed).isEmpty();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed %d: %s%n%s".formatted(
                        seed, e.getMessage(), String.join("\n", cluster.trace)), e);
            }
            cluster.counts.forEach((what, count) -> counts.merge(what, count, Integer::sum));
        }
        if (SEEDS >= 100) {
            // Runs in which nothing happens prove nothing.
            assertThat(counts).containsKeys("crash", "cut", "election", "act", "evidence", "lie", "abandoned",
                    "withdrawn", "left", "late member", "never answers", "never abandons", "recovered", "waiting");
            assertThat(counts.get("recovered")).isGreaterThan(10 * SEEDS);
        }
    }
}
