package io.muster.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatMessage;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.RecordFile;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.quorum.Electorate;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The fuzzer: frames of every kind, spoilt in every way with a checksum that is right. {@code -Dfuzz.rounds=N} runs it
 * longer, {@code -Dfuzz.seed=N} from elsewhere; what fails prints both.
 */
class FuzzTest {

    private static final ClusterId CLUSTER = new ClusterId(4, 2);
    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 30_000);
    private static final long SEED = Long.getLong("fuzz.seed", 1);
    /** What a decoder may allocate for each byte of a frame: objects around them, and never what a length only says. */
    private static final long BYTES_PER_BYTE = 256;
    private static final long BYTES_AT_LEAST = 16 * 1024;

    private final FrameCodec codec = new FrameCodec(CLUSTER);

    @Test
    @DisplayName("every kind of message comes back from its frame, and is made by the fuzzer")
    void everyKindComesBack() throws MalformedFrame {
        RandomMessages messages = new RandomMessages(new Prng(SEED), CLUSTER, 5);
        assertThat(RandomMessages.kinds()).hasSizeGreaterThanOrEqualTo(25);
        for (Class<?> kind : RandomMessages.kinds()) {
            for (int i = 0; i < 50; i++) {
                Message message = messages.of(kind);
                byte[] frame = codec.encode(Incarnation.of(2, 1), message);
                assertThat(codec.decode(frame)).isEqualTo(new Envelope(CLUSTER, Incarnation.of(2, 1), message));
            }
        }
    }

    @Test
    @DisplayName("a spoilt frame is refused or means exactly its bytes; nothing else is thrown, and no length is believed")
    void spoiltFramesAreRefusedOrMeanTheirBytes() {
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        FrameFuzzer fuzzer = new FrameFuzzer(SEED, CLUSTER, 5);
        List<Class<?>> kinds = RandomMessages.kinds();
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] frame = fuzzer.spoilt(Incarnation.of(2, 1), kinds.get(round % kinds.size()));
            long before = memory.getCurrentThreadAllocatedBytes();
            try {
                Envelope envelope = codec.decode(frame);
                assertBounded(memory.getCurrentThreadAllocatedBytes() - before, frame, round);
                assertThat(codec.encode(envelope.from(), envelope.message())).as(replay(round, frame)).isEqualTo(frame);
            } catch (MalformedFrame e) {
                assertBounded(memory.getCurrentThreadAllocatedBytes() - before, frame, round);
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError(replay(round, frame), e);
            }
        }
        assertThat(refused).as("some mean something").isBetween(ROUNDS / 3, ROUNDS * 99 / 100);
    }

    @Test
    @DisplayName("whatever a peer says that can be read, a node throws nothing and breaks no invariant of its own")
    void aNodeThrowsNothing() {
        int lived = 0;
        int seeds = Math.max(1, ROUNDS / 3_000);
        for (long seed = SEED; seed < SEED + seeds; seed++) {
            FrameFuzzer fuzzer = new FrameFuzzer(seed, CLUSTER, 3);
            Told told = new Told();
            ClusterNode node = node(told);
            List<Class<?>> kinds = RandomMessages.kinds();
            List<String> said = new ArrayList<>();
            try {
                for (int round = 0; round < 400; round++) {
                    told.now += 10 * TimeBudget.MS;
                    lived += told.stopped ? 0 : 1;
                    Incarnation from = Incarnation.of(2 + round % 2, 1 + round % 5 / 4);
                    byte[] frame = round % 3 == 0
                            ? fuzzer.good(from, kinds.get((round + (int) seed) % kinds.size()))
                            : fuzzer.spoilt(from, kinds.get((round + (int) seed) % kinds.size()));
                    try {
                        Envelope envelope = codec.decode(frame);
                        said.add(envelope.toString());
                        boolean cast = envelope.message() instanceof HeartbeatMessage;
                        told.tell(node, cast
                                ? new NodeInput.CastArrived(envelope.from(), 0, envelope.message())
                                : new NodeInput.Arrived(envelope.from(), envelope.message()));
                    } catch (MalformedFrame e) {
                        // Dropped and counted by the driver.
                        told.refused++;
                    }
                    told.tellDue(node);
                }
                assertThat(node.status(told.now).waits()).isNotNull();
            } catch (RuntimeException e) {
                throw new AssertionError("seed %d after%n%s".formatted(seed, String.join("\n", said)), e);
            }
            assertThat(said).hasSizeGreaterThan(100);
        }
        assertThat(lived).as("rounds before lies put it out").isGreaterThan(100 * seeds);
    }

    private static void assertBounded(long allocated, byte[] frame, int round) {
        assertThat(allocated).as(replay(round, frame)).isLessThan(BYTES_AT_LEAST + BYTES_PER_BYTE * frame.length);
    }

    private static String replay(int round, byte[] frame) {
        return "-Dfuzz.seed=%d round %d: %s".formatted(SEED, round, HexFormat.of().formatHex(frame));
    }

    private static ClusterNode node(Told told) {
        NodeSet nodes = NodeSet.of(NodeId.of(1), NodeId.of(2), NodeId.of(3));
        TreeMap<NodeId, Long> ids = new TreeMap<>();
        nodes.forEach(node -> ids.put(node, 1_000L + node.number()));
        ClusterState founded = ClusterState.founded(CLUSTER, Electorate.majorityOf(nodes), ids);
        NodeConfig config = new NodeConfig(CLUSTER, Incarnation.of(1, 1), HostProcess.UNKNOWN, nodes, 1, TimeBudget.lan(),
                new TreeMap<>());
        return new ClusterNode(config, new RecordFile.Loaded(AcceptorRecord.founding(1_001, founded), 1), List.of(),
                new Prng(1), told.now);
    }

    /** A driver whose disk is at once and whose fences fail; it keeps nothing else. */
    private static final class Told implements Outbox<NodeNews> {

        private final ArrayDeque<Completion> completions = new ArrayDeque<>();
        private long now = TimeBudget.SECOND;
        private int refused;
        private boolean stopped;

        void tell(ClusterNode node, NodeInput input) {
            node.step(input, now, this);
            complete(node);
        }

        void tellDue(ClusterNode node) {
            if (node.deadline() != Machine.NEVER && node.deadline() <= now) {
                node.due(now, this);
                complete(node);
            }
        }

        private void complete(ClusterNode node) {
            for (Completion next = completions.poll(); next != null; next = completions.poll()) {
                node.step(new NodeInput.Completed(next), now, this);
            }
        }

        @Override
        public void send(NodeId to, Message message) {
            assertThat(message).isNotNull();
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            assertThat(message).isNotNull();
        }

        @Override
        public void perform(Effect effect) {
            completions.add(switch (effect) {
                case Effect.Write write -> new Completion.Written(write.ticket());
                case Effect.Fence fence -> new Completion.FenceEnded(fence.ticket(), java.util.Optional.empty(), "no device");
                case Effect.OnDisk order -> new Completion.DiskFailed(order.ticket(), "no disk");
            });
        }

        @Override
        public void announce(NodeNews news) {
            stopped |= news instanceof NodeNews.Stop;
        }
    }
}
