package io.muster.runtime;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.base.VersionRange;
import io.muster.ledger.FeatureLevels;
import io.muster.wire.FrameHeader;
import io.muster.wire.MalformedFrame;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.net.ssl.SSLSocket;

/** Addresses, keys and certificates of a few nodes on loopback, and real links between them. */
public final class TestCluster implements AutoCloseable {

    public static final ClusterId CLUSTER = new ClusterId(0x0011223344556677L, 0x8899aabbccddeeffL);

    /** Below the range from which the kernel takes ports for those who dial. */
    private static final int FIRST_PORT = 12_000;
    private static final int LAST_PORT = 32_000;
    private static int nextPort = FIRST_PORT + (int) (ProcessHandle.current().pid() * 97 % (LAST_PORT - FIRST_PORT));

    private final Path keys;
    private final RuntimeConfig config;
    private final List<Runnable> closers = new ArrayList<>();

    public TestCluster(Path keys, int nodeCount, int linkCount) {
        this(keys, nodeCount, linkCount, 1);
    }

    /** @param streamCount 1, or as many as there are links */
    public TestCluster(Path keys, int nodeCount, int linkCount, int streamCount) {
        this.keys = keys;
        SortedMap<NodeId, RuntimeConfig.Address> nodes = new TreeMap<>();
        for (int number = 1; number <= nodeCount; number++) {
            List<RuntimeConfig.Endpoint> links = new ArrayList<>();
            for (int link = 0; link < linkCount; link++) {
                links.add(freeEndpoint());
            }
            List<RuntimeConfig.Endpoint> streams = new ArrayList<>();
            for (int stream = 0; stream < streamCount; stream++) {
                streams.add(freeEndpoint());
            }
            nodes.put(NodeId.of(number), new RuntimeConfig.Address(streams, links));
        }
        config = config(nodes);
        Certificates.found(keys, CLUSTER, NodeSet.of(nodes.keySet()));
    }

    public RuntimeConfig config() {
        return config;
    }

    public Path keys() {
        return keys;
    }

    public RuntimeConfig.Endpoint stream(int node) {
        return config.nodes().get(NodeId.of(node)).stream();
    }

    public RuntimeConfig.Endpoint link(int node, int link) {
        return config.nodes().get(NodeId.of(node)).links().get(link);
    }

    public SecureContext secure(int node) {
        return SecureContext.load(Certificates.files(keys, NodeId.of(node)), CLUSTER, NodeId.of(node));
    }

    public DatagramSeal seal() {
        return DatagramSeal.load(Certificates.datagramKey(keys));
    }

    /** The handshake of a node that has agreed on nothing yet. */
    public static Handshake handshake(Incarnation self, HandshakeStep... further) {
        return new Handshake(CLUSTER, self, FrameHeader.PROTOCOLS, FeatureLevels.SPOKEN, () -> FeatureLevels.FIRST,
                List.of(further), _ -> { });
    }

    /** Introduces a life on a stream that it dialled, and reads the first byte of the answer: a welcome or not. */
    public static int introduce(SSLSocket stream, Incarnation as) throws IOException {
        stream.getOutputStream().write(handshake(as).own().encode());
        int answer = stream.getInputStream().read();
        if (answer == Dialler.WELCOME) {
            try {
                Introduction.read(stream.getInputStream());
            } catch (MalformedFrame e) {
                throw new IOException(e);
            }
        }
        return answer;
    }

    /** What a node says to a life that dials it with these files and says that its program speaks these feature levels. */
    public static String answerTo(RuntimeConfig.TlsFiles files, ClusterId cluster, Incarnation as, VersionRange features,
            RuntimeConfig.Endpoint node) throws IOException {
        Introduction said = new Introduction(cluster, as, FrameHeader.PROTOCOLS, features, features.lowest(), new TreeMap<>());
        try (SSLSocket stream = SecureContext.load(files, cluster, as.node()).dialled(
                new Socket(InetAddress.getLoopbackAddress(), node.port()))) {
            stream.startHandshake();
            stream.getOutputStream().write(said.encode());
            return stream.getInputStream().read() == Handshake.REFUSAL
                    ? Handshake.readRefusal(stream.getInputStream())
                    : "";
        }
    }

    /** Takes a stream that was accepted: reads who dials and welcomes him as this life. */
    public static void welcome(SSLSocket stream, Incarnation as) throws IOException {
        try {
            Introduction.read(stream.getInputStream());
        } catch (MalformedFrame e) {
            throw new IOException(e);
        }
        stream.getOutputStream().write(Dialler.WELCOME);
        stream.getOutputStream().write(handshake(as).own().encode());
    }

    /** Started links of a node. */
    public Node start(int node, long life) {
        return start(node, life, new Mailbox());
    }

    public Node start(int number, long life, Mailbox mailbox) {
        Incarnation self = Incarnation.of(number, life);
        Counters counters = new Counters();
        Inbox inbox = new Inbox(mailbox);
        Links links = new Links(self.node(), config, secure(number), seal(), mailbox, counters,
                (thread, cause) -> inbox.broken(cause));
        links.start(new TestFrames(CLUSTER, self), handshake(self), TimeBudget.lan());
        closers.add(links::close);
        return new Node(self, links, mailbox, inbox, counters);
    }

    @Override
    public void close() {
        closers.forEach(Runnable::run);
    }

    public record Node(Incarnation self, Links links, Mailbox mailbox, Inbox inbox, Counters counters) {}

    private RuntimeConfig config(SortedMap<NodeId, RuntimeConfig.Address> nodes) {
        return new RuntimeConfig(keys, nodes, Certificates.files(keys, NodeId.of(1)), Certificates.datagramKey(keys),
                new RuntimeConfig.Fencing(Optional.empty(), new TreeMap<>()));
    }

    /** A port where nobody listened a moment ago, for streams and for datagrams. */
    public static synchronized RuntimeConfig.Endpoint freeEndpoint() {
        while (true) {
            nextPort = nextPort >= LAST_PORT ? FIRST_PORT : nextPort + 1;
            InetAddress loopback = InetAddress.getLoopbackAddress();
            try (ServerSocket stream = new ServerSocket(nextPort, 1, loopback);
                    DatagramSocket datagram = new DatagramSocket(nextPort, loopback)) {
                if (stream.isBound() && datagram.isBound()) {
                    return new RuntimeConfig.Endpoint("127.0.0.1", nextPort);
                }
            } catch (IOException e) {
                // Taken: try the next.
            }
        }
    }
}
