package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.runtime.RuntimeConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real daemon in this process: a cluster of one node. */
@Timeout(120)
class DaemonTest {

    private static final long ANSWER_LIMIT_MS = 20_000;

    @TempDir
    Path place;

    private Path data;

    @BeforeEach
    void found() throws IOException {
        data = found("c1");
    }

    private Path found(String name) throws IOException {
        RuntimeConfig.Endpoint endpoint = new RuntimeConfig.Endpoint("127.0.0.1", freePort());
        SortedMap<NodeId, RuntimeConfig.Address> nodes = new TreeMap<>();
        nodes.put(NodeId.of(1), new RuntimeConfig.Address(endpoint, List.of(endpoint)));
        SortedMap<NodeId, List<String>> fence = new TreeMap<>();
        fence.put(NodeId.of(1), List.of("manual"));
        ClusterFounder.found(place.resolve(name), nodes, fence, TimeBudget.lan());
        return place.resolve(name).resolve("n1");
    }

    @Test
    @DisplayName("a daemon becomes a member, joins a group, leaves as planned and ends with 0; its log tells it")
    void aWholeLife() throws Exception {
        try (Daemon daemon = start(data)) {
            try (ControlClient client = ControlClient.connect(SocketPath.find(data))) {
                awaitRole(client);
                client.ask(Json.object("do", "group.join", "group", "alpha"), ANSWER_LIMIT_MS);
                client.ask(Json.object("do", "leave"), ANSWER_LIMIT_MS);
            }
            assertThat(daemon.awaitEnd()).isEqualTo(ExitCode.FINE);
        }
        List<Map<String, Object>> told = events(data);
        assertThat(told).extracting(line -> line.get("event")).contains("node.started", "leader.elected", "view.installed");
        assertThat(told.getLast()).containsEntry("event", "node.stopped").containsEntry("planned", true);
        assertThat(data.resolve(SocketPath.FILE)).doesNotExist();
    }

    @Test
    @DisplayName("each start is a new life of the node")
    void eachStartIsANewLife() throws Exception {
        for (long life = 1; life <= 3; life++) {
            try (Daemon daemon = start(data); ControlClient client = ControlClient.connect(SocketPath.find(data))) {
                assertThat(daemon).isNotNull();
                assertThat(Json.number(awaitRole(client), "life", 0)).isEqualTo(life);
            }
        }
    }

    @Test
    @DisplayName("a second daemon on a data folder is refused, and the first one does not notice")
    void aSecondDaemonIsRefused() throws Exception {
        try (Daemon first = start(data)) {
            assertFault(FaultCode.DATA_1);
            try (ControlClient client = ControlClient.connect(SocketPath.find(data))) {
                assertThat(awaitRole(client)).containsEntry("life", 1L);
            }
            assertThat(first).isNotNull();
        }
        assertThat(events(data)).extracting(line -> line.get("life")).containsOnly(1L);
    }

    @Test
    @DisplayName("a data folder of another cluster is refused before anything is written")
    void aFolderOfAnotherClusterIsRefused() throws Exception {
        Path other = found("c2");
        Files.copy(other.resolve("identity"), data.resolve("identity"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        byte[] life = Files.readAllBytes(data.resolve("life"));

        assertFault(FaultCode.DATA_2);
        assertThat(Files.readAllBytes(data.resolve("life"))).isEqualTo(life);
        assertThat(data.resolve(EventLog.FILE)).doesNotExist();
    }

    @Test
    @DisplayName("an address that is taken is refused with LINK-2, and no life is spent on it")
    void aTakenAddressIsRefused() throws Exception {
        byte[] life = Files.readAllBytes(data.resolve("life"));
        RuntimeConfig machine = ConfigReader.read(data.resolve(DaemonConfig.FILE)).machine();
        RuntimeConfig.Endpoint own = machine.nodes().get(NodeId.of(1)).stream();
        try (ServerSocketChannel thief = ServerSocketChannel.open()) {
            thief.bind(new InetSocketAddress(own.host(), own.port()));
            assertFault(FaultCode.LINK_2);
        }
        assertThat(Files.readAllBytes(data.resolve("life"))).isEqualTo(life);
    }

    @Test
    @DisplayName("the options of muster node are read strictly")
    void optionsAreReadStrictly() {
        assertThat(DaemonOptions.parse(List.of("--config=x.toml", "--die-with-parent", "77")).parent()).hasValue(77);
        for (List<String> words : List.of(List.<String>of(), List.of("--config"), List.of("--config", "x", "y"),
                List.of("--config", "x", "--die-with-parent", "me"))) {
            assertThatThrownBy(() -> DaemonOptions.parse(words)).as("%s", words)
                    .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(FaultCode.CLI_1));
        }
    }

    private static Daemon start(Path data) {
        return Daemon.start(ConfigReader.read(data.resolve(DaemonConfig.FILE)), System.nanoTime());
    }

    private void assertFault(FaultCode code) {
        assertThatThrownBy(() -> start(data).close())
                .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(code))
                .hasMessageNotContaining("\n");
    }

    /** The status as soon as the node is in. */
    private static Map<String, Object> awaitRole(ControlClient client) {
        Map<String, Object> status = Map.of();
        while (!List.of("leader", "member").contains(Json.text(status, "role"))) {
            status = Json.inner(client.ask(Json.object("do", "status"), ANSWER_LIMIT_MS), "status");
        }
        return status;
    }

    private static List<Map<String, Object>> events(Path data) throws IOException, Json.NotJson {
        List<Map<String, Object>> events = new java.util.ArrayList<>();
        for (String line : Files.readAllLines(data.resolve(EventLog.FILE))) {
            events.add(Json.read(line));
        }
        return events;
    }

    private static int freePort() throws IOException {
        try (ServerSocketChannel any = ServerSocketChannel.open()) {
            any.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
            return ((InetSocketAddress) any.getLocalAddress()).getPort();
        }
    }
}
