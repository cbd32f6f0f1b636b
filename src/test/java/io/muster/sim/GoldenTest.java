package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Golden scripts: prose, commands behind {@code >}, and indented below each what the nodes then say. They are carried
 * out, and what they show has to be what happens; {@code -Dgolden.rewrite=true} writes it anew, to be reviewed.
 */
class GoldenTest {

    private static final Path FOLDER = Path.of("src/test/resources/golden");
    private static final Path ESSAY = Path.of("src/main/java/io/muster/recovery/package-info.java");
    private static final Pattern STEP = Pattern.compile("<li>(?:(?!<li>).)*?\\{@code ([a-z]+\\.[a-z]+)}");

    static Stream<Path> scripts() throws IOException {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".txt")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void aScriptShowsWhatHappens(Path script) throws IOException {
        List<String> carriedOut = Script.carryOut(Files.readAllLines(script));
        if (Boolean.getBoolean("golden.rewrite")) {
            Files.write(script, carriedOut);
        }

        assertThat(carriedOut).isEqualTo(Files.readAllLines(script));
    }

    @Test
    void theEssayANodeDiesNamesTheEventsOfTheScriptInTheirOrder() throws IOException {
        List<String> named = new ArrayList<>();
        Matcher steps = STEP.matcher(Files.readString(ESSAY).replaceAll("\n *\\* ?", " "));
        while (steps.find()) {
            named.add(steps.group(1));
        }
        List<String> happened = Files.readAllLines(FOLDER.resolve("recovery/a-node-dies.txt")).stream()
                .filter(line -> line.startsWith("  ")).map(line -> line.strip().split(" ")[1]).toList();

        assertThat(named).as("numbered steps that name an event").hasSizeGreaterThanOrEqualTo(8);
        assertThat(happened).containsSubsequence(named);
    }
}
