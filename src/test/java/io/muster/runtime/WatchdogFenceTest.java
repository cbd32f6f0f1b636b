package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.base.WatchdogContract;
import io.muster.fence.FenceDevice;
import io.muster.fence.FenceMethod;
import io.muster.fence.FenceMethod.FenceFailed;
import io.muster.ledger.EvidenceClass;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WatchdogFenceTest {

    private static final Incarnation VICTIM = Incarnation.of(3, 7);
    private static final Map<String, String> CONTRACT = Map.of("watchdog", "hardware", "nodes", "n3 n4", "timeout_ms", "20",
            "lease_ms", "30", "write_ms", "40", "drain_ms", "50", "clock_error_ppm", "1000");

    @Test
    @DisplayName("A3 F3: the whole contract is waited out from the order on, and the evidence is only assumed, with its numbers")
    void theContractIsWaitedOut() throws Exception {
        WatchdogFence fence = prepared(CONTRACT);
        long begun = System.nanoTime();
        FenceMethod.Proof proof = fence.fence(order(VICTIM, 20 * TimeBudget.SECOND));
        assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo((30 + 3 * 20 + 40 + 50) * TimeBudget.MS);
        assertThat(proof.evidence()).isEqualTo(EvidenceClass.ASSUMED);
        assertThat(proof.text()).contains("n3#7")
                .contains("lease 30 + 3 * watchdog 20 + write 40 + drain 50 ms, clocks 1000 ppm");
    }

    @Test
    @DisplayName("a try for which there is less time than the contract takes is refused at once, and says what would do")
    void aShortTryIsRefused() throws Exception {
        WatchdogContract contract = WatchdogFence.contract(CONTRACT);
        assertThat(contract.waitNs()).isGreaterThanOrEqualTo(180 * TimeBudget.MS);
        assertThatThrownBy(() -> prepared(CONTRACT).fence(order(VICTIM, contract.waitNs())))
                .isInstanceOf(FenceFailed.class).hasMessageContaining("fence_limit_ms");
    }

    @Test
    @DisplayName("A4: a victim of whose watchdog nothing is written down is never assumed to have ended")
    void anUnknownVictimIsRefused() {
        assertThatThrownBy(() -> prepared(CONTRACT).fence(order(Incarnation.of(5, 1), 20 * TimeBudget.SECOND)))
                .isInstanceOf(FenceFailed.class).hasMessageContaining("nothing is written down about a watchdog of n5");
    }

    @ParameterizedTest
    @ValueSource(strings = {"softdog", "keeper", "process"})
    @DisplayName("A4: a watchdog that stands still with its machine makes no contract")
    void aSoftWatchdogIsRefused(String kind) {
        assertRefused("watchdog", kind, "rule A4");
    }

    @Test
    @DisplayName("a contract is written out whole: what is missing, wrong or strange is refused by name")
    void aContractIsWhole() {
        for (String key : CONTRACT.keySet()) {
            Map<String, String> less = new TreeMap<>(CONTRACT);
            less.remove(key);
            assertThatThrownBy(() -> prepared(less)).as(key).isInstanceOf(FenceFailed.class).hasMessageContaining(key);
        }
        assertRefused("timeout_ms", "-1", "timeout_ms");
        assertRefused("timeout_ms", "0", "cannot be");
        assertRefused("clock_error_ppm", "999", "1000 to 100000 ppm");
        assertRefused("nodes", "n3 n99", "nodes");
        assertRefused("speed", "3", "speed");
    }

    @Test
    @DisplayName("F5a: it does nothing to anybody, so a newer life of the node does not hold it back")
    void aNewerLifeDoesNotHoldItBack() throws Exception {
        assertThat(FenceDevice.of("dog", prepared(CONTRACT).abilities()))
                .isEqualTo(new FenceDevice("dog", true, false, false, false));
        assertThat(FenceMethods.load(Optional.empty())).containsKey(WatchdogFence.NAME);
    }

    private static void assertRefused(String key, String value, String why) {
        Map<String, String> settings = new TreeMap<>(CONTRACT);
        settings.put(key, value);
        assertThatThrownBy(() -> prepared(settings)).isInstanceOf(FenceFailed.class).hasMessageContaining(why);
    }

    private static WatchdogFence prepared(Map<String, String> settings) throws FenceFailed {
        WatchdogFence fence = new WatchdogFence();
        fence.prepare(settings);
        return fence;
    }

    private static FenceMethod.Order order(Incarnation victim, long timeLimitNs) {
        return new FenceMethod.Order(1, victim, HostProcess.UNKNOWN, timeLimitNs);
    }
}
