package io.muster.runtime;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.GroupName;
import io.muster.ledger.Ledger;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerInput;
import io.muster.ledger.LedgerMessage;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.RecordFile;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.node.FrameCodec;
import io.muster.node.NodeInput;
import io.muster.node.NodeNews;
import io.muster.quorum.Electorate;
import io.muster.runtime.TestFrames.Words;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

/**
 * How long an established leader takes to have a version chosen, from the proposal to its being applied there: three
 * ledgers with their threads, TLS streams over loopback, records that are flushed. Beside it, in the same run, what that
 * cannot be faster than: a round trip of such a stream, and flushed writes of that size, as many at once as there are
 * nodes, because here they share one disk; what counts is when the majority is done.
 */
final class CommitBench {

    private static final int NODES = 3;
    private static final int WARM_UPS = 1_500;
    private static final int ROUNDS = 1_500;
    /** Between a version and the next proposal, so that what is told of the one does not hold up the other. */
    private static final long PAUSE_NS = 2_000_000;
    private static final long LIMIT_S = 120;
    private static final GroupName GROUP = new GroupName("bench");

    private CommitBench() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory(Path.of(arguments.length > 0 ? arguments[0] : "."), "muster-bench");
        try {
            long trip = roundTrip(folder.resolve("trip"));
            System.out.printf("round trip of a stream  p50 %7.1f us%n", trip / 1e3);
            commits(folder.resolve("commit"), trip);
        } finally {
            try (var paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private static void commits(Path folder, long trip) throws Exception {
        List<Runnable> closers = new ArrayList<>();
        CountDownLatch enough = new CountDownLatch(1);
        long[] nanos = new long[WARM_UPS + ROUNDS];
        int[] recordBytes = new int[1];
        try (TestCluster cluster = new TestCluster(folder.resolve("keys"), NODES, 1)) {
            start(folder, cluster, nanos, enough, closers, recordBytes);
            if (!enough.await(LIMIT_S, TimeUnit.SECONDS)) {
                throw new IllegalStateException("no leader, or it stopped");
            }
        } finally {
            closers.reversed().forEach(Runnable::run);
        }
        long alone = flush(folder.resolve("alone"), 1, recordBytes[0]);
        long flush = flush(folder.resolve("together"), NODES, recordBytes[0]);
        long[] counted = Arrays.copyOfRange(nanos, WARM_UPS, nanos.length);
        Arrays.sort(counted);
        long commit = counted[ROUNDS / 2];
        System.out.printf("flushed write, %6d B  p50 %7.1f us%n", recordBytes[0], alone / 1e3);
        System.out.printf("%d at once, majority      p50 %7.1f us%n", NODES, flush / 1e3);
        System.out.printf("version chosen          p50 %7.1f us  p99 %.1f us%n", commit / 1e3,
                counted[ROUNDS / 100 * 99] / 1e3);
        System.out.printf("two round trips and one such flush are %.1f us; a version takes %.2f times that%n",
                (2 * trip + flush) / 1e3, commit / (double) (2 * trip + flush));
    }

    /** @param written how long the longest write of a record was */
    private static void start(Path folder, TestCluster cluster, long[] nanos, CountDownLatch enough,
            List<Runnable> closers, int[] written) throws IOException {
        NodeSet nodes = cluster.config().nodeSet();
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        nodes.forEach(node -> recordIds.put(node, 1_000L + node.number()));
        ClusterState founded = ClusterState.founded(TestCluster.CLUSTER, Electorate.majorityOf(nodes), recordIds);
        for (NodeId node : nodes) {
            Incarnation self = new Incarnation(node, 1);
            byte[] record = RecordFile.founding(AcceptorRecord.founding(recordIds.get(node), founded));
            DataFolder.found(folder.resolve(node.toString()), new FolderIdentity(
                    TestCluster.CLUSTER, node, recordIds.get(node), record.length, "2026-11-20T09:30:00Z"), record);
            DataFolder data = DataFolder.open(folder.resolve(node.toString()), TestCluster.CLUSTER, node);
            closers.add(data::close);
            Mailbox mailbox = new Mailbox();
            Links links = new Links(node, cluster.config(), cluster.secure(node.number()), cluster.seal(), mailbox,
                    new Counters(), (_, cause) -> cause.printStackTrace());
            DiskWriter writer = new DiskWriter(
                    order -> data.write(order.file(), order.offset(), order.bytes()), mailbox::complete);
            closers.add(writer::close);
            MonotonicClock clock = new MonotonicClock();
            LedgerAlone machine = new LedgerAlone(self, nodes, RecordFile.load(data.ledger()), nanos, enough, clock);
            NodeRuntime<LedgerAlone> runtime = new NodeRuntime<>(machine, new NodeRuntime.Parts(
                    clock, mailbox, new IoGate(), links,
                    order -> {
                        written[0] = Math.max(written[0], order.bytes().length());
                        writer.write(order);
                    },
                    fence -> { }, event -> { }, (code, reason, _) -> System.err.println(code + " " + reason),
                    new Latencies(TimeBudget.lan().leaseNs())));
            closers.add(runtime::halt);
            closers.add(links::close);
            links.start(Frames.of(new FrameCodec(TestCluster.CLUSTER), self), TestCluster.handshake(self), TimeBudget.lan());
            runtime.start();
        }
    }

    private static long roundTrip(Path keys) throws Exception {
        NodeId n1 = NodeId.of(1);
        NodeId n2 = NodeId.of(2);
        Words small = Words.ofLength(32);
        try (TestCluster cluster = new TestCluster(keys, 2, 1)) {
            TestCluster.Node first = cluster.start(1, 1);
            TestCluster.Node second = cluster.start(2, 1);
            first.inbox().await(new NodeInput.StreamOpened(n2));
            second.inbox().await(new NodeInput.StreamOpened(n1));
            Thread.ofPlatform().daemon().start(() -> echo(second, n1, small));
            long[] nanos = new long[10 * ROUNDS];
            for (int repeat = 0; repeat < 2; repeat++) {
                for (int i = 0; i < nanos.length; i++) {
                    long begun = System.nanoTime();
                    first.links().send(n2, small);
                    first.mailbox().poll(Inbox.LIMIT_NS).orElseThrow();
                    nanos[i] = System.nanoTime() - begun;
                }
            }
            Arrays.sort(nanos);
            return nanos[nanos.length / 2];
        }
    }

    private static void echo(TestCluster.Node node, NodeId to, Words word) {
        try {
            while (true) {
                if (node.mailbox().poll(Inbox.LIMIT_NS).filter(letter ->
                        letter instanceof Mailbox.Told(NodeInput.Arrived _)).isPresent()) {
                    node.links().send(to, word);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return how long it takes until the majority of so many writers, begun together, have flushed */
    private static long flush(Path folder, int writers, int bytes) throws Exception {
        long[][] nanos = new long[writers][ROUNDS];
        CyclicBarrier together = new CyclicBarrier(writers);
        List<Thread> threads = new ArrayList<>();
        Files.createDirectories(folder);
        for (long[] own : nanos) {
            Path file = Files.createTempFile(folder, "flush", "");
            threads.add(Thread.ofPlatform().start(() -> {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    ByteBuffer record = ByteBuffer.allocate(bytes);
                    for (int i = 0; i < ROUNDS; i++) {
                        together.await();
                        long begun = System.nanoTime();
                        channel.write(record.clear(), 0);
                        channel.force(false);
                        own[i] = System.nanoTime() - begun;
                    }
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long[] majority = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            long[] round = new long[writers];
            for (int writer = 0; writer < writers; writer++) {
                round[writer] = nanos[writer][i];
            }
            Arrays.sort(round);
            majority[i] = round[writers / 2];
        }
        Arrays.sort(majority);
        return majority[ROUNDS / 2];
    }

    /** A ledger that hears its peers over their streams, and proposes the next version as soon as one is chosen. */
    private static final class LedgerAlone implements Machine<NodeInput, NodeNews>, Outbox<LedgerNews> {

        private final Incarnation self;
        private final Ledger ledger;
        private final long[] nanos;
        private final CountDownLatch enough;
        private final MonotonicClock clock;
        private NodeSet peers = NodeSet.NONE;
        private Outbox<NodeNews> driver;
        private int rounds = -1;
        private long begun;
        private long proposeAt;
        private boolean chosen;

        LedgerAlone(Incarnation self, NodeSet nodes, RecordFile.Loaded loaded, long[] nanos, CountDownLatch enough,
                MonotonicClock clock) {
            this.self = self;
            this.nanos = nanos;
            this.enough = enough;
            this.clock = clock;
            ledger = new Ledger(self, nodes, TimeBudget.lan(), loaded, new Prng(self.node().number()), clock.now());
        }

        @Override
        public void step(NodeInput input, long now, Outbox<NodeNews> out) {
            driver = out;
            switch (input) {
                case NodeInput.Arrived(Incarnation from, LedgerMessage message) ->
                    ledger.step(new LedgerInput.Arrived(from, message), now, this);
                case NodeInput.Completed(var completion) ->
                    ledger.step(new LedgerInput.Completed(completion), now, this);
                case NodeInput.StreamOpened(NodeId peer) -> reach(peers.with(peer), now);
                case NodeInput.StreamClosed(NodeId peer) -> reach(peers.without(peer), now);
                default -> { /* no heartbeats here */ }
            }
            goOn(now);
        }

        @Override
        public void due(long now, Outbox<NodeNews> out) {
            driver = out;
            ledger.due(now, this);
            goOn(now);
        }

        @Override
        public long deadline() {
            return ledger.proposable() ? Math.min(ledger.deadline(), proposeAt) : ledger.deadline();
        }

        private void reach(NodeSet now, long time) {
            peers = now;
            ledger.step(new LedgerInput.TwoWay(peers), time, this);
        }

        private void goOn(long now) {
            if (chosen) {
                chosen = false;
                long took = clock.now() - begun;
                proposeAt = now + PAUSE_NS;
                if (rounds >= 0 && rounds < nanos.length) {
                    nanos[rounds] = took;
                }
                rounds++;
                if (rounds == nanos.length) {
                    enough.countDown();
                }
            }
            if (ledger.proposable() && now >= proposeAt && rounds < nanos.length) {
                Draft draft = ledger.draft();
                LedgerEvent event = !draft.state().isMember(self)
                        ? new LedgerEvent.MemberJoined(self, OwnProcess.facts())
                        : draft.state().groups().containsKey(GROUP)
                                ? new LedgerEvent.GroupLeft(GROUP, self)
                                : new LedgerEvent.GroupJoined(GROUP, self);
                draft.add(event).ifPresent(refusal -> {
                    throw new IllegalStateException(refusal);
                });
                begun = clock.now();
                ledger.step(new LedgerInput.Propose(draft), now, this);
            }
        }

        @Override
        public void send(NodeId to, Message message) {
            driver.send(to, message);
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            driver.cast(to, link, message);
        }

        @Override
        public void perform(Effect effect) {
            driver.perform(effect);
        }

        @Override
        public void announce(LedgerNews news) {
            chosen |= begun != 0 && news instanceof LedgerNews.Applied && ledger.leading();
        }
    }
}
