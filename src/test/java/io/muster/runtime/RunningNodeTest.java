package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.RecordFile;
import io.muster.node.NodeConfig;
import io.muster.node.NodeEvent;
import io.muster.node.NodeInput;
import io.muster.node.NodeStatus;
import io.muster.node.Request;
import io.muster.quorum.Electorate;
import io.muster.recovery.Recorder;
import java.io.File;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole nodes with real disks and sockets, several in this one process. */
class RunningNodeTest {

    private static final int NODES = 3;

    @TempDir
    Path folder;

    private final List<Node> started = new ArrayList<>();
    private final SortedMap<String, RuntimeConfig.Disk> disks = new TreeMap<>();
    private TestCluster cluster;
    private Path device;

    @BeforeEach
    void found() throws Exception {
        cluster = new TestCluster(folder.resolve("keys"), NODES, 1);
        device = Files.writeString(folder.resolve("device"), "lies");
        SortedMap<NodeId, Long> recordIds = new TreeMap<>();
        NodeSet nodes = cluster.config().nodeSet();
        nodes.forEach(node -> recordIds.put(node, 1_000L + node.number()));
        ClusterState founded = ClusterState.founded(TestCluster.CLUSTER, Electorate.majorityOf(nodes), recordIds);
        for (NodeId node : nodes) {
            byte[] record = RecordFile.founding(AcceptorRecord.founding(recordIds.get(node), founded));
            DataFolder.found(data(node.number()), new FolderIdentity(
                    TestCluster.CLUSTER, node, recordIds.get(node), record.length, "2026-11-20T09:30:00Z"), record);
        }
    }

    @AfterEach
    void close() {
        started.forEach(node -> node.running().close());
    }

    @Test
    @DisplayName("three nodes form a cluster; one that ends without a word is fenced and put out, and comes back as a new life")
    void aNodeDiesAndComesBack() throws Exception {
        Node n1 = start(1);
        Node n2 = start(2);
        Node n3 = start(3);
        for (Node node : List.of(n1, n2, n3)) {
            node.await(status -> status.state().members().size() == NODES && status.actingForNs() > 0);
        }
        n3.running().close();
        for (Node node : List.of(n1, n2)) {
            node.awaitEvent("heartbeat.lost");
            node.await(status -> status.state().members().size() == NODES - 1 && status.state().safe());
        }
        Node again = start(3);
        assertThat(again.running().config().self()).isEqualTo(Incarnation.of(3, 2));
        for (Node node : List.of(n1, n2, again)) {
            node.await(status -> status.state().isMember(Incarnation.of(3, 2)));
        }
        assertThat(n1.endings()).isEmpty();
    }

    @Test
    @DisplayName("a node that leaves as planned ends with its word, its gate shut, and the others need not fence it")
    void aNodeLeavesAsPlanned() throws Exception {
        Node n1 = start(1);
        Node n2 = start(2);
        Node n3 = start(3);
        for (Node node : List.of(n1, n2, n3)) {
            node.await(status -> status.state().members().size() == NODES && status.actingForNs() > 0);
        }
        assertThat(n3.running().runtime().tell(new NodeInput.Asked(new Request.LeaveCluster()))).isTrue();
        assertThat(n3.endings().poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).startsWith("true ");
        assertThat(n3.running().gate().open(n3.running().clock().now())).isFalse();
        n1.await(status -> status.state().members().size() == NODES - 1 && status.state().safe());
        assertThat(n1.status().state().departures()).isEmpty();
    }

    @Test
    @DisplayName("what is in the way is found before the life is raised, and everything is closed again")
    void whatIsInTheWayIsFoundFirst() throws Exception {
        try (ServerSocket squatter = new ServerSocket(cluster.stream(1).port(), 1, InetAddress.getLoopbackAddress())) {
            assertThat(squatter.isBound()).isTrue();
            assertRefused(FaultCode.LINK_2, Map.of());
        }
        assertRefused(FaultCode.CONFIG_1, Map.of("ipmi", Map.of()));
        byte[] record = Files.readAllBytes(data(1).resolve("ledger"));
        Files.write(data(1).resolve("ledger"), new byte[record.length]);
        assertRefused(FaultCode.DATA_5, Map.of());
        Files.write(data(1).resolve("ledger"), Files.readAllBytes(data(2).resolve("ledger")));
        assertRefused(FaultCode.DATA_5, Map.of());
        Files.write(data(1).resolve("ledger"), record);
        assertThatThrownBy(() -> start(1, Map.of(), cluster.config().nodes().headMap(NodeId.of(NODES))))
                .isInstanceOf(ClusterFault.class)
                .hasMessageContaining("CONFIG-1").hasMessageContaining("the voters of its cluster are {n1 n2 n3}");
        assertThat(start(1).running().config().self()).isEqualTo(Incarnation.of(1, 1));
    }

