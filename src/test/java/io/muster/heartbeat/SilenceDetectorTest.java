package io.muster.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Prng;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SilenceDetectorTest {

    private record Arrival(int node, int link, long at) {}

    @Test
    void itSaysWhatAListOfAllArrivalsSays() {
        for (int seed = 0; seed < 300; seed++) {
            Prng chance = new Prng(seed);
            SilenceDetector fast = new SilenceDetector(8, 3, 100);
            List<Arrival> arrivals = new ArrayList<>();
            long freshAt = Long.MIN_VALUE;
            long now = chance.nextLong(1_000);
            for (int i = 0; i < 200; i++) {
                now += chance.nextLong(40);
                switch (chance.nextInt(12)) {
                    case 0 -> {
                        // Who was silent until now is silent; only who is still heard gets a fresh chance.
                        fast.expire(now);
                        drop(arrivals, freshAt, now);
                        fast.startAnew(now);
                        freshAt = now;
                    }
                    case 1 -> {
                        int node = 1 + chance.nextInt(7);
                        fast.forget(node);
                        arrivals.removeIf(arrival -> arrival.node == node);
                    }
                    default -> {
                        Arrival arrival = new Arrival(1 + chance.nextInt(7), chance.nextInt(3), now);
                        fast.arrived(arrival.node, arrival.link, now);
                        arrivals.add(arrival);
                    }
                }
                fast.expire(now);
                drop(arrivals, freshAt, now);
                for (int link = 0; link < 3; link++) {
                    assertThat(fast.heardOn(link)).as("seed %d step %d", seed, i).isEqualTo(bits(arrivals, link));
                }
                assertThat(fast.heard()).isEqualTo(bits(arrivals, 0) | bits(arrivals, 1) | bits(arrivals, 2));
            }
        }
    }

    @Test
    void nothingFallsSilentBeforeTheMomentItNames() {
        for (int seed = 0; seed < 300; seed++) {
            Prng chance = new Prng(seed);
            SilenceDetector detector = new SilenceDetector(8, 2, 100);
            long now = 0;
            for (int i = 0; i < 100; i++) {
                now += chance.nextLong(60);
                long before = detector.heardOn(0);
                boolean early = now < detector.checkAt();
                detector.expire(now);
                if (early) {
                    assertThat(detector.heardOn(0)).isEqualTo(before);
                }
                detector.arrived(1 + chance.nextInt(7), 0, now);
            }
        }
    }

    @Test
    void aPauseIsWhatComesLaterThanTheLimitAfterTheDeadline() {
        PauseDetector pauses = new PauseDetector(250);
        assertThat(pauses.awayNs(1_000, 900)).isZero();
        assertThat(pauses.awayNs(1_000, 1_250)).isZero();
        assertThat(pauses.awayNs(1_000, 1_251)).isEqualTo(251);
        assertThat(pauses.awayNs(Long.MAX_VALUE, 1_251)).isZero();
    }

    private static void drop(List<Arrival> arrivals, long freshAt, long now) {
        arrivals.removeIf(arrival -> now - Math.max(arrival.at, freshAt) >= 100
                && arrivals.stream().noneMatch(later -> later.node == arrival.node && later.link == arrival.link
                        && now - Math.max(later.at, freshAt) < 100));
    }

    private static long bits(List<Arrival> arrivals, int link) {
        long bits = 0;
        for (Arrival arrival : arrivals) {
            if (arrival.link == link) {
                bits |= 1L << arrival.node;
            }
        }
        return bits;
    }
}
