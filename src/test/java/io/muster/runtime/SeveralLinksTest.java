package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.heartbeat.LinkState;
import io.muster.node.NodeEvent;
import io.muster.node.NodeStatus;
import io.muster.runtime.Counters.Kind;
import io.muster.runtime.RunningCluster.Node;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three real nodes with two links each; what is cut is cut without a word. */
@Timeout(120)
class SeveralLinksTest {

    private static final int PORT = 7;

    @TempDir
    Path folder;

    private RunningCluster cluster;

    @BeforeEach
    void found() {
        cluster = new RunningCluster(folder, 3, 2);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    @DisplayName("001-1: a link that is cut without a word costs no view and no leader, and what is sent still comes")
    void aLinkCutWithoutAWordCostsNothing() throws Exception {
        Relay there = cluster.relay(1, 2, 0);
        Relay back = cluster.relay(2, 1, 0);
        // So that the streams go over link 0: the other one works only later.
        Relay thereToo = cluster.relay(1, 2, 1);
        Relay backToo = cluster.relay(2, 1, 1);
        thereToo.cut();
        backToo.cut();
        List<Node> nodes = cluster.startAll(1, 2, 3);
        Node n1 = nodes.get(0);
        Node n2 = nodes.get(1);
        thereToo.mend();
        backToo.mend();
        for (Node node : List.of(n1, n2)) {
            node.await(status -> status.peers().stream().filter(peer -> peer.node().number() < 3)
                    .allMatch(peer -> peer.links().stream().allMatch(link -> link.state() == LinkState.UP)));
        }
        PortListeners.Listener atN2 = n2.running().ports().listen(PORT);
        PortListeners.Listener atN1 = n1.running().ports().listen(PORT);
        n1.send(2, PORT, "before");
        assertThat(RunningCluster.take(atN2, 1)).containsExactly("n1#1 before");
        long view = n1.status().state().view().version();

        there.cut();
        back.cut();
        n1.awaitEvent(link("n2#1", 0, LinkState.SILENT));
        n2.awaitEvent(link("n1#1", 0, LinkState.SILENT));
        n1.send(2, PORT, "during");
        n2.send(1, PORT, "during");
        assertThat(RunningCluster.take(atN2, 1)).containsExactly("n1#1 during");
        assertThat(RunningCluster.take(atN1, 1)).containsExactly("n2#1 during");
        // The stream of each to the other went over that link, and was given up for the other one.
        assertThat(n1.running().counters().count(Kind.STREAM_SILENT)).isEqualTo(1);
        assertThat(n2.running().counters().count(Kind.STREAM_SILENT)).isEqualTo(1);
        assertThat(states(n1, 2)).containsExactly(LinkState.SILENT, LinkState.UP);

        there.mend();
        back.mend();
        n1.awaitEvent(link("n2#1", 0, LinkState.UP));
        for (Node node : nodes) {
            assertThat(node.eventNames()).doesNotContain("heartbeat.lost", "leader.lost", "node.evicted");
            assertThat(node.status().state().view().version()).isEqualTo(view);
        }
    }

    @Test
    @DisplayName("001-1: a link that is cut one way costs nothing either; both ends say what is wrong with it")
    void aLinkCutOneWayCostsNothing() throws Exception {
        Relay there = cluster.relay(1, 2, 0);
        List<Node> nodes = cluster.startAll(1, 2, 3);
        Node n1 = nodes.get(0);
        Node n2 = nodes.get(1);
        PortListeners.Listener atN2 = n2.running().ports().listen(PORT);
        long view = n1.status().state().view().version();

        there.cut();
        n2.awaitEvent(link("n1#1", 0, LinkState.SILENT));
        n1.awaitEvent(link("n2#1", 0, LinkState.ONE_WAY));
        n1.send(2, PORT, "round about");
        assertThat(RunningCluster.take(atN2, 1)).containsExactly("n1#1 round about");
        for (Node node : nodes) {
            assertThat(node.eventNames()).doesNotContain("heartbeat.lost", "leader.lost", "node.evicted");
            assertThat(node.status().state().view().version()).isEqualTo(view);
        }
    }

    private static Predicate<NodeEvent> link(String peer, long link, LinkState state) {
        return event -> event.name().equals("heartbeat.link") && event.fields().get("peer").equals(peer)
                && event.fields().get("link").equals(link) && event.fields().get("state").equals(state.words());
    }

    private static List<LinkState> states(Node node, int peer) throws Exception {
        return node.status().peers().stream().filter(one -> one.node().equals(NodeId.of(peer)))
                .map(NodeStatus.Peer::links).findFirst().orElseThrow().stream().map(link -> link.state()).toList();
    }
}