    @Test
    @DisplayName("a daemon starts without Bouncy Castle, and each start of it is another life")
    void aDaemonStartsWithoutBouncyCastle() throws Exception {
        Path lone = folder.resolve("lone");
        int port = LoneNode.found(lone);
        String all = System.getProperty("java.class.path");
        String without = Arrays.stream(all.split(File.pathSeparator))
                .filter(entry -> !entry.contains("bouncycastle")).collect(Collectors.joining(File.pathSeparator));
        assertThat(without).isNotEqualTo(all);
        for (int life = 1; life <= 2; life++) {
            Process daemon = new ProcessBuilder(TestProcesses.java(), "-XX:+UseSerialGC",
                    "--enable-native-access=ALL-UNNAMED", "-cp", without, LoneNode.class.getName(), lone.toString(),
                    Integer.toString(port)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            assertThat(daemon.inputReader().readLine()).startsWith(LoneNode.ACTING + " n1#" + life);
            assertThat(daemon.waitFor()).isZero();
        }
    }

    private void assertRefused(FaultCode code, Map<String, Map<String, String>> methods) {
        assertThatThrownBy(() -> start(1, methods))
                .isInstanceOfSatisfying(ClusterFault.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    @DisplayName("a disk of another cluster ends the start; one that is not there does not, and is looked for")
    void disksAreOpenedAtTheStart() {
        Path image = folder.resolve("disk.img");
        disks.put("a", new RuntimeConfig.Disk(image, false, RuntimeConfig.Disk.TIME_LIMIT_NS));
        Node node = start(1);
        assertThat(node.running().disks().states().get("a").trouble()).hasValueSatisfying(
                why -> assertThat(why).contains("is not there"));
        node.running().close();
        DiskMaker.make(new DiskMaker.Wish(image, new ClusterId(9, 9), "", 48 << 20, false, false, 1));
        assertThatThrownBy(() -> start(1)).hasMessageContaining("disk a")
                .isInstanceOfSatisfying(ClusterFault.class, e -> assertThat(e.code()).isEqualTo(FaultCode.DISK_1));
        DiskMaker.make(new DiskMaker.Wish(image, TestCluster.CLUSTER, "", 0, true, false, 1));
        assertThat(start(1).running().disks().states().get("a").header()).isPresent();
    }

    private Path data(int node) {
        return folder.resolve("n" + node);
    }

    private Node start(int number) {
        return start(number, Map.of("scripted", Map.of("file", device.toString())));
    }

    private Node start(int number, Map<String, Map<String, String>> methods) {
        return start(number, methods, cluster.config().nodes());
    }

    private Node start(int number, Map<String, Map<String, String>> methods,
            SortedMap<NodeId, RuntimeConfig.Address> nodes) {
        NodeId self = NodeId.of(number);
        RuntimeConfig shared = cluster.config();
        RuntimeConfig machine = new RuntimeConfig(data(number), nodes,
                Certificates.files(cluster.keys(), self), shared.datagramKey(),
                new RuntimeConfig.Fencing(Optional.empty(), new TreeMap<>(methods)), disks);
        SortedMap<NodeId, List<String>> fenceMethods = new TreeMap<>();
        shared.nodes().keySet().forEach(node -> fenceMethods.put(node, List.of("scripted")));
        BlockingQueue<NodeEvent> events = new LinkedBlockingQueue<>();
        BlockingQueue<String> endings = new LinkedBlockingQueue<>();
        RunningNode running = RunningNode.start(machine, TestCluster.CLUSTER, self,
                (life, process) -> new NodeConfig(TestCluster.CLUSTER, new Incarnation(self, life), process,
                        shared.nodeSet(), 1, TimeBudget.lan(), fenceMethods),
                List.of(new Recorder()), events::add,
                (code, reason, planned) -> endings.add(planned + " " + code.label() + " " + reason));
        Node node = new Node(running, events, endings);
        started.add(node);
        return node;
    }

    private record Node(RunningNode running, BlockingQueue<NodeEvent> events, BlockingQueue<String> endings) {

        NodeStatus status() throws Exception {
            return running.runtime().look((node, now) -> node.status(now)).get(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
        }

        void await(Predicate<NodeStatus> wanted) throws Exception {
            long until = System.nanoTime() + Inbox.LIMIT_NS;
            NodeStatus status = status();
            while (!wanted.test(status)) {
                assertThat(System.nanoTime() - until)
                        .as("%s stays at %s after %s; %s", running.config().self(), status, events, endings)
                        .isNegative();
                assertThat(new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS)).isFalse();
                status = status();
            }
        }

        void awaitEvent(String name) throws InterruptedException {
            NodeEvent event = events.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
            while (event != null && !event.name().equals(name)) {
                event = events.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
            }
            assertThat(event).as(name).isNotNull();
        }
    }
}
