package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything together: whatever happens to a cluster, no promise is broken, and once healed it recovers. */
class SeedsTest {

    private static final long FIRST = 20_000;
    private static final int COUNT = 200;

    /** As {@code 4711 3: why it failed once}; the number of nodes may be left out. */
    record KnownSeed(long seed, OptionalInt nodes, String reason) {

        static KnownSeed parse(String line) {
            String[] parts = line.split(":", 2);
            String[] numbers = parts[0].strip().split(" +");
            return new KnownSeed(Long.parseLong(numbers[0]),
                    numbers.length > 1 ? OptionalInt.of(Integer.parseInt(numbers[1])) : OptionalInt.empty(),
                    parts[1].strip());
        }
    }

    static Stream<KnownSeed> knownSeeds() throws IOException {
        try (InputStream file = SeedsTest.class.getResourceAsStream("/seeds.txt")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(KnownSeed::parse).toList().stream();
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("knownSeeds")
    void aSeedThatFailedOncePasses(KnownSeed known) {
        RunReport report = Swarm.run(known.seed(), known.nodes(), Optional.empty());

        assertThat(report.passed()).as(report.line()).isTrue();
    }

    @Test
    void twoHundredSeedsPassAndEnoughHappensInThem() {
        List<RunReport> reports = new ArrayList<>();
        LongStream.range(FIRST, FIRST + COUNT).forEach(
                seed -> reports.add(Swarm.run(seed, OptionalInt.empty(), Optional.empty())));

        assertThat(reports.stream().filter(report -> !report.passed()).map(RunReport::line)).isEmpty();
        assertThat(reports.stream().mapToLong(RunReport::deaths).sum()).isGreaterThan(2L * COUNT);
        assertThat(reports.stream().mapToLong(RunReport::fences).sum()).isGreaterThan(COUNT);
        assertThat(reports.stream().mapToLong(RunReport::recoveries).sum()).isGreaterThan(COUNT);
        TreeMap<String, Long> checks = new TreeMap<>();
        reports.forEach(report -> report.checks().forEach((promise, made) -> checks.merge(promise, made, Long::sum)));
        assertThat(checks).as("a checker that is never asked passes everything").doesNotContainValue(0L);
        assertThat(checks).containsKeys("OneReplayer", "EveryWaitNamed", "LeavesAndJoinsInOrder", "LeaseTruth");
    }

    @Test
    @DisplayName("A2: where clocks differ by more than rho the lease is not kept, and the checker sees it")
    void clocksBeyondTheBoundAreSeenByTheCheckerOfTheLease() {
        RunReport report = Swarm.run(1, OptionalInt.empty(), true, Optional.empty());

        assertThat(report.outcome()).isEqualTo(Outcome.INVARIANT);
        assertThat(report.checker()).isEqualTo("LeaseTruth");
    }
}
