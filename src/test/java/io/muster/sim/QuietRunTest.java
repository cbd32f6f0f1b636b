package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.TimeBudget;
import org.junit.jupiter.api.Test;

class QuietRunTest {

    @Test
    void aQuietMinuteAgreesOnNothingAndCostsTheSameEachTime() {
        QuietRun.Result one = QuietRun.run(1, 5, 60 * TimeBudget.SECOND);
        QuietRun.Result other = QuietRun.run(1, 5, 60 * TimeBudget.SECOND);

        assertThat(one).isEqualTo(other);
        assertThat(one.quiet().versions()).isZero();
        // 20 pulses a second from each of five nodes to four others are what there is at least.
        assertThat(one.quiet().frames()).isGreaterThan(60 * 20 * 5 * 4);
    }

    @Test
    void whatAQuietClusterSendsGrowsWithThePairs() {
        long four = QuietRun.run(1, 4, 10 * TimeBudget.SECOND).quiet().frames();
        long eight = QuietRun.run(1, 8, 10 * TimeBudget.SECOND).quiet().frames();

        assertThat((double) eight / four).isBetween(8.0 * 7 / (4 * 3) * 0.8, 8.0 * 7 / (4 * 3) * 1.05);
    }
}
