package io.muster.node;

import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RehearsalTest {

    @Test
    @DisplayName("three nodes in memory form, lose follower and leader in turn, recover, and take them back")
    void theWalkEnds() {
        assertThatCode(() -> Rehearsal.run(6)).doesNotThrowAnyException();
    }
}
