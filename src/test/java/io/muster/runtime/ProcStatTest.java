package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.HostProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ProcStatTest {

    private static final String TAIL =
            " S 1 4711 4711 0 -1 4194560 2 0 0 0 5 6 0 0 20 0 12 0 987654 1000 200 18446744073709551615 0 0";

    @Test
    @DisplayName("the start time is found behind any name, also one made of brackets, spaces and numbers")
    void anyNameIsRead() {
        for (String name : new String[] {"java", "", "a b", ") R 1 2 3 (", "((()", "x) Z 1 1 1 1 1"}) {
            assertThat(ProcStat.parse("4711 (" + name + ")" + TAIL))
                    .as(name).hasValue(new ProcStat(4711, 'S', 12, 987654));
        }
    }

    @Test
    @DisplayName("a line cut off before the start time is no answer, and neither is any other text")
    void aLineCutOffIsNoAnswer() {
        String whole = "4711 (java)" + TAIL;
        for (int length = 0; length < whole.indexOf("987654"); length++) {
            assertThat(ProcStat.parse(whole.substring(0, length))).as("%d characters", length).isEmpty();
        }
        assertThat(ProcStat.parse("x (java)" + TAIL)).isEmpty();
        assertThat(ProcStat.parse(")(")).isEmpty();
    }

    @Test
    @DisplayName("a zombie has ended, unless only its first thread is one and others go on")
    void aZombieHasEnded() {
        assertThat(new ProcStat(1, 'Z', 1, 1).ended()).isTrue();
        assertThat(new ProcStat(1, 'Z', 0, 1).ended()).isTrue();
        assertThat(new ProcStat(1, 'Z', 3, 1).ended()).isFalse();
        assertThat(new ProcStat(1, 'T', 1, 1).ended()).isFalse();
        assertThat(new ProcStat(1, 'D', 1, 1).ended()).isFalse();
    }

    @Test
    @DisplayName("this process tells its boot, pid namespace, number and start time")
    void thisProcessTellsItsFacts() throws Exception {
        HostProcess facts = OwnProcess.facts();
        assertThat(facts.pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(facts.bootId()).isEqualTo(Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip());
        assertThat(facts.pidNamespace()).matches("pid:\\[[0-9]+]");
        assertThat(facts.startTicks()).isPositive().isEqualTo(ProcStat.of(facts.pid()).orElseThrow().startTicks());
    }
}
