package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.fence.FencePlan;
import io.muster.fence.Fencing;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.RecordFile;
import io.muster.node.NodeConfig;
import io.muster.node.NodeEvent;
import io.muster.node.NodeStatus;
import io.muster.node.Refusal;
import io.muster.quorum.Electorate;
import io.muster.recovery.Recorder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Real nodes on loopback, each with a configuration of its own, so that one may see another by another address. */
final class RunningCluster implements AutoCloseable {

    final TestCluster keys;
    final List<Relay> relays = new ArrayList<>();
    private final Path folder;
    private final NodeSet voters;
    private final ClusterState founded;
    private final SortedMap<NodeId, SortedMap<NodeId, RuntimeConfig.Address>> seen = new TreeMap<>();
    private final SortedMap<NodeId, RuntimeConfig.OwnWatchdog> watchdogs = new TreeMap<>();
    private final List<Node> started = new ArrayList<>();

    /** With more patience than shipped: what is undisturbed by a change must be so on a busy machine, too. */
    RunningCluster(Path folder, int voters, int links) {
        this.folder = folder;
        this.keys = new TestCluster(folder.resolve("keys"), voters, links, links);
        this.voters = keys.config().nodeSet();
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        this.voters.forEach(node -> recordIds.put(node, 100L + node.number()));
        this.founded = ClusterState.founded(TestCluster.CLUSTER, Electorate.majorityOf(this.voters), recordIds);
        for (NodeId node : this.voters) {
            seen.put(node, new TreeMap<>(keys.config().nodes()));
            found(node, recordIds.get(node));
        }
    }

    /** Keys and an empty record for a further node, as a founder makes them; the others do not know it yet. */
    void addNode(int number) {
        NodeId node = NodeId.of(number);
        Certificates.open(keys.keys(), TestCluster.CLUSTER).issue(node);
        found(node, 900L + number);
    }

    private void found(NodeId node, long recordId) {
        byte[] record = RecordFile.founding(AcceptorRecord.founding(recordId, founded));
        DataFolder.found(data(node), new FolderIdentity(
                TestCluster.CLUSTER, node, recordId, record.length, "2026-11-20T09:30:00Z"), record);
    }

    private Path data(NodeId node) {
        return folder.resolve(node.toString());
    }

    /** The addresses as this node is configured; may be changed before a start or a reload. */
    SortedMap<NodeId, RuntimeConfig.Address> seenBy(int node) {
        return seen.computeIfAbsent(NodeId.of(node), _ -> new TreeMap<>());
    }

    /** Lets one node see one link of another, stream and datagrams, over a wire that can be cut. */
    Relay relay(int by, int of, int link) throws Exception {
        RuntimeConfig.Address real = keys.config().nodes().get(NodeId.of(of));
        Relay relay = new Relay(real.streams().get(Math.min(link, real.streams().size() - 1)), real.links().get(link));
        relays.add(relay);
        RuntimeConfig.Address shown = seenBy(by).get(NodeId.of(of));
        List<RuntimeConfig.Endpoint> streams = new ArrayList<>(shown.streams());
        List<RuntimeConfig.Endpoint> links = new ArrayList<>(shown.links());
        streams.set(Math.min(link, streams.size() - 1), relay.from());
        links.set(link, relay.from());
        seenBy(by).put(NodeId.of(of), new RuntimeConfig.Address(streams, links));
        return relay;
    }

    RuntimeConfig config(int number) {
        NodeId self = NodeId.of(number);
        return new RuntimeConfig(data(self), seenBy(number), Certificates.files(keys.keys(), self),
                keys.config().datagramKey(),
                new RuntimeConfig.Fencing(Optional.empty(), new TreeMap<>(Map.of("manual", Map.of()))), new TreeMap<>(),
                Optional.ofNullable(watchdogs.get(self)));
    }

    /** Gives a node that is started later a watchdog. */
    void watch(int number, RuntimeConfig.OwnWatchdog watchdog) {
        watchdogs.put(NodeId.of(number), watchdog);
    }

    SortedMap<NodeId, List<String>> fenceMethods(int number) {
        SortedMap<NodeId, List<String>> methods = new TreeMap<>();
        seenBy(number).keySet().forEach(node -> methods.put(node, List.of("manual")));
        return methods;
    }

    Node start(int number) {
        NodeId self = NodeId.of(number);
        LinkedBlockingQueue<NodeEvent> events = new LinkedBlockingQueue<>();
        LinkedBlockingQueue<String> endings = new LinkedBlockingQueue<>();
        RuntimeConfig machine = config(number);
        RunningNode running = RunningNode.start(machine, TestCluster.CLUSTER, self,
                (life, process) -> new NodeConfig(TestCluster.CLUSTER, new Incarnation(self, life), process,
                        machine.nodeSet(), machine.nodes().get(self).links().size(), TestTimes.patient(),
                        fenceMethods(number)),
                List.of(new Recorder()), events::add,
                (code, reason, planned) -> endings.add(planned + " " + code.label() + " " + reason));
        Node node = new Node(number, running, events, endings);
        started.add(node);
        return node;
    }

    /** Ends a node without a word to the others. */
    void end(int number) {
        started.stream().filter(node -> node.number() == number).forEach(node -> node.running().close());
    }

    /** All of them, each a member that may act, in one view. */
    List<Node> startAll(int... numbers) throws Exception {
        List<Node> nodes = new ArrayList<>();
        for (int number : numbers) {
            nodes.add(start(number));
        }
        for (Node node : nodes) {
            node.await(status -> status.state().members().size() == numbers.length && status.actingForNs() > 0
                    && status.peers().stream().allMatch(NodeStatus.Peer::hearsUs));
        }
        // Until all were in, leaders may have changed: what is to be left undisturbed begins here.
        nodes.forEach(node -> node.events().clear());
        return nodes;
    }

    static SortedMap<NodeId, FencePlan> plans(SortedMap<NodeId, List<String>> methods) {
        return Fencing.flat(methods).plans();
    }

    void reload(Node node) {
        node.running().reload(config(node.number()), plans(fenceMethods(node.number())));
    }

    @Override
    public void close() {
        started.forEach(node -> node.running().close());
        relays.forEach(Relay::close);
        keys.close();
    }

    record Node(int number, RunningNode running, LinkedBlockingQueue<NodeEvent> events, LinkedBlockingQueue<String> endings) {

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

        /** Takes events until one fits. */
        NodeEvent awaitEvent(Predicate<NodeEvent> wanted) throws InterruptedException {
            List<NodeEvent> others = new ArrayList<>();
            NodeEvent event = events.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
            while (event != null && !wanted.test(event)) {
                others.add(event);
                event = events.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
            }
            assertThat(event).as("what came was %s", others).isNotNull();
            others.forEach(events::add);
            return event;
        }

        Stream<String> eventNames() {
            return events.stream().map(NodeEvent::name);
        }

        Optional<Refusal> send(int to, int port, String text) throws Exception {
            return running.send(NodeId.of(to), port, Bytes.owning(text.getBytes(StandardCharsets.UTF_8)))
                    .get(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
        }
    }

    /** What one listener hears, as texts with their senders. */
    static List<String> take(PortListeners.Listener listener, int count) throws InterruptedException {
        List<String> heard = new ArrayList<>();
        long until = System.nanoTime() + Inbox.LIMIT_NS;
        while (heard.size() < count && System.nanoTime() - until < 0) {
            listener.take(1_000).messages().forEach(message -> heard.add(
                    message.from() + " " + new String(message.content().shared(), StandardCharsets.UTF_8)));
        }
        return heard;
    }
}
