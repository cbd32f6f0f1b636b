package io.muster;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.FaultCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a program can see of the tidiness of the source tree; the rest is for readers. */
class TidyTest {

    private static final Path MAIN = Path.of("src/main/java");
    private static final Path TEST = Path.of("src/test/java");
    private static final int LINE_LIMIT = 130;
    private static final int FILE_LIMIT_LINES = 500;
    private static final Pattern FINISH = Pattern.compile(
            "\\b[A-Z]\\w+ \\w*[fF]inish\\w*\\(|(void|boolean|record|class) \\w*[fF]inish");

    @Test
    @DisplayName("every package says what it knows and in which order to read it")
    void everyPackageIntroducesItself() throws IOException {
        List<Path> silent;
        try (Stream<Path> folders = Files.walk(MAIN.resolve("io/muster"))) {
            silent = folders.filter(Files::isDirectory)
                    .filter(folder -> !folder.equals(MAIN.resolve("io/muster")))
                    .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                    .toList();
        }
        assertThat(silent).isEmpty();
    }

    @Test
    @DisplayName("files are short, lines fit, nothing is left open")
    void filesAreTidy() throws IOException {
        List<String> findings = new ArrayList<>();
        // Said in two parts, or this file would find itself.
        List<String> openEnds = List.of(
                "TO" + "DO", "FIX" + "ME", "not " + "implemented", "new Unsupported" + "OperationException");
        for (Path file : sources()) {
            List<String> lines = Files.readAllLines(file);
            if (file.startsWith(MAIN) && lines.size() > FILE_LIMIT_LINES) {
                findings.add("%s has %d lines: a pure leaf wants out".formatted(file, lines.size()));
            }
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                if (line.length() > LINE_LIMIT) {
                    findings.add("%s:%d has %d columns".formatted(file, i + 1, line.length()));
                }
                if (line.matches("import .*\\*;")) {
                    findings.add("%s:%d imports a star".formatted(file, i + 1));
                }
                for (String openEnd : openEnds) {
                    if (line.contains(openEnd)) {
                        findings.add("%s:%d says %s".formatted(file, i + 1, openEnd));
                    }
                }
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    @DisplayName("tests do not sleep")
    void testsDoNotSleep() throws IOException {
        List<String> findings = new ArrayList<>();
        for (Path file : sources()) {
            if (file.startsWith(TEST) && Files.readString(file).contains("Thread." + "sleep(")) {
                findings.add(file.toString());
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    @DisplayName("001-8 no name of the protocol says finish")
    void nothingIsCalledFinish() throws IOException {
        List<String> findings = new ArrayList<>();
        for (Path file : sources()) {
            boolean protocol = file.startsWith(MAIN) && !file.toString().contains("/runtime/");
            if (protocol && FINISH.matcher(Files.readString(file)).find()) {
                findings.add(file.toString());
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    @DisplayName("every fault code says what happened and what to do, and is used")
    void faultCodesAreComplete() throws IOException {
        StringBuilder all = new StringBuilder();
        for (Path file : sources()) {
            if (file.startsWith(MAIN) && !file.endsWith("FaultCode.java")) {
                all.append(Files.readString(file));
            }
        }
        List<String> unused = new ArrayList<>();
        for (FaultCode code : FaultCode.values()) {
            if (all.indexOf(code.name()) < 0) {
                unused.add(code.label());
            }
            assertThat(code.meaning()).as(code.label()).endsWith(".");
            assertThat(code.remedy()).as(code.label()).endsWith(".");
        }
        assertThat(unused).as("codes that are in the catalogue and told nowhere").isEmpty();
    }

    private static List<Path> sources() throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path root : List.of(MAIN, TEST)) {
            try (Stream<Path> walk = Files.walk(root)) {
                walk.filter(file -> file.toString().endsWith(".java")).sorted().forEach(files::add);
            }
        }
        return files;
    }
}
