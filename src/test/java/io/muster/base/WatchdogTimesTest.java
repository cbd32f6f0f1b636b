package io.muster.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class WatchdogTimesTest {

    private static final long MS = TimeBudget.MS;
    private static final TimeBudget LAN = TimeBudget.lan();

    @Test
    @DisplayName("G6 H2 A5 each condition refuses what breaks it, with both numbers, and not the last that keeps it")
    void eachConditionRefuses() {
        assertThat(new WatchdogTimes(7 * MS).refusal(LAN)).get().asString().startsWith("watchdog-positive (rule G6)");
        assertThat(new WatchdogTimes(3_600_001 * MS).refusal(LAN)).get().asString().startsWith("watchdog-bounded (rule G6)");
        assertThat(new WatchdogTimes(999 * MS).refusal(LAN)).hasValue("watchdog-pauses (rule H2): 4 * pause <= watchdog_timeout"
                + " must hold, and 1000 ms is more than 999 ms: otherwise a node whose process or keeper was away for less than a"
                + " pause would be ended");
        assertThat(new WatchdogTimes(1_900 * MS).refusal(LAN)).get().asString().startsWith("watchdog-leader-loss (rule A5)");
        assertThat(new WatchdogTimes(2_000 * MS).refusal(LAN)).isEmpty();
        assertThat(new WatchdogTimes(3_600_000 * MS).refusal(LAN)).isEmpty();
    }

    @Test
    @DisplayName("A3: a contract's wait is the sum of all that may pass one after the other, longer by what clocks may differ")
    void theWaitOfAContract() {
        WatchdogContract contract = new WatchdogContract(2_000 * MS, 10_000 * MS, 5_000 * MS, 3_000 * MS, 1_000);
        assertThat(contract.waitNs()).isGreaterThanOrEqualTo(40_000 * MS / 1_000 * 1_002).isLessThan(40_081 * MS);
    }

    @Test
    @DisplayName("A3 A4 a contract that does not cover what this node's settings allow a victim is refused with both numbers")
    void aContractHasToCoverTheSettings() {
        long write = 5_000 * MS;
        long drain = 5_000 * MS;
        assertThat(new WatchdogContract(2_000 * MS, 2_000 * MS, write, drain, 1_000).refusal(LAN, write, drain)).isEmpty();
        assertThat(new WatchdogContract(1_999 * MS, 2_000 * MS, write, drain, 1_000).refusal(LAN, write, drain)).hasValue(
                "contract-lease (rule A3): lease <= contract's lease must hold, and 2000 ms is more than 1999 ms: otherwise the"
                        + " victim could act when the wait is over");
        assertThat(new WatchdogContract(2_000 * MS, 2_000 * MS, write - 1, drain, 1_000).refusal(LAN, write, drain)).get()
                .asString().startsWith("contract-write (rule A4)");
        assertThat(new WatchdogContract(2_000 * MS, 2_000 * MS, write, drain - 1, 1_000).refusal(LAN, write, drain)).get()
                .asString().startsWith("contract-drain (rule A3)");
        assertThat(new WatchdogContract(2_000 * MS, 3_000 * MS, write, drain, 1_000).refusal(LAN, write, drain)).get()
                .asString().startsWith("contract-in-try (rule A3)").contains("is more than 20000 ms");
    }

    @Test
    @DisplayName("A2: a contract over clocks better than those that are built, or without a time, cannot be written down")
    void whatCannotBeWrittenDown() {
        assertThatThrownBy(() -> new WatchdogContract(MS, MS, 0, 0, 999)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new WatchdogContract(MS, 0, 0, 0, 1_000)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new WatchdogContract(MS, Long.MAX_VALUE, 0, 0, 1_000))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
