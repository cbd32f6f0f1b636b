package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.FaultCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ExitCodeTest {

    @Test
    @DisplayName("no number is used twice, and only FINE is 0")
    void numbersAreDistinct() {
        assertThat(Arrays.stream(ExitCode.values()).map(ExitCode::number)).doesNotHaveDuplicates();
        assertThat(Arrays.stream(ExitCode.values()).filter(code -> code.number() == 0)).containsExactly(ExitCode.FINE);
    }

    @Test
    @DisplayName("no fault ends a process with 0")
    void noFaultIsFine() {
        assertThat(FaultCode.values()).allSatisfy(code -> assertThat(ExitCode.of(code)).isNotEqualTo(ExitCode.FINE));
    }

    @Test
    @DisplayName("docs/EXIT-CODES.md is this table, and the launcher's own codes are in it")
    void theDocumentIsThisTable() throws IOException {
        String document = Files.readString(Path.of("docs/EXIT-CODES.md"));
        for (ExitCode code : ExitCode.values()) {
            assertThat(document).contains("| %d | %s |".formatted(code.number(), code.meaning()));
        }
        String launcher = Files.readString(Path.of("muster"));
        assertThat(launcher).contains("exit_build_failed=" + ExitCode.BUILD_FAILED.number() + "\n")
                .contains("exit_missing=" + ExitCode.MISSING.number() + "\n");
    }
}
