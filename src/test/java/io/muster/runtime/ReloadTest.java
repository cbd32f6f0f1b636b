package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.node.NodeInput;
import io.muster.node.Request;
import io.muster.runtime.RunningCluster.Node;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Configurations that change under real nodes (001-1). */
@Timeout(120)
class ReloadTest {

    private static final int PORT = 7;
    private static final NodeId N3 = NodeId.of(3);
    private static final NodeId N4 = NodeId.of(4);

    @TempDir
    Path folder;

    private RunningCluster cluster;

    @BeforeEach
    void found() {
        cluster = new RunningCluster(folder, 3, 1);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    @DisplayName("a fourth node is let into a running cluster, speaks with all, leaves, and is taken out again")
    void aFourthNodeComesAndGoes() throws Exception {
        List<Node> nodes = new ArrayList<>(cluster.startAll(1, 2, 3));
        cluster.addNode(4);
        RuntimeConfig.Endpoint there = TestCluster.freeEndpoint();
        cluster.seenBy(4).putAll(cluster.seenBy(1));
        for (int number = 1; number <= 4; number++) {
            cluster.seenBy(number).put(N4, new RuntimeConfig.Address(there, List.of(there)));
        }
        nodes.forEach(cluster::reload);
        Node n4 = cluster.start(4);
        nodes.add(n4);
        for (Node node : nodes) {
            node.await(status -> status.state().isMember(Incarnation.of(4, 1)) && status.actingForNs() > 0);
        }
        assertThat(n4.status().state().electorate().acceptors().contains(N4)).as("it has no vote").isFalse();
        PortListeners.Listener heard = nodes.getFirst().running().ports().listen(PORT);
        assertThat(n4.send(1, PORT, "I am new")).isEmpty();
        assertThat(RunningCluster.take(heard, 1)).containsExactly("n4#1 I am new");

        cluster.seenBy(1).remove(N4);
        assertRefused(nodes.getFirst(), FaultCode.CONFIG_4, "n4 is a member");
        assertThat(n4.running().runtime().tell(new NodeInput.Asked(new Request.LeaveCluster()))).isTrue();
        assertThat(n4.endings().poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).startsWith("true ");
        for (Node node : nodes.subList(0, 3)) {
            cluster.seenBy(node.number()).remove(N4);
            node.await(status -> status.state().members().size() == 3);
            cluster.reload(node);
            assertThat(node.status().peers()).extracting(peer -> peer.node()).doesNotContain(N4);
            assertThat(node.endings()).isEmpty();
        }
    }

    @Test
    @DisplayName("a node moves to another port in the middle of a conversation: no view changes, no word is lost or doubled")
    void aNodeMovesToAnotherPort() throws Exception {
        List<Node> nodes = cluster.startAll(1, 2, 3);
        Node n1 = nodes.get(0);
        Node n3 = nodes.get(2);
        long view = n1.status().state().view().version();
        PortListeners.Listener heard = n3.running().ports().listen(PORT);
        for (int i = 0; i < 20; i++) {
            assertThat(n1.send(3, PORT, "word " + i)).isEmpty();
        }
        live(n1, 2 * ReplayGuard.WINDOW * TimeBudget.lan().pulseNs());
        RuntimeConfig.Endpoint next = TestCluster.freeEndpoint();
        nodes.forEach(node -> cluster.seenBy(node.number()).put(N3, new RuntimeConfig.Address(next, List.of(next))));
        cluster.reload(n3);
        for (int i = 20; i < 40; i++) {
            assertThat(n1.send(3, PORT, "word " + i)).isEmpty();
        }
        cluster.reload(nodes.get(1));
        cluster.reload(n1);
        for (int i = 40; i < 60; i++) {
            assertThat(n1.send(3, PORT, "word " + i)).isEmpty();
        }
        assertThat(RunningCluster.take(heard, 60))
                .isEqualTo(IntStream.range(0, 60).mapToObj(i -> "n1#1 word " + i).toList());
        // Its pulses come from the new port with the numbers that follow: from the first one they would be dropped as replayed.
        live(n1, 2 * TimeBudget.lan().silenceNs());
        for (Node node : nodes) {
            assertThat(node.running().counters().count(Counters.Kind.DATAGRAM_REPLAYED)).isZero();
        }
        assertUndisturbed(nodes, view);
    }

    @Test
    @DisplayName("an address that is dead is replaced within the silence limit: the stream comes back and no view changes")
    void aDeadAddressIsReplaced() throws Exception {
        Relay old1 = cluster.relay(1, 3, 0);
        Relay old2 = cluster.relay(2, 3, 0);
        List<Node> nodes = cluster.startAll(1, 2, 3);
        Node n1 = nodes.get(0);
        long view = n1.status().state().view().version();
        PortListeners.Listener heard = nodes.get(2).running().ports().listen(PORT);
        n1.send(3, PORT, "by the old one");
        assertThat(RunningCluster.take(heard, 1)).hasSize(1);

        old1.cut();
        old2.cut();
        n1.send(3, PORT, "into the dark");
        for (int number : List.of(1, 2)) {
            cluster.seenBy(number).put(N3, cluster.keys.config().nodes().get(N3));
            cluster.reload(nodes.get(number - 1));
        }
        n1.send(3, PORT, "by the new one");
        assertThat(RunningCluster.take(heard, 2)).containsExactly("n1#1 into the dark", "n1#1 by the new one");
        assertUndisturbed(nodes, view);
    }

    @Test
    @DisplayName("what cannot be taken up is refused by name, and nothing of it has been")
    void whatIsRefusedHasChangedNothing() throws Exception {
        List<Node> nodes = cluster.startAll(1, 2, 3);
        Node n1 = nodes.getFirst();
        RuntimeConfig.Address address = cluster.seenBy(1).get(N3);
        cluster.seenBy(1).remove(N3);
        assertRefused(n1, FaultCode.CONFIG_4, "n3 is a member");
        cluster.seenBy(1).put(N3, address);

        RuntimeConfig.Address own = cluster.seenBy(1).get(NodeId.of(1));
        RuntimeConfig.Endpoint taken = TestCluster.freeEndpoint();
        RuntimeConfig.Endpoint free = TestCluster.freeEndpoint();
        try (DatagramSocket squatter = new DatagramSocket(taken.port(), InetAddress.getByName(taken.host()))) {
            assertThat(squatter.isBound()).isTrue();
            cluster.seenBy(1).put(NodeId.of(1), new RuntimeConfig.Address(free, List.of(taken)));
            assertRefused(n1, FaultCode.LINK_2, "for link 0");
        }
        // The stream's new address, which was free, is free again.
        try (ServerSocket socket = new ServerSocket(free.port(), 1, InetAddress.getByName(free.host()))) {
            assertThat(socket.isBound()).isTrue();
        }
        cluster.seenBy(1).put(NodeId.of(1), own);
        RuntimeConfig same = cluster.config(1);
        assertThatThrownBy(() -> n1.running().reload(new RuntimeConfig(folder, same.nodes(), same.tls(), same.datagramKey(),
                same.fencing()), RunningCluster.plans(cluster.fenceMethods(1))))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("CONFIG-4 node.data").hasMessageContaining("restart");
        var methods = cluster.fenceMethods(1);
        methods.put(N3, List.of("process"));
        assertThatThrownBy(() -> n1.running().reload(same, RunningCluster.plans(methods)))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("fence method \"process\"");
        assertThat(n1.eventNames()).doesNotContain("config.taken");
        assertThat(n1.status().peers()).hasSize(2);
    }

    private static void assertUndisturbed(List<Node> nodes, long view) throws Exception {
        for (Node node : nodes) {
            assertThat(node.eventNames()).doesNotContain("heartbeat.lost", "node.evicted", "leader.lost");
            assertThat(node.status().state().view().version()).isEqualTo(view);
            assertThat(node.endings()).isEmpty();
        }
    }

    private void assertRefused(Node node, FaultCode code, String why) {
        assertThatThrownBy(() -> cluster.reload(node))
                .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(code))
                .hasMessageContaining(why);
    }

    /** Lets the cluster go on for so long. */
    private static void live(Node node, long ns) throws Exception {
        long from = System.nanoTime();
        while (System.nanoTime() - from < ns) {
            node.await(status -> !status.peers().isEmpty());
        }
    }
}
