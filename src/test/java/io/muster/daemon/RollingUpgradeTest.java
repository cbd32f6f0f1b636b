package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.VersionRange;
import io.muster.runtime.Certificates;
import io.muster.runtime.RuntimeConfig;
import io.muster.runtime.TestCluster;
import io.muster.runtime.TestTimes;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two builds in one cluster of real processes. */
@Timeout(180)
class RollingUpgradeTest {

    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(60);
    private static final List<String> NODES = List.of("n1", "n2", "n3");

    @TempDir
    Path place;

    private final Map<String, Process> daemons = new TreeMap<>();
    private final SortedMap<NodeId, RuntimeConfig.Address> addresses = new TreeMap<>();
    private Path folder;

    @AfterEach
    void close() throws InterruptedException {
        for (Process daemon : daemons.values()) {
            daemon.destroyForcibly().waitFor();
        }
    }

    @Test
    @DisplayName("old and new form a cluster at the old level; with the last old one gone it rises, and then old is refused")
    void twoBuildsInOneCluster() throws Exception {
        folder = place.resolve("c");
        SortedMap<NodeId, List<String>> fence = new TreeMap<>();
        for (String name : NODES) {
            addresses.put(NodeId.parse(name), new RuntimeConfig.Address(
                    TestCluster.freeEndpoint(), List.of(TestCluster.freeEndpoint())));
            fence.put(NodeId.parse(name), List.of("process"));
        }
        ClusterFounder.found(folder, addresses, fence, TestTimes.patient());
        Optional<Path> next = Optional.of(NextBuild.into(place.resolve("next")));

        start("n1", Optional.empty());
        start("n2", Optional.empty());
        start("n3", next);
        for (String name : NODES) {
            joins(name, "mixed");
        }
        replace("n1", next);
        joins("n1", "mixed-still");
        assertThat(NODES).allSatisfy(name -> assertThat(level(name)).isEqualTo(1));
        replace("n2", next);
        for (String name : NODES) {
            await(name, status -> Json.number(status, "feature", 0) == 2);
            joins(name, "all-new");
            assertThat(Files.readString(folder.resolve(name).resolve(EventLog.FILE))).contains("\"cluster.feature\"");
        }
        theOldBuildIsRefused();
    }

    /** By its own record, and by name by the others. */
    private void theOldBuildIsRefused() throws Exception {
        leaves("n1");
        Process old = start("n1", Optional.empty());
        assertThat(old.waitFor()).isEqualTo(ExitCode.DATA_FOLDER.number());
        assertThat(Files.readString(place.resolve("n1.log")))
                .contains(FaultCode.DATA_3.label(), "feature level 2, and this program speaks 1");
        RuntimeConfig.TlsFiles files = Certificates.files(folder.resolve("n1"), NodeId.of(1));
        String answer = TestCluster.answerTo(files, ConfigReader.read(folder.resolve("n1/muster.toml")).cluster(),
                Incarnation.of(1, 99), new VersionRange(1, 1), addresses.get(NodeId.of(2)).stream());
        assertThat(answer).contains("n1#99 speaks feature level 1 and the cluster has agreed on 2");
        await("n2", status -> Json.objects(status, "refused").stream().anyMatch(row ->
                Json.text(row, "peer").equals("n1") && Json.text(row, "why").contains("the cluster has agreed on 2")));
    }

    private void replace(String name, Optional<Path> build) throws Exception {
        leaves(name);
        start(name, build);
        await(name, status -> List.of("leader", "member").contains(Json.text(status, "role")));
    }

    private void leaves(String name) throws Exception {
        ask(name, Json.object("do", "leave"));
        assertThat(daemons.get(name).waitFor()).isEqualTo(ExitCode.FINE.number());
    }

    private Process start(String name, Optional<Path> build) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-Xmx128m",
                "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                build.map(classes -> classes + File.pathSeparator).orElse("") + System.getProperty("java.class.path"),
                Main.class.getName(), "--config", folder.resolve(name).resolve(DaemonConfig.FILE).toString(),
                "--die-with-parent", Long.toString(ProcessHandle.current().pid())));
        Process daemon = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(place.resolve(name + ".log").toFile()).start();
        daemons.put(name, daemon);
        return daemon;
    }

    private void joins(String name, String group) throws Exception {
        await(name, status -> List.of("leader", "member").contains(Json.text(status, "role")));
        ask(name, Json.object("do", "group.join", "group", group));
        await(name, status -> Json.objects(status, "groups").stream().anyMatch(each ->
                Json.text(each, "name").equals(group) && Json.text(each, "phase").equals("RUNNING")
                        && Json.texts(each, "members").stream().anyMatch(who -> who.startsWith(name + "#"))));
    }

    private long level(String name) throws Exception {
        return Json.number(await(name, _ -> true), "feature", 0);
    }

    private Map<String, Object> ask(String name, Map<String, Object> request) throws IOException {
        try (ControlClient client = ControlClient.connect(SocketPath.find(folder.resolve(name)))) {
            return client.ask(request, TimeUnit.NANOSECONDS.toMillis(LIMIT_NS));
        }
    }

    /** Also waits for the daemon to answer at all. */
    private Map<String, Object> await(String name, Predicate<Map<String, Object>> wanted) throws Exception {
        long until = System.nanoTime() + LIMIT_NS;
        String last = "";
        while (System.nanoTime() - until < 0) {
            try {
                Map<String, Object> status = Json.inner(ask(name, Json.object("do", "status")), "status");
                last = status.toString();
                if (wanted.test(status)) {
                    return status;
                }
            } catch (ClusterFault | IOException e) {
                last = e.toString();
            }
            assertThat(new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS)).isFalse();
        }
        throw new AssertionError("%s stays at %s%n%s".formatted(name, last, Files.readString(place.resolve(name + ".log"))));
    }
}
