package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.ledger.RecordFile;
import io.muster.node.NodeConfig;
import io.muster.node.NodeEvent;
import io.muster.node.NodeInput;
import io.muster.node.NodeStatus;
import io.muster.node.Request;
import io.muster.quorum.Electorate;
import io.muster.recovery.Recorder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A cluster of whole nodes with real disks and sockets in this process, and one more configured node that is not started. */
final class RealNodes implements AutoCloseable {

    /** Voters, and started. */
    static final int NODES = 3;
    /** Configured, with a certificate, and free for a test to play. */
    static final NodeId FOURTH = NodeId.of(NODES + 1);

    private final Path folder;
    private final TestCluster keys;
    private final List<Node> started = new ArrayList<>();
    private final Path device;

    RealNodes(Path folder) throws Exception {
        this.folder = folder;
        keys = new TestCluster(folder.resolve("keys"), NODES + 1, 1);
        device = Files.writeString(folder.resolve("device"), "lies");
        NodeSet voters = keys.config().nodeSet().without(FOURTH);
        SortedMap<NodeId, Long> recordIds = new TreeMap<>();
        voters.forEach(node -> recordIds.put(node, 1_000L + node.number()));
        ClusterState founded = ClusterState.founded(TestCluster.CLUSTER, Electorate.majorityOf(voters), recordIds);
        for (NodeId node : voters) {
            byte[] record = RecordFile.founding(AcceptorRecord.founding(recordIds.get(node), founded));
            DataFolder.found(data(node), new FolderIdentity(
                    TestCluster.CLUSTER, node, recordIds.get(node), record.length, "2026-11-20T09:30:00Z"), record);
        }
    }

    TestCluster keys() {
        return keys;
    }

    Path data(NodeId node) {
        return folder.resolve(node.toString());
    }

    List<Node> startAll(HandshakeStep... steps) throws Exception {
        for (int number = 1; number <= NODES; number++) {
            start(NodeId.of(number), steps);
        }
        for (Node node : started) {
            node.await(status -> status.state().members().size() == NODES && status.actingForNs() > 0);
        }
        return List.copyOf(started);
    }

    Node start(NodeId self, HandshakeStep... steps) {
        RuntimeConfig shared = keys.config();
        RuntimeConfig machine = new RuntimeConfig(data(self), shared.nodes(), Certificates.files(keys.keys(), self),
                shared.datagramKey(), new RuntimeConfig.Fencing(Optional.empty(),
                        new TreeMap<>(Map.of("scripted", Map.of("file", device.toString())))));
        SortedMap<NodeId, List<String>> methods = new TreeMap<>();
        shared.nodes().keySet().forEach(node -> methods.put(node, List.of("scripted")));
        ConcurrentLinkedQueue<NodeEvent> events = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<String> endings = new ConcurrentLinkedQueue<>();
        RunningNode running = RunningNode.start(machine, TestCluster.CLUSTER, self,
                (life, process) -> new NodeConfig(TestCluster.CLUSTER, new Incarnation(self, life), process,
                        shared.nodeSet(), 1, TestTimes.patient(), methods),
                List.of(new Recorder()), List.of(steps), events::add,
                (code, reason, planned) -> endings.add(planned + " " + code.label() + " " + reason));
        Node node = new Node(running, events, endings);
        started.add(node);
        return node;
    }

    @Override
    public void close() {
        started.forEach(node -> node.running().close());
        keys.close();
    }

    /** One node that runs. */
    record Node(RunningNode running, ConcurrentLinkedQueue<NodeEvent> events, ConcurrentLinkedQueue<String> endings) {

        NodeStatus status() throws Exception {
            return running.runtime().look((node, now) -> node.status(now)).get(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
        }

        long viewVersion() throws Exception {
            return status().state().viewChangedAt();
        }

        /** Joins a group that is new, and waits until it runs. */
        void joinsGroup(String name) throws Exception {
            GroupName group = new GroupName(name);
            assertThat(running.runtime().tell(new NodeInput.Asked(new Request.JoinGroup(group)))).isTrue();
            await(status -> status.state().group(group)
                    .filter(found -> found.has(status.self()) && found.phase() == Phase.RUNNING).isPresent());
        }

        void await(Predicate<NodeStatus> wanted) throws Exception {
            awaitThat(() -> wanted.test(status()), () -> "%s after %s; %s".formatted(status(), events, endings));
        }

        /** The rows of a kind. */
        List<Refusals.Refused> refused(Counters.Kind kind) {
            return running.counters().refused().stream().filter(row -> row.kind().equals(kind.name())).toList();
        }

        /** Waits until one of this kind, from this peer, has been refused with these words. */
        Refusals.Refused awaitRefused(Counters.Kind kind, String peer, String words) throws Exception {
            Predicate<Refusals.Refused> fits = row -> row.peer().equals(peer) && row.why().contains(words);
            awaitThat(() -> refused(kind).stream().anyMatch(fits), () -> "%s of %s \"%s\" in %s".formatted(
                    kind, peer, words, running.counters().refused()));
            return refused(kind).stream().filter(fits).findFirst().orElseThrow();
        }

        void awaitEvent(Predicate<NodeEvent> wanted) throws Exception {
            awaitThat(() -> events.stream().anyMatch(wanted), events::toString);
        }
    }

    /** Something to ask, that may fail. */
    interface Question<T> {

        T answer() throws Exception;
    }

    static void awaitThat(Question<Boolean> question, Question<String> otherwise) throws Exception {
        long until = System.nanoTime() + Inbox.LIMIT_NS;
        while (!question.answer()) {
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("never came true: " + otherwise.answer());
            }
            assertThat(new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS)).isFalse();
        }
    }
}
