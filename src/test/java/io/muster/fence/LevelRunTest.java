package io.muster.fence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.machine.FenceOperation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LevelRunTest {

    private static final Fencing FENCING = Fencing.flat(new TreeMap<>()).with(new TreeMap<>(Map.of(
            "psu-a", new FenceDevice("psu-a", false, true, true, false),
            "psu-b", new FenceDevice("psu-b", false, false, true, false))));

    @Test
    void oneDeviceIsSwitchedOffOnceForItsCallReadsItself() {
        LevelRun run = new LevelRun(FenceLevel.of("psu-a"), FENCING);
        assertThat(steps(run)).containsExactly(new LevelRun.Step("psu-a", FenceOperation.OFF));
        assertThat(run.evidence()).isEqualTo("power-off");
        assertThat(run.proof()).isEqualTo("ok");
    }

    @Test
    @DisplayName("F2: several devices go off one after the other, and each is looked at again after the last went off")
    void severalDevicesAreReadAgainAfterTheLastWentOff() {
        LevelRun run = new LevelRun(FenceLevel.of("psu-a", "psu-b"), FENCING);
        assertThat(steps(run)).containsExactly(
                new LevelRun.Step("psu-a", FenceOperation.OFF),
                new LevelRun.Step("psu-b", FenceOperation.OFF),
                new LevelRun.Step("psu-a", FenceOperation.READ),
                new LevelRun.Step("psu-b", FenceOperation.OFF)); // cannot be read: off again, and seen in that call
        assertThat(run.proof()).startsWith("psu-a still off: ok").contains("before: psu-a off: ok");
    }

    @Test
    @DisplayName("F3: a level proves no more than the weakest of its devices, and nothing when one says no class at all")
    void aLevelProvesWhatItsWeakestDeviceProves() {
        LevelRun run = new LevelRun(FenceLevel.of("psu-a", "psu-b"), FENCING);
        for (String label : List.of("power-off", "reservation-removed", "power-off", "storage-refused")) {
            run.succeeded(label, "ok");
        }
        assertThat(run.evidence()).isEqualTo("reservation-removed");

        LevelRun strange = new LevelRun(FenceLevel.of("psu-a", "psu-b"), FENCING);
        for (String label : List.of("power-off", "done", "power-off", "power-off")) {
            strange.succeeded(label, "ok");
        }
        assertThat(strange.evidence()).isEqualTo("done");
    }

    @Test
    void aLevelHasDifferentDevicesAndAPersonStandsAlone() {
        assertThatThrownBy(() -> FenceLevel.of()).hasMessageContaining("1 to 8 different ones");
        assertThatThrownBy(() -> FenceLevel.of("a", "a")).hasMessageContaining("1 to 8 different ones");
        assertThatThrownBy(() -> FenceLevel.of("psu-a", "manual")).hasMessageContaining("stands alone");
        assertThat(FencePlan.of(List.of(FenceLevel.of("a", "b"), FenceLevel.of("manual"))).runnable()).hasSize(1);
    }

    private static List<LevelRun.Step> steps(LevelRun run) {
        List<LevelRun.Step> steps = new ArrayList<>();
        for (Optional<LevelRun.Step> next = run.next(); next.isPresent(); next = run.next()) {
            steps.add(next.get());
            run.succeeded("power-off", "ok");
        }
        return steps;
    }
}
