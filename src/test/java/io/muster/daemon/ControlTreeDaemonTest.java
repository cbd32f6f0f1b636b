package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.fuse.FuseSession;
import io.muster.fuse.Shell;
import io.muster.runtime.RuntimeConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The control tree of a real daemon, a cluster of one node. */
@Timeout(120)
class ControlTreeDaemonTest {

    private static final long LIMIT_NS = 40_000_000_000L;

    @TempDir
    Path place;

    private Path data;
    private Path tree;

    @BeforeEach
    void found() throws IOException {
        int port;
        try (ServerSocketChannel free = ServerSocketChannel.open()) {
            free.bind(new InetSocketAddress("127.0.0.1", 0));
            port = ((InetSocketAddress) free.getLocalAddress()).getPort();
        }
        RuntimeConfig.Endpoint endpoint = new RuntimeConfig.Endpoint("127.0.0.1", port);
        SortedMap<NodeId, RuntimeConfig.Address> nodes = new TreeMap<>();
        nodes.put(NodeId.of(1), new RuntimeConfig.Address(endpoint, List.of(endpoint)));
        SortedMap<NodeId, List<String>> fence = new TreeMap<>();
        fence.put(NodeId.of(1), List.of("manual"));
        ClusterFounder.found(place.resolve("c1"), nodes, fence, TimeBudget.lan());
        data = place.resolve("c1/n1");
        tree = data.resolve("tree");
        Files.writeString(file(), "\n[control]\ntree = \"tree\"\n", StandardOpenOption.APPEND);
    }

    @AfterEach
    void nothingStaysMounted() {
        assertThat(FuseSession.isMountedAt(tree)).isFalse();
    }

    private Path file() {
        return data.resolve(DaemonConfig.FILE);
    }

    private Process daemon() throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
                "io.muster.daemon.Main", "--config", file().toString())
                .redirectErrorStream(true).redirectOutput(place.resolve("daemon.log").toFile()).start();
    }

    private String shell(String script) throws IOException, InterruptedException {
        return Shell.run(data, script).out();
    }

    private static void eventually(String what, Callable<Boolean> holds) throws Exception {
        long until = System.nanoTime() + LIMIT_NS;
        while (!holds.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(until);
        }
    }

    @Test
    @DisplayName("a daemon killed under its mount leaves no place lost: looks fail at once, the next start mounts again")
    void aDeadMountIsReplaced() throws Exception {
        FuseSession.obstacle().ifPresent(why -> Assumptions.abort("no FUSE here: " + why));
        Process first = daemon();
        Process second = null;
        try {
            eventually("a member", () -> shell("cat tree/nodes/n1/state").equals("member\n"));
            assertThat(shell("cat tree/nodes/n1/life tree/nodes/n1/num tree/heartbeat_mode")).isEqualTo("1\n1\ndisk\n");
            first.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
            assertThat(FuseSession.isMountedAt(tree)).isTrue();
            assertThat(shell("cat tree/heartbeat_mode")).contains("not connected");

            second = daemon();
            eventually("a member again", () -> shell("cat tree/nodes/n1/state").equals("member\n"));
            assertThat(shell("cat tree/nodes/n1/life")).isEqualTo("2\n");
            assertThat(shell("mount | grep -c '" + tree + "'")).isEqualTo("1\n");
            assertThat(Shell.run(data, "echo user > tree/heartbeat_mode").status()).isNotZero();
            assertThat(shell("cat tree/.last_error")).contains("user mode is not there yet");

            second.destroy();
            assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(FuseSession.isMountedAt(tree)).isFalse();
            assertThat(shell("ls -A tree")).isEmpty();
        } finally {
            first.destroyForcibly().waitFor();
            if (second != null) {
                second.destroyForcibly().waitFor();
            }
            if (FuseSession.isMountedAt(tree)) {
                Shell.run(data, "umount -l tree");
            }
        }
    }

    @Test
    @DisplayName("001-15 a tree that cannot be had costs a warning and an event; the node runs, and its log says why")
    void theNodeRunsWithoutATree() throws Exception {
        Files.writeString(tree, "in the way");
        try (Daemon daemon = Daemon.start(ConfigReader.read(file()), file(), System.nanoTime())) {
            assertThat(daemon).isNotNull();
            try (ControlClient client = ControlClient.connect(SocketPath.find(data))) {
                eventually("it leads", () -> Json.text(Json.inner(
                        client.ask(Json.object("do", "status"), 20_000), "status"), "role").equals("leader"));
            }
            eventually("told", () -> Files.readString(data.resolve(EventLog.FILE)).contains("\"tree.degraded\""));
        }
        assertThat(tree).hasContent("in the way");
        assertThat(Files.readString(data.resolve(EventLog.FILE))).contains("there is no control tree: TREE-1")
                .doesNotContain("tree.served");
    }
}
