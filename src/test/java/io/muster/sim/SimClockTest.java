package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Prng;
import org.junit.jupiter.api.Test;

class SimClockTest {

    @Test
    void aFastClockShowsMoreThanTrueTimeByItsRate() {
        SimClock clock = new SimClock(1_000, 7_000_000, 500);

        assertThat(clock.at(1_000)).isEqualTo(7_000_000);
        assertThat(clock.at(1_000 + 1_000_000_000L)).isEqualTo(7_000_000 + 1_000_500_000L);
    }

    @Test
    void theTrueTimeOfALocalTimeIsTheFirstAtWhichTheClockShowsIt() {
        Prng chance = new Prng(7);
        for (int i = 0; i < 20_000; i++) {
            SimClock clock = new SimClock(
                    chance.nextLong(1L << 36), chance.nextLong(1L << 44), chance.between(-10_000, 10_000));
            long local = clock.shown() + chance.nextLong(1L << 40) - (1L << 30);
            long trueTime = clock.trueTimeOf(local);

            assertThat(clock.at(trueTime)).isGreaterThanOrEqualTo(local);
            assertThat(clock.at(trueTime - 1)).isLessThan(local);
        }
    }
}
