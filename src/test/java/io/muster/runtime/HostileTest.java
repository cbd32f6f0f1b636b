package io.muster.runtime;

import static io.muster.runtime.RealNodes.FOURTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.base.VersionRange;
import io.muster.heartbeat.HeartbeatMessage;
import io.muster.machine.Message;
import io.muster.membership.MembershipMessage;
import io.muster.node.FrameCodec;
import io.muster.runtime.Counters.Kind;
import io.muster.wire.FrameHeader;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything that is thrown at a running cluster is refused, counted and named, and the cluster does not notice: no view
 * changes, and while the attack goes on a node joins a new group.
 */
class HostileTest {

    private static final long FORGED = 100_000;
    private static final Message ROW = new MembershipMessage.Row(1, List.of());

    @TempDir
    static Path folder;

    private static RealNodes cluster;
    private static List<RealNodes.Node> nodes;
    private static long lives;
    private static long number;
    private static int groups;

    private long viewBefore;

    @BeforeAll
    static void start() throws Exception {
        cluster = new RealNodes(folder);
        nodes = cluster.startAll();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    @BeforeEach
    void look() throws Exception {
        viewBefore = nodes.getFirst().viewVersion();
    }

    @AfterEach
    void nobodyHasNoticed() throws Exception {
        nodes.get(1).joinsGroup("after-" + ++groups);
        for (RealNodes.Node node : nodes) {
            assertThat(node.viewVersion()).as("%s: no view change", node.running().config().self()).isEqualTo(viewBefore);
            assertThat(node.endings()).isEmpty();
        }
    }

    @Test
    @DisplayName("a flood of datagrams with a bad seal is refused, sampled and named; beats and joins go on in it")
    void aFloodOfForgedDatagrams() throws Exception {
        byte[] forged = sealed(0, new FrameCodec(TestCluster.CLUSTER).encode(life(1), pulse(1)));
        forged[forged.length - 1] ^= 1;
        AtomicLong sent = new AtomicLong();
        try (Attack _ = new Attack(socket -> {
            for (int node = 1; node <= RealNodes.NODES; node++) {
                throwAt(socket, node, forged);
                sent.incrementAndGet();
            }
        })) {
            nodes.get(2).joinsGroup("in-a-flood");
            RealNodes.awaitThat(() -> sent.get() >= FORGED, sent::toString);
        }
        for (RealNodes.Node node : nodes) {
            Refusals.Refused row = node.awaitRefused(Kind.DATAGRAM_UNSEALED, Refusals.NOBODY_KNOWN, "no key of this cluster");
            assertThat(row.address()).isEqualTo("127.0.0.1");
            assertThat(row.count()).isGreaterThan(1_000);
            node.awaitEvent(event -> event.name().equals("wire.refused")
                    && event.fields().get("kind").equals(Kind.DATAGRAM_UNSEALED.name()));
            assertThat(node.events().stream().filter(event -> event.name().equals("wire.refused")))
                    .as("told at a bounded rate").hasSizeLessThan(200);
        }
    }

    @Test
    @DisplayName("connections that say nothing, and TLS handshakes that stop half way, are bounded and closed; joins go on")
    void connectionsThatSayNothing() throws Exception {
        byte[] half = {0x16, 3, 1, 0x30, 0, 1, 0, 0x2F, (byte) 0xFC};
        List<Socket> silent = new ArrayList<>();
        try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), cluster.keys().stream(2).port())) {
            slow.getOutputStream().write(half);
            for (int i = 0; i < 10 * IncomingStreams.PER_ADDRESS_LIMIT; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), cluster.keys().stream(1).port());
                silent.add(socket);
                if (i % 2 == 0) {
                    socket.getOutputStream().write(half);
                }
            }
            nodes.getFirst().awaitRefused(Kind.UNAUTHENTICATED_OVERFLOW, Refusals.NOBODY_KNOWN, "have not said who they are");
            nodes.getFirst().joinsGroup("among-the-silent");
            // A byte now and then keeps no connection open: the handshake as a whole has a limit.
            RealNodes.awaitThat(() -> {
                dribble(slow);
                return !nodes.get(1).refused(Kind.HANDSHAKE_SLOW).isEmpty();
            }, () -> nodes.get(1).running().counters().refused().toString());
            nodes.get(1).awaitRefused(Kind.HANDSHAKE_SLOW, Refusals.NOBODY_KNOWN, "within 3000 ms");
            // Those that are left have had their time, and who can say who he is gets in.
            try (SSLSocket stream = dial(introduction(life(++lives)))) {
                assertThat(stream.getInputStream().read()).isEqualTo(Dialler.WELCOME);
            }
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    @DisplayName("a peer with a good certificate that floods is slowed down and named, and the others are heard")
    void aPeerThatFloods() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Incarnation self = life(++lives);
        try (SSLSocket stream = dial(introduction(self))) {
            byte[] row = new FrameCodec(TestCluster.CLUSTER).encode(self, ROW);
            byte[] batch = new byte[100 * row.length];
            for (int i = 0; i < 100; i++) {
                System.arraycopy(row, 0, batch, i * row.length, row.length);
            }
            Thread flood = Thread.ofPlatform().start(() -> {
                try {
                    while (!stop.get()) {
                        stream.getOutputStream().write(batch);
                    }
                } catch (IOException e) {
                    stop.set(true);
                }
            });
            nodes.getFirst().awaitRefused(Kind.PEER_SLOWED, FOURTH.toString(), "wait already");
            nodes.getFirst().joinsGroup("beside-a-flood");
            nodes.get(1).joinsGroup("beside-a-flood");
            stop.set(true);
            flood.join();
        }
    }

    @Test
    @DisplayName("wrong cluster, versions out of range and former lives are refused in the handshake with both values")
    void introductionsThatDoNotFit() throws Exception {
        Introduction fine = introduction(life(lives += 5));
        try (SSLSocket stream = dial(fine)) {
            assertThat(stream.getInputStream().read()).isEqualTo(Dialler.WELCOME);
        }
        refusedWith(new Introduction(new ClusterId(6, 6), fine.who(), fine.protocols(), fine.features(), 1, fine.told()),
                "cluster " + new ClusterId(6, 6), TestCluster.CLUSTER.toString());
        refusedWith(new Introduction(fine.cluster(), fine.who(), new VersionRange(7, 9), fine.features(), 1, fine.told()),
                fine.who() + " speaks protocol version 7 to 9", "this program " + FrameHeader.PROTOCOLS);
        refusedWith(new Introduction(fine.cluster(), fine.who(), fine.protocols(), new VersionRange(8, 9), 8, fine.told()),
                fine.who() + " speaks feature level 8 to 9", "agreed on 1");
        refusedWith(introduction(life(lives - 1)), "is a former life", fine.who().toString());
        refusedWith(introduction(Incarnation.of(3, 99)), "it says it is n3#99 and its certificate is that of n4");
    }

    @Test
    @DisplayName("frames that are damaged, too long, of another version, cluster, node or life end their stream, and are named")
    void framesThatDoNotFit() throws Exception {
        Incarnation self = life(lives += 2);
        FrameCodec codec = new FrameCodec(TestCluster.CLUSTER);
        byte[] good = codec.encode(self, ROW);
        byte[] flipped = good.clone();
        flipped[good.length / 2] ^= 4;
        byte[] oversized = good.clone();
        oversized[4] = 0x7F;
        endedBy(self, flipped, Kind.FRAME_MALFORMED, "checksum");
        endedBy(self, oversized, Kind.FRAME_MALFORMED, "a frame of");
        endedBy(self, codec.encode(9, self, ROW), Kind.FRAME_MALFORMED, "protocol version 9 of " + self);
        endedBy(self, new FrameCodec(new ClusterId(6, 6)).encode(self, ROW), Kind.FRAME_MALFORMED, "cluster");
        endedBy(self, codec.encode(Incarnation.of(3, 1), ROW), Kind.FRAME_FOREIGN, "a frame of n3#1");
        endedBy(self, codec.encode(life(lives - 1), ROW), Kind.FRAME_FOREIGN, "a frame of " + life(lives - 1));
        try (SSLSocket stream = dial(introduction(self))) {
            stream.getOutputStream().write(good, 0, good.length - 1);
        }
    }

    @Test
    @DisplayName("datagrams that are replayed, of a former life, cut, too long or of a stranger are dropped, counted and named")
    void datagramsThatDoNotFit() throws Exception {
        FrameCodec codec = new FrameCodec(TestCluster.CLUSTER);
        Incarnation self = life(lives += 2);
        byte[] recorded = sealed(++number, codec.encode(self, pulse(1)));
        byte[] formerLife = sealed(++number, codec.encode(life(lives - 1), pulse(2)));
        try (DatagramSocket socket = new DatagramSocket()) {
            for (byte[] datagram : List.of(recorded, recorded, formerLife, Arrays.copyOf(recorded, recorded.length - 1),
                    new byte[Datagrams.LIMIT_BYTES + 1], sealed(++number, new byte[60]),
                    sealed(++number, codec.encode(Incarnation.of(9, 1), pulse(3))))) {
                throwAt(socket, 1, datagram);
            }
        }
        RealNodes.Node n1 = nodes.getFirst();
        n1.awaitRefused(Kind.DATAGRAM_REPLAYED, Refusals.NOBODY_KNOWN, life(lives - 1) + " is a former life");
        assertThat(n1.running().counters().count(Kind.DATAGRAM_REPLAYED)).isEqualTo(2);
        n1.awaitRefused(Kind.DATAGRAM_UNSEALED, Refusals.NOBODY_KNOWN, "on link 0");
        n1.awaitRefused(Kind.DATAGRAM_MALFORMED, Refusals.NOBODY_KNOWN, "magic");
        n1.awaitRefused(Kind.DATAGRAM_FOREIGN, Refusals.NOBODY_KNOWN, "n9#1");
        n1.awaitEvent(event -> event.name().equals("wire.refused")
                && event.fields().get("kind").equals(Kind.DATAGRAM_REPLAYED.name()));
    }

    private static void dribble(Socket slow) {
        try {
            slow.getOutputStream().write(0);
        } catch (IOException e) {
            // Closed: that is what is waited for.
            assertThat(e).isNotNull();
        }
    }

    private static Incarnation life(long life) {
        return new Incarnation(FOURTH, life);
    }

    private static Message pulse(long sequence) {
        return new HeartbeatMessage.Pulse(sequence, NodeSet.NONE, false);
    }

    private static Introduction introduction(Incarnation as) {
        return TestCluster.handshake(as).own();
    }

    /** Dials n1 with the certificate of the fourth node, and says this. */
    private static SSLSocket dial(Introduction said) throws IOException {
        SSLSocket stream = cluster.keys().secure(FOURTH.number()).dialled(
                new Socket(InetAddress.getLoopbackAddress(), cluster.keys().stream(1).port()));
        stream.setSoTimeout(30_000);
        stream.startHandshake();
        stream.getOutputStream().write(said.encode());
        return stream;
    }

    private static void refusedWith(Introduction said, String... words) throws Exception {
        try (SSLSocket stream = dial(said)) {
            assertThat(stream.getInputStream().read()).isEqualTo(Handshake.REFUSAL);
            assertThat(Handshake.readRefusal(stream.getInputStream())).contains(words);
        }
        for (String word : words) {
            nodes.getFirst().awaitRefused(Kind.PEER_REFUSED, FOURTH.toString(), word);
        }
    }

    private static void endedBy(Incarnation self, byte[] frame, Kind kind, String words) throws Exception {
        try (SSLSocket stream = dial(introduction(self))) {
            assertThat(stream.getInputStream().read()).isEqualTo(Dialler.WELCOME);
            Introduction.read(stream.getInputStream());
            stream.getOutputStream().write(frame);
            LinksTest.assertEnded(stream);
        }
        nodes.getFirst().awaitRefused(kind, FOURTH.toString(), words);
    }

    private static byte[] sealed(long numbered, byte[] frame) {
        ByteBuffer into = ByteBuffer.allocate(frame.length + DatagramSeal.ADDED_BYTES);
        cluster.keys().seal().seal(nodes.getFirst().running().config().self().node(), 0, numbered, frame, into);
        return into.array();
    }

    private static void throwAt(DatagramSocket socket, int node, byte[] datagram) throws IOException {
        socket.send(new DatagramPacket(datagram, datagram.length,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), cluster.keys().link(node, 0).port())));
    }

    /** What is done again and again until closed. */
    private interface Blow {

        void strike(DatagramSocket socket) throws IOException;
    }

    private static final class Attack implements AutoCloseable {

        private final AtomicBoolean stop = new AtomicBoolean();
        private final Thread thread;

        Attack(Blow blow) {
            thread = Thread.ofPlatform().start(() -> {
                try (DatagramSocket socket = new DatagramSocket()) {
                    while (!stop.get()) {
                        blow.strike(socket);
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        @Override
        public void close() {
            stop.set(true);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
