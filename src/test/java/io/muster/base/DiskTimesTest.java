package io.muster.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class DiskTimesTest {

    private static final long MS = TimeBudget.MS;
    private static final TimeBudget LAN = TimeBudget.lan();

    @Test
    @DisplayName("the shipped times of a disk go with the shipped times of a node, and a death is known in less than 5 s")
    void theShippedTimesHold() {
        DiskTimes shipped = DiskTimes.shipped();
        assertThat(shipped.refusal(LAN)).isEmpty();
        assertThat(shipped.silenceNs() + 2 * shipped.beatNs()).isLessThan(5 * TimeBudget.SECOND);
    }

    @Test
    @DisplayName("B2 B3 each condition refuses the first set that breaks it, with both numbers, and not the last that keeps it")
    void eachConditionRefuses() {
        assertThat(new DiskTimes(0, 500 * MS, 1_800 * MS, 3_000 * MS).refusal(LAN)).get().asString()
                .startsWith("disk-all-positive");
        assertThat(new DiskTimes(250 * MS, 500 * MS, 1_800 * MS, 4_000 * 1_000 * MS).refusal(LAN)).get().asString()
                .startsWith("disk-bounded");
        assertThat(new DiskTimes(250 * MS, 500 * MS, 1_750 * MS, 3_000 * MS).refusal(LAN)).isEmpty();
        assertThat(new DiskTimes(250 * MS, 500 * MS, 1_749 * MS, 3_000 * MS).refusal(LAN)).hasValue(
                "disk-requests-in-late (rule B3): disk_beat + 3 * disk_limit <= disk_late must hold, and "
                        + "1750 ms is more than 1749 ms: otherwise a disk that answers each request "
                        + "within its limit would be called out of reach");
        assertThat(new DiskTimes(20 * MS, 20 * MS, 289 * MS, 3_000 * MS).refusal(LAN)).get().asString()
                .startsWith("disk-pause-in-late (rule H2)");
        assertThat(new DiskTimes(250 * MS, 500 * MS, 1_800 * MS, 2_552 * MS + MS).refusal(LAN)).isEmpty();
        assertThat(new DiskTimes(250 * MS, 500 * MS, 1_800 * MS, 2_552 * MS).refusal(LAN)).get().asString()
                .startsWith("disk-late-in-silence (rule B2)");
    }
}
