package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SameSeedTest {

    private static final String SEEDS = "6";

    @Test
    void theSameSeedLeavesTheSameTraceInTwoJvmsThatDifferInHashCodesAndCollector() throws Exception {
        Process one = start("-XX:+UnlockExperimentalVMOptions", "-XX:hashCode=2", "-Xmx256m", "-XX:+UseSerialGC");
        String first = output(one);
        Process other = start("-XX:+UnlockExperimentalVMOptions", "-XX:hashCode=5", "-Xmx600m",
                "-XX:+UseParallelGC", "-XX:TieredStopAtLevel=1");
        String second = output(other);

        assertThat(first).as("one line for each seed").hasLineCount(Integer.parseInt(SEEDS));
        assertThat(second).isEqualTo(first);
    }

    @Test
    void anotherSeedLeavesAnotherTrace() {
        assertThat(Swarm.run(1, OptionalInt.of(2), Optional.empty()).trace())
                .isNotEqualTo(Swarm.run(2, OptionalInt.of(2), Optional.empty()).trace());
    }

    private static Process start(String... flags) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        String classPath = placeOf(Swarm.class) + File.pathSeparator + placeOf(OneRun.class);
        command.addAll(List.of("-cp", classPath, OneRun.class.getName(), "1", SEEDS));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static Path placeOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private static String output(Process process) throws Exception {
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor()).isZero();
        return text;
    }
}
