package io.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.daemon.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real launcher in a tree of its own, with a JDK and a Maven that only say what they were asked. */
@Timeout(120)
class LauncherTest {

    @TempDir
    Path place;

    private Path tree;
    private Path jvms;
    private Path tools;

    /** How a run ended. */
    private record Run(int code, String out, String err) {}

    @BeforeEach
    void plantTree() throws IOException {
        tree = Files.createDirectories(place.resolve("a tree with spaces"));
        jvms = Files.createDirectories(place.resolve("jvms"));
        tools = Files.createDirectories(place.resolve("tools"));
        Files.copy(Path.of("muster"), tree.resolve("muster"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.createDirectories(tree.resolve("src/main"));
        Files.writeString(tree.resolve("src/main/A.java"), "");
        Files.writeString(tree.resolve("pom.xml"), "");
        for (String tool : List.of("readlink", "dirname", "find", "head", "mkdir", "cat", "cp", "mv", "rm", "flock",
                "sleep")) {
            bring(tool);
        }
    }

    @Test
    @DisplayName("without a Java 25 it says in one sentence what to install, and ends with 69")
    void noJava() throws Exception {
        jdk("old", "17.0.15");
        Run run = muster("--version");

        assertThat(run.code()).isEqualTo(ExitCode.MISSING.number());
        assertThat(run.err()).startsWith("muster: needs a JDK of version 25 or newer and found none: install one")
                .contains(jvms.toString());
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.out()).isEmpty();
    }

    @Test
    @DisplayName("without Maven, when it has to build, it says so in one sentence and ends with 69")
    void noMaven() throws Exception {
        jdk("new", "25.0.3");
        Run run = muster("--version");

        assertThat(run.code()).isEqualTo(ExitCode.MISSING.number());
        assertThat(run.err()).contains("found no Maven: install it");
        assertThat(run.err().lines()).hasSize(1);
    }

    @Test
    @DisplayName("it passes over older ones, on the path or named, and takes the first Java that is new enough")
    void theNewEnoughIsTaken() throws Exception {
        maven(0);
        Path old = jdk("a-old", "17.0.15");
        jdk("b-new", "25.0.3");
        Run run = muster(Map.of("JAVA_HOME", old.toString()), List.of("status", "--node", "two words"));

        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("b-new ").contains("io.muster.cli.Main", "[status] [--node] [two words]");
        String named = jdk("c-newer", "26").toString();
        assertThat(muster(Map.of("MUSTER_JAVA_HOME", named), List.of("why")).out()).startsWith("c-newer ");
    }

    @Test
    @DisplayName("it builds once, again only when a source is newer, and hands Maven its arguments and the JDK")
    void itBuildsWhatIsOlder() throws Exception {
        maven(0);
        Path home = jdk("new", "25.0.3");
        muster(Map.of("MAVEN_ARGS", "-Dmaven.repo.local=/some/repo -o"), List.of("why"));
        assertThat(builds()).singleElement().asString()
                .contains("-Dmaven.repo.local=/some/repo -o", "package", "JAVA_HOME=" + home);
        muster("why");
        assertThat(builds()).hasSize(1);

        Files.setLastModifiedTime(tree.resolve("src/main/A.java"), FileTime.from(Instant.now().plusSeconds(5)));
        muster("why");
        assertThat(builds()).hasSize(2);
    }

    @Test
    @DisplayName("two at the same time build once")
    void twoBuildOnce() throws Exception {
        maven(0);
        jdk("new", "25.0.3");
        List<Process> both = List.of(start(Map.of(), List.of("why")), start(Map.of(), List.of("why")));
        for (Process each : both) {
            assertThat(finished(each).code()).isZero();
        }
        assertThat(builds()).hasSize(1);
    }

    @Test
    @DisplayName("a build that fails shows Maven's words and ends with 9; one that works is silent on the output")
    void aFailedBuildIsShown() throws Exception {
        maven(1);
        jdk("new", "25.0.3");
        Run run = muster("why");

        assertThat(run.code()).isEqualTo(ExitCode.BUILD_FAILED.number());
        assertThat(run.err()).contains("maven was here").contains("could not be built");
        assertThat(run.out()).isEmpty();
    }

    @Test
    @DisplayName("test goes to Maven, with further words, and ends as Maven does")
    void testGoesToMaven() throws Exception {
        maven(1);
        jdk("new", "25.0.3");
        Run run = muster(Map.of("MAVEN_ARGS", "-o"), List.of("test", "-Dtest=Some Test"));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("maven was here");
        assertThat(builds()).singleElement().asString().contains(" -o test -Dtest=Some Test");
    }

    @Test
    @DisplayName("it works through a link and from any folder, and starts a daemon without the command line library")
    void itWorksFromAnywhere() throws Exception {
        maven(0);
        jdk("new", "25.0.3");
        Path link = Files.createSymbolicLink(place.resolve("link"), tree.resolve("muster"));
        ProcessBuilder elsewhere = process(Map.of(), List.of(link.toString(), "node", "--config", "x"));
        Run run = finished(elsewhere.directory(jvms.toFile()).start());

        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("io.muster.daemon.Main [--config] [x]");
    }

    private Run muster(String... words) throws Exception {
        return muster(Map.of(), List.of(words));
    }

    private Run muster(Map<String, String> environment, List<String> words) throws Exception {
        return finished(start(environment, words));
    }

    private Process start(Map<String, String> environment, List<String> words) throws IOException {
        List<String> command = new ArrayList<>(List.of(tree.resolve("muster").toString()));
        command.addAll(words);
        return process(environment, command).start();
    }

    /** With nothing of this machine's own: tools, JDKs and home are the test's. */
    private ProcessBuilder process(Map<String, String> environment, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(Map.of(
                "PATH", tools.toString(), "HOME", place.toString(), "MUSTER_JVM_FOLDERS", jvms.toString()));
        builder.environment().putAll(environment);
        return builder;
    }

    private static Run finished(Process process) throws IOException, InterruptedException {
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), out, err);
    }

    /** A JDK whose java says who it is, which class it was to run and with which words. */
    private Path jdk(String name, String version) throws IOException {
        Path home = Files.createDirectories(jvms.resolve(name));
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"%s\"\n".formatted(version));
        script(home.resolve("bin/javac"), "exit 0\n");
        script(home.resolve("bin/java"), """
                while [ $# -gt 0 ]; do
                    case $1 in
                        io.muster.*) break ;;
                    esac
                    shift
                done
                printf '%s %s' NAME "$1"
                shift
                for word in "$@"; do printf ' [%s]' "$word"; done
                """.replace("NAME", name));
        return home;
    }

    /** A Maven that takes a moment, notes how it was called, and makes a jar when it is to work. */
    private void maven(int code) throws IOException {
        script(tools.resolve("mvn"), """
                echo "$* JAVA_HOME=$JAVA_HOME" >> '%s'
                echo maven was here
                sleep 0.3
                [ %d = 0 ] && mkdir -p '%s/target' && echo jar > '%s/target/muster.jar'
                exit %d
                """.formatted(place.resolve("builds"), code, tree, tree, code));
    }

    private List<String> builds() throws IOException {
        return Files.readAllLines(place.resolve("builds"));
    }

    /** One of the machine's own tools, and no other comes along with it. */
    private void bring(String tool) throws IOException {
        for (String folder : List.of("/usr/bin", "/bin")) {
            Path found = Path.of(folder, tool);
            if (Files.isExecutable(found)) {
                script(tools.resolve(tool), "exec %s \"$@\"\n".formatted(found));
                return;
            }
        }
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
