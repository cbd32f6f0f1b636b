package io.muster.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.cli.Main;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import io.muster.daemon.RuntimeFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo with real processes, as people start it. */
@Timeout(240)
class DemoTest {

    private static final int NODES = 3;
    private static final long END_LIMIT_S = 30;

    @TempDir
    Path place;

    private final List<Process> demos = new ArrayList<>();

    @AfterEach
    void endDemos() {
        demos.forEach(Process::destroyForcibly);
    }

    @Test
    @DisplayName("000-19 to 000-24 001-8 001-9 both scripts hold, side by side, and leave nothing behind")
    void bothScriptsHoldSideBySide() throws Exception {
        Process failover = demo("--script", "failover", "--json", "--dir", place.resolve("f").toString());
        Process hang = demo("--script", "hang", "--json", "--dir", place.resolve("h").toString());
        List<Map<String, Object>> ofHang = lines(hang);
        List<Map<String, Object>> ofFailover = lines(failover);

        assertHeld(failover, ofFailover, 2);
        assertHeld(hang, ofHang, 1);
        assertThat(ofFailover).filteredOn(line -> Json.text(line, "event").equals("round"))
                .extracting(line -> line.get("role")).containsExactly("follower", "leader");
        assertThat(ofHang).filteredOn(line -> Json.text(line, "event").equals("fence.evidence"))
                .allSatisfy(line -> assertThat(line).containsEntry("class", "process-ended"));
        assertThat(place).isEmptyDirectory();
        assertNothingRuns(pidsOf(ofFailover));
        assertNothingRuns(pidsOf(ofHang));
    }

    @Test
    @DisplayName("a recovery waits for a failing fence device, every survivor says so to the root, and a person frees it")
    void aStuckRecoveryIsFreedByAPerson() throws Exception {
        Process demo = demo("--script", "stuck", "--json", "--dir", place.resolve("s").toString());
        List<Map<String, Object>> lines = lines(demo);

        assertHeld(demo, lines, 1);
        List<String> told = lines.stream().map(line -> Json.text(line, "event")).toList();
        int acted = told.indexOf("ack");
        assertThat(told.subList(0, acted).stream().filter("why"::equals)).hasSize(NODES - 1);
        // The timeline of the round is printed at its end, by time: three tries failed before the evidence was agreed.
        List<String> round = lines.stream().filter(line -> Json.number(line, "round", 0) == 1)
                .map(line -> Json.text(line, "event")).toList();
        assertThat(round.subList(0, round.indexOf("fence.evidence")).stream().filter("fence.failed"::equals))
                .hasSizeGreaterThanOrEqualTo(3);
        assertThat(round.indexOf("node.dead")).isGreaterThan(round.indexOf("fence.evidence"));
        assertThat(lines).filteredOn(line -> Json.text(line, "event").equals("fence.evidence")).isNotEmpty()
                .allSatisfy(line -> assertThat(line).containsEntry("class", "acknowledged")
                        .containsEntry("proof", "acknowledged by demo: " + Stuck.REMARK));
        assertThat(place).isEmptyDirectory();
    }

    private static void assertHeld(Process demo, List<Map<String, Object>> lines, int rounds) throws InterruptedException {
        Map<String, Object> last = lines.getLast();
        assertThat(last).as("last line").containsEntry("event", "summary").containsEntry("ok", true);
        assertThat(demo.waitFor()).isEqualTo(ExitCode.FINE.number());
        assertThat(Json.objects(last, "rounds")).hasSize(rounds);
        for (String time : List.of("detect_ms", "fence_ms", "recover_ms", "total_ms")) {
            assertThat((Double) last.get(time)).as(time).isPositive();
        }
        for (int round = 1; round <= rounds; round++) {
            assertInOrder(lines, round);
        }
    }

    /** The order of the issue, read from the printed lines alone. */
    private static void assertInOrder(List<Map<String, Object>> lines, int round) {
        List<String> order = List.of("heartbeat.lost", "fence.intent", "fence.evidence", "view.installed", "node.dead",
                "LOCKS", "STRIPES", "JOURNALS", "RESUME", "group.recovered", "node.joined");
        List<String> told = lines.stream()
                .filter(line -> Json.number(line, "round", 0) == round)
                .map(line -> Json.text(line, "phase").isEmpty() ? Json.text(line, "event") : Json.text(line, "phase"))
                .toList();
        int before = -1;
        for (String step : order) {
            int at = told.indexOf(step);
            assertThat(at).as(step + " of round " + round).isGreaterThan(before);
            before = at;
        }
        assertThat(told.subList(0, told.indexOf("LOCKS")).stream().filter("node.dead"::equals)).hasSize(NODES - 1);
    }

