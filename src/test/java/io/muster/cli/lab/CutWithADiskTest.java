package io.muster.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real daemons, a real cut, a real image file: two nodes and a disk that votes. */
@Timeout(240)
class CutWithADiskTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"n1", "n2"})
    @DisplayName("003-22, 003-23, 003-24, 003-36: with the disk alive, the node whose cable is pulled goes, whichever id it has")
    void theOneThatIsCutOffGoes(String cut) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "not run: namespaces need root");
        Path script = Path.of(CutWithADiskTest.class.getResource("/lab/cut-with-a-disk.sh").toURI());
        List<String> command = new ArrayList<>(List.of("bash", script.toString(), folder.resolve("c1").toString(), cut,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
                "io.muster.cli.Main"));
        File said = folder.resolve("said").toFile();
        Process run = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said).start();
        try {
            assertThat(run.waitFor(200, TimeUnit.SECONDS)).isTrue();
        } finally {
            run.destroy();
        }
        String other = cut.equals("n1") ? "n2" : "n1";
        assertThat(Files.readString(said.toPath(), StandardCharsets.UTF_8))
                .contains("OUT " + cut, "GOES ON " + other);
    }
}
