package io.muster.runtime;

import static io.muster.runtime.Inbox.awaitCount;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.machine.Message;
import io.muster.node.NodeInput;
import io.muster.runtime.Counters.Kind;
import io.muster.runtime.TestFrames.Words;
import io.muster.wire.FrameHeader;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinksTest {

    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final int FIRST_OF_CONTENT = FrameHeader.BYTES + 4;

    @TempDir
    Path folder;

    private TestCluster cluster;
    private long number;

    @BeforeEach
    void found() {
        cluster = new TestCluster(folder.resolve("keys"), 3, 2);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    @DisplayName("what is sent over a stream arrives in order, with the life of its sender")
    void framesArriveInOrder() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 7);
        TestCluster.Node n2 = cluster.start(2, 1);
        n1.inbox().await(new NodeInput.StreamOpened(N2));
        List<Words> sent = IntStream.range(0, 500).mapToObj(i -> Words.of("word " + i)).toList();
        sent.forEach(word -> n1.links().send(N2, word));
        n2.inbox().await(arrived(n1.self(), sent.getLast()));
        assertThat(n2.inbox().seen().stream().filter(NodeInput.Arrived.class::isInstance).toList())
                .isEqualTo(sent.stream().map(word -> (NodeInput) new NodeInput.Arrived(n1.self(), word)).toList());
    }

    @Test
    @DisplayName("a frame of many TLS records arrives whole")
    void longFramesArrive() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        TestCluster.Node n2 = cluster.start(2, 1);
        n1.inbox().await(new NodeInput.StreamOpened(N2));
        n1.links().send(N2, Words.of("before"));
        n1.links().send(N2, Words.ofLength(200_000));
        n1.links().send(N2, Words.of("after"));
        n2.inbox().await(arrived(n1.self(), Words.ofLength(200_000)));
        n2.inbox().await(arrived(n1.self(), Words.of("after")));
    }

    @Test
    @DisplayName("the end of a peer is noticed on both streams, though nothing is being sent; then its host refuses")
    void theEndOfAPeerIsNoticed() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        TestCluster.Node n2 = cluster.start(2, 1);
        n1.inbox().await(new NodeInput.StreamOpened(N2));
        n2.inbox().await(new NodeInput.StreamOpened(N1));
        n2.links().close();
        n1.inbox().await(new NodeInput.StreamClosed(N2));
        n1.inbox().await(new NodeInput.StreamClosed(N2));
        n1.inbox().await(new NodeInput.StreamRefused(N2));
    }

    @Test
    @DisplayName("a peer that comes back is dialled again, and the frames for its old life are not kept for the new one")
    void aPeerThatComesBackIsDialledAgain() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        TestCluster.Node first = cluster.start(2, 1);
        n1.inbox().await(new NodeInput.StreamOpened(N2));
        first.inbox().await(new NodeInput.StreamOpened(N1));
        first.links().close();
        n1.inbox().await(new NodeInput.StreamRefused(N2));
        n1.links().send(N2, Words.of("to the dead"));
        assertThat(n1.counters().count(Kind.FRAME_UNSENT)).isEqualTo(1);
        TestCluster.Node second = cluster.start(2, 2);
        n1.inbox().await(new NodeInput.StreamOpened(N2));
        second.inbox().await(new NodeInput.StreamOpened(N1));
        n1.links().send(N2, Words.of("to the living"));
        second.inbox().await(arrived(n1.self(), Words.of("to the living")));
        assertThat(second.inbox().seen()).noneMatch(arrived(n1.self(), Words.of("to the dead"))::equals);
    }

    @Test
    @DisplayName("a peer's second stream takes the place of its first, which is not reported as closed by the peer")
    void aSecondStreamReplacesTheFirst() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        try (SSLSocket first = dial(2); SSLSocket second = dial(2)) {
            second.getOutputStream().write(frames(2, 1).encode(Words.of("second")));
            n1.inbox().await(arrived(Incarnation.of(2, 1), Words.of("second")));
            assertEnded(first);
        }
        n1.inbox().await(new NodeInput.StreamClosed(N2));
        n1.links().close();
        assertThat(n1.inbox().seen().stream().filter(new NodeInput.StreamClosed(N2)::equals)).hasSize(1);
    }

    @Test
    @DisplayName("bytes that are no frame close the stream, are counted, and are not taken for the peer's closing")
    void malformedFramesCloseTheStream() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        byte[] whole = frames(2, 1).encode(Words.of("some words"));
        byte[] flipped = whole.clone();
        flipped[FIRST_OF_CONTENT] ^= 0x10;
        byte[] oversized = whole.clone();
        oversized[4] = 0x7F;
        byte[] alien = new TestFrames(new ClusterId(1, 1), Incarnation.of(2, 1)).encode(Words.of("x"));
        byte[] noise = new byte[64];
        List<byte[]> attacks = List.of(flipped, oversized, alien, noise);
        for (int i = 0; i < attacks.size(); i++) {
            try (SSLSocket stream = dial(2)) {
                stream.getOutputStream().write(attacks.get(i));
                assertEnded(stream);
            }
            awaitCount(n1.counters(), Kind.FRAME_MALFORMED, i + 1);
        }
        n1.links().close();
        assertThat(n1.inbox().seen()).doesNotContain(new NodeInput.StreamClosed(N2));
    }

    @Test
    @DisplayName("LINK-1: a frame in another node's name closes the stream and is counted")
    void aFrameInAnothersNameIsRefused() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        try (SSLSocket stream = dial(2)) {
            stream.getOutputStream().write(frames(3, 1).encode(Words.of("I am n3")));
            assertEnded(stream);
        }
        awaitCount(n1.counters(), Kind.FRAME_FOREIGN, 1);
        n1.links().close();
        assertThat(n1.inbox().seen()).noneMatch(NodeInput.Arrived.class::isInstance);
    }

    @Test
    @DisplayName("a frame that is cut off is a closed stream, and nothing of it is told")
    void aFrameCutOffIsNotTold() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        byte[] whole = frames(2, 1).encode(Words.of("some words"));
        try (SSLSocket stream = dial(2)) {
            stream.getOutputStream().write(whole, 0, whole.length - 1);
        }
        n1.inbox().await(new NodeInput.StreamClosed(N2));
        assertThat(n1.inbox().seen()).noneMatch(NodeInput.Arrived.class::isInstance);
        assertThat(n1.counters().count(Kind.FRAME_MALFORMED)).isZero();
    }

    @Test
    @DisplayName("connections that do not say who they are are bounded; peers get in again when these go")
    void unauthenticatedConnectionsAreBounded() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        List<Socket> silent = new ArrayList<>();
        for (int i = 0; i < IncomingStreams.PER_ADDRESS_LIMIT; i++) {
            silent.add(new Socket(InetAddress.getLoopbackAddress(), cluster.stream(1).port()));
        }
        try (Socket oneTooMany = new Socket(InetAddress.getLoopbackAddress(), cluster.stream(1).port())) {
            assertEnded(oneTooMany);
        }
        awaitCount(n1.counters(), Kind.UNAUTHENTICATED_OVERFLOW, 1);
        for (Socket socket : silent) {
            socket.close();
        }
        awaitCount(n1.counters(), Kind.HANDSHAKE_FAILED, IncomingStreams.PER_ADDRESS_LIMIT);
        cluster.start(2, 1).inbox().await(new NodeInput.StreamOpened(N1));
    }

    @Test
    @DisplayName("a peer that speaks on a stream that is ours to send on loses it")
    void aPeerThatSpeaksOnOurStreamLosesIt() throws Exception {
        try (ServerSocket fake = new ServerSocket()) {
            fake.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), cluster.stream(2).port()));
            TestCluster.Node n1 = cluster.start(1, 1);
            SSLSocket stream = cluster.secure(2).accepted(fake.accept());
            stream.startHandshake();
            TestCluster.welcome(stream, Incarnation.of(2, 1));
            stream.getOutputStream().write(1);
            awaitCount(n1.counters(), Kind.FRAME_MALFORMED, 1);
            assertEnded(stream);
        }
    }

    @Test
    @DisplayName("a peer that does not read costs the newest frames nothing: the oldest of its queue are dropped")
    void theOldestAreDroppedForAPeerThatDoesNotRead() throws Exception {
        try (ServerSocket fake = new ServerSocket()) {
            fake.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), cluster.stream(2).port()));
            TestCluster.Node n1 = cluster.start(1, 1);
            SSLSocket stream = cluster.secure(2).accepted(fake.accept());
            stream.startHandshake();
            TestCluster.welcome(stream, Incarnation.of(2, 1));
            n1.inbox().await(new NodeInput.StreamOpened(N2));
            while (n1.counters().count(Kind.FRAME_DROPPED) == 0) {
                n1.links().send(N2, Words.ofLength(100_000));
            }
            n1.links().send(N2, Words.of("the newest"));
            InputStream from = stream.getInputStream();
            Message message = Words.of("");
            while (!message.equals(Words.of("the newest"))) {
                message = frames(2, 1).decode(Frames.read(from)).message();
            }
        }
    }

    @Test
    @DisplayName("a datagram arrives with its link and the life of its sender")
    void datagramsArrive() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 3);
        TestCluster.Node n2 = cluster.start(2, 1);
        n1.links().cast(N2, 1, Words.of("pulse"));
        n2.inbox().await(new NodeInput.CastArrived(n1.self(), 1, Words.of("pulse")));
    }

    @Test
    @DisplayName("a datagram with any bit flipped, cut, too long, unsealed or for another link is counted and dropped")
    void forgedDatagramsAreDropped() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        byte[] sealed = sealed(1, 0, frames(2, 1).encode(Words.of("pulse")));
        try (DatagramSocket socket = new DatagramSocket()) {
            for (int bit = 0; bit < sealed.length * 8; bit++) {
                byte[] flipped = sealed.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                throwAt(socket, 1, 0, flipped);
                awaitCount(n1.counters(), Kind.DATAGRAM_UNSEALED, bit + 1);
            }
            long unsealed = n1.counters().count(Kind.DATAGRAM_UNSEALED);
            throwAt(socket, 1, 0, Arrays.copyOf(sealed, sealed.length - 1));
            throwAt(socket, 1, 0, new byte[0]);
            throwAt(socket, 1, 0, frames(2, 1).encode(Words.of("pulse")));
            throwAt(socket, 1, 1, sealed);
            throwAt(socket, 1, 0, sealed(3, 0, frames(2, 1).encode(Words.of("pulse"))));
            awaitCount(n1.counters(), Kind.DATAGRAM_UNSEALED, unsealed + 5);
            throwAt(socket, 1, 0, new byte[Datagrams.LIMIT_BYTES + 1]);
            throwAt(socket, 1, 0, sealed(1, 0, new byte[64]));
            awaitCount(n1.counters(), Kind.DATAGRAM_MALFORMED, 2);
            throwAt(socket, 1, 0, sealed(1, 0, frames(9, 1).encode(Words.of("pulse"))));
            throwAt(socket, 1, 0, sealed(1, 0, frames(1, 1).encode(Words.of("my own voice"))));
            awaitCount(n1.counters(), Kind.DATAGRAM_FOREIGN, 2);
            throwAt(socket, 1, 0, sealed);
        }
        n1.inbox().await(new NodeInput.CastArrived(Incarnation.of(2, 1), 0, Words.of("pulse")));
        assertThat(n1.inbox().seen().stream().filter(NodeInput.CastArrived.class::isInstance)).hasSize(1);
    }

    @Test
    @DisplayName("a datagram that cannot be sent is counted and hurts nothing")
    void aDatagramThatIsTooLongIsNotSent() {
        TestCluster.Node n1 = cluster.start(1, 1);
        n1.links().cast(N2, 0, Words.ofLength(Datagrams.LIMIT_BYTES));
        n1.links().cast(NodeId.of(9), 0, Words.of("to a stranger"));
        n1.links().cast(N2, 7, Words.of("over no link"));
        assertThat(n1.counters().count(Kind.DATAGRAM_UNSENT)).isEqualTo(3);
    }

    @Test
    @DisplayName("LINK-2: an address in use is named, for streams and for links, and nothing stays bound")
    void anAddressInUseIsNamed() throws Exception {
        TestCluster.Node n1 = cluster.start(1, 1);
        assertThatThrownBy(() -> cluster.start(1, 1))
                .isInstanceOfSatisfying(ClusterFault.class, e -> assertThat(e.code()).isEqualTo(FaultCode.LINK_2))
                .hasMessageContaining("127.0.0.1:" + cluster.stream(1).port());
        n1.links().close();
        try (DatagramSocket squatter = new DatagramSocket(
                cluster.link(1, 1).port(), InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> cluster.start(1, 1))
                    .isInstanceOfSatisfying(ClusterFault.class, e -> assertThat(e.code()).isEqualTo(FaultCode.LINK_2))
                    .hasMessageContaining("link 1").hasMessageContaining(":" + squatter.getLocalPort());
        }
        cluster.start(1, 2);
    }

    private static NodeInput.Arrived arrived(Incarnation from, Message message) {
        return new NodeInput.Arrived(from, message);
    }

    private static TestFrames frames(int node, long life) {
        return new TestFrames(TestCluster.CLUSTER, Incarnation.of(node, life));
    }

    /** Dials n1 with the certificate of a node, through its welcome. */
    private SSLSocket dial(int as) throws IOException {
        SSLSocket stream = cluster.secure(as).dialled(
                new Socket(InetAddress.getLoopbackAddress(), cluster.stream(1).port()));
        stream.startHandshake();
        assertThat(TestCluster.introduce(stream, Incarnation.of(as, 1))).isEqualTo(Dialler.WELCOME);
        return stream;
    }

    private byte[] sealed(int to, int link, byte[] frame) {
        ByteBuffer into = ByteBuffer.allocate(frame.length + DatagramSeal.ADDED_BYTES);
        cluster.seal().seal(NodeId.of(to), link, ++number, frame, into);
        return into.array();
    }

    private void throwAt(DatagramSocket socket, int node, int link, byte[] datagram) throws IOException {
        socket.send(new DatagramPacket(datagram, datagram.length,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), cluster.link(node, link).port())));
    }

    static void assertEnded(Socket socket) throws IOException {
        socket.setSoTimeout(30_000);
        try {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("it was not closed", e);
        } catch (IOException e) {
            // Reset is closed too.
            assertThat(e).isNotNull();
        }
    }
}