    @Test
    @DisplayName("a demo that is killed leaves no process and no folder behind")
    void aKilledDemoLeavesNothing() throws Exception {
        Path folder = place.resolve("k");
        Process demo = demo("--json", "--dir", folder.toString());
        List<Long> pids = formed(demo, 1);
        assertThat(folder).isNotEmptyDirectory();
        String cluster = Json.text(Json.read(Files.readString(folder.resolve(DemoFolder.MARK))), "cluster");

        demo.destroyForcibly().waitFor();

        assertNothingRuns(pids);
        awaitGone(folder);
        try (Stream<Path> entries = Files.list(RuntimeFolder.open().path())) {
            assertThat(entries.filter(entry -> entry.getFileName().toString().startsWith(cluster))).isEmpty();
        }
    }

    @Test
    @DisplayName("a kept demo is started again where it was, in new lives, and SIGTERM ends it in order")
    void aKeptDemoGoesOn() throws Exception {
        Path folder = place.resolve("kept");
        Process first = demo("--json", "--keep", "--dir", folder.toString());
        List<Long> pids = formed(first, 1);
        first.destroy();
        assertThat(first.waitFor(END_LIMIT_S, TimeUnit.SECONDS)).isTrue();
        assertThat(first.exitValue()).isEqualTo(ExitCode.TERMINATED.number());
        assertNothingRuns(pids);

        Process second = demo("--json", "--dir", folder.toString());
        List<Long> again = formed(second, 2);
        second.destroy();
        assertThat(second.waitFor(END_LIMIT_S, TimeUnit.SECONDS)).isTrue();
        assertNothingRuns(again);
        assertThat(folder.resolve(DemoFolder.MARK)).exists();
    }

    @Test
    @DisplayName("a folder of something else is refused, and nothing in it is changed")
    void somethingElseIsRefused() throws Exception {
        Files.writeString(place.resolve("letter.txt"), "dear");
        Process demo = demo("--json", "--dir", place.toString());

        assertThat(lines(demo)).singleElement().satisfies(line -> assertThat(line).containsEntry("code", "DATA-2"));
        assertThat(demo.waitFor()).isEqualTo(ExitCode.DATA_FOLDER.number());
        assertThat(place).isDirectoryContaining("glob:**letter.txt");
        try (Stream<Path> entries = Files.list(place)) {
            assertThat(entries).hasSize(1);
        }
    }

    private Process demo(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), Main.class.getName(), "demo"));
        command.addAll(List.of(words));
        Process demo = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        demos.add(demo);
        return demo;
    }

    private static List<Map<String, Object>> lines(Process demo) throws IOException, Json.NotJson {
        List<Map<String, Object>> lines = new ArrayList<>();
        BufferedReader reader = demo.inputReader(StandardCharsets.UTF_8);
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            lines.add(Json.read(line));
        }
        return lines;
    }

    /** Reads until every node has installed a view of all in this life. @return the daemons' processes */
    private static List<Long> formed(Process demo, long life) throws IOException, Json.NotJson {
        List<Map<String, Object>> lines = new ArrayList<>();
        TreeSet<String> installed = new TreeSet<>();
        BufferedReader reader = demo.inputReader(StandardCharsets.UTF_8);
        while (installed.size() < NODES) {
            String line = reader.readLine();
            assertThat(line).as("the demo ended too early after %s", lines).isNotNull();
            Map<String, Object> event = Json.read(line);
            lines.add(event);
            List<String> members = List.of(Json.text(event, "members").split(" "));
            if (Json.text(event, "event").equals("view.installed")
                    && members.stream().filter(who -> who.endsWith("#" + life)).count() == NODES) {
                installed.add(Json.text(event, "node"));
            }
        }
        return pidsOf(lines);
    }

    private static List<Long> pidsOf(List<Map<String, Object>> lines) {
        List<Long> pids = lines.stream()
                .filter(line -> Json.text(line, "event").equals("node.started"))
                .map(line -> Json.number(line, "pid", 0))
                .toList();
        assertThat(pids).hasSizeGreaterThanOrEqualTo(NODES);
        return pids;
    }

    private static void assertNothingRuns(List<Long> pids) throws Exception {
        for (long pid : pids) {
            Optional<ProcessHandle> left = ProcessHandle.of(pid);
            if (left.isPresent()) {
                left.get().onExit().get(END_LIMIT_S, TimeUnit.SECONDS);
            }
        }
    }

    /** The janitor is a process of its own: it is waited for, not guessed. */
    private static void awaitGone(Path folder) throws Exception {
        List<ProcessHandle> janitors = ProcessHandle.allProcesses()
                .filter(each -> each.info().commandLine().orElse("").contains("muster-janitor " + folder))
                .toList();
        for (ProcessHandle janitor : janitors) {
            janitor.onExit().get(END_LIMIT_S, TimeUnit.SECONDS);
        }
        assertThat(folder).doesNotExist();
    }
}
