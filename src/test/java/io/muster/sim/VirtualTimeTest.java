package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.BrokenInvariant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {

    private final VirtualTime time = new VirtualTime();
    private final List<String> seen = new ArrayList<>();

    @Test
    void thingsHappenInTheOrderOfTheirTimeAndThenOfTheirPlanning() {
        time.at(20, () -> seen.add("c"));
        time.at(10, () -> seen.add("a"));
        time.at(10, () -> seen.add("b"));

        while (time.step(100)) { /* until nothing is left */ }

        assertThat(seen).containsExactly("a", "b", "c");
    }

    @Test
    void nothingHappensBehindTheLimitAndTimeMovesToIt() {
        time.at(20, () -> seen.add("late"));

        assertThat(time.step(19)).isFalse();
        assertThat(time.now()).isEqualTo(19);
        assertThat(seen).isEmpty();
    }

    @Test
    void whatHappensMayPlanForTheSameMoment() {
        time.at(5, () -> time.after(0, () -> seen.add("at " + time.now())));

        while (time.step(5)) { /* until nothing is left */ }

        assertThat(seen).containsExactly("at 5");
    }

    @Test
    void nothingIsPlannedForThePast() {
        time.step(50);

        assertThatThrownBy(() -> time.at(49, () -> { /* never */ })).isInstanceOf(BrokenInvariant.class);
    }
}
