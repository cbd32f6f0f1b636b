package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RedialPauseTest {

    private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final RedialPause pause = new RedialPause();

    @Test
    @DisplayName("a peer that was never reached is dialled at once, then with pauses that double from 1 to 500 ms")
    void pausesDouble() {
        assertThat(pausesMs(0, 12)).containsExactly(0L, 1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L, 500L, 500L);
    }

    @Test
    @DisplayName("after a stream that had settled the peer is dialled at once, and every 10 ms for a second")
    void afterALossPausesStayShort() {
        pause.missed(0);
        pause.lost(0, RedialPause.SETTLED_NS);
        assertThat(pausesMs(RedialPause.SETTLED_NS + MS, 8)).containsExactly(0L, 1L, 2L, 4L, 8L, 10L, 10L, 10L);
        long later = RedialPause.SETTLED_NS + RedialPause.FRESH_NS;
        assertThat(pausesMs(later, 8)).containsExactly(10L, 20L, 40L, 80L, 160L, 320L, 500L, 500L);
    }

    @Test
    @DisplayName("streams that end as soon as they open are no reason to dial at once")
    void streamsThatDoNotLastMakePausesLonger() {
        for (int i = 0; i < 10; i++) {
            pause.lost(i * MS, i * MS + RedialPause.SETTLED_NS - 1);
        }
        assertThat(pause.pauseNs()).isEqualTo(RedialPause.MAX_NS);
    }

    private List<Long> pausesMs(long now, int count) {
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pauses.add(pause.pauseNs() / MS);
            pause.missed(now);
        }
        return pauses;
    }
}
