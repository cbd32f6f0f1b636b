package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** A checker that never objects checks nothing: deliberate faults of the product have to be seen, each by its checker. */
class MutationsTest {

    private static final Path FOLDER = Path.of("mutations");

    private static String said = "";
    private static int exitCode;

    static Stream<String> mutations() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".patch"))
                    .map(name -> name.replace(".patch", "")).sorted().toList().stream();
        }
    }

    /** All at once: the script tries several at a time. */
    @BeforeAll
    static void tryAll() throws Exception {
        ProcessBuilder run = new ProcessBuilder(FOLDER.resolve("run").toString()).redirectErrorStream(true);
        run.environment().put("JAVA_HOME", System.getProperty("java.home"));
        run.environment().put("CLASSES", placeOf(Swarm.class));
        run.environment().put("JARS", placeOf(CommandLine.class) + File.pathSeparator + placeOf(JsonFactory.class));
        Process process = run.start();
        said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        exitCode = process.waitFor();
    }

    @ParameterizedTest
    @MethodSource("mutations")
    void theNamedCheckerSeesTheFault(String mutation) {
        assertThat(said.lines()).as(said).anyMatch(line -> line.startsWith("ok " + mutation + ": "));
    }

    @Test
    void theScriptSaysThatAllWereSeen() {
        assertThat(exitCode).as(said).isZero();
    }

    @Test
    void theFaultsThatMatterMostAreAmongThem() throws IOException {
        assertThat(mutations()).contains(
                "drop-a-barrier", "forget-a-promise", "harmless-told-once", "recover-before-evidence",
                "accept-an-old-generation");
    }

    private static String placeOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    }
}
