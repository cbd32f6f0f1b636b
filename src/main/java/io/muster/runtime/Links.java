package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.NodeId;
import io.muster.machine.Message;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Everything that connects a node with its peers: a TLS stream to each and from each, and a datagram socket for each
 * link. What arrives goes into the mailbox, in the order of each stream.
 */
final class Links implements Transport {

    /** How long an orderly end waits for frames that are queued. */
    static final long CLOSE_LIMIT_NS = 500_000_000L;

    private final Counters counters;
    private final IncomingStreams incoming;
    private final SortedMap<NodeId, OutgoingStream> outgoing = new TreeMap<>();
    private final List<Datagrams> links = new ArrayList<>();
    /** Given at the start, as it names the life that is lived; read by the node's thread, which starts later. */
    private volatile Optional<Spoken> frames = Optional.empty();

    /**
     * Resolves and listens on all addresses; dials and accepts from {@link #start} on.
     *
     * @param broken told of what may never happen on one of the threads
     * @throws ClusterFault CONFIG_1 when a host is not known, LINK_2 when an address cannot be listened on
     */
    Links(NodeId self, RuntimeConfig config, SecureContext secure, DatagramSeal seal, Mailbox mailbox, Counters counters,
            Thread.UncaughtExceptionHandler broken) {
        this.counters = counters;
        RuntimeConfig.Address own = config.nodes().get(self);
        config.nodes().forEach((node, address) -> {
            if (!node.equals(self)) {
                outgoing.put(node, new OutgoingStream(
                        node, address.stream().resolve(), secure, mailbox, counters, broken));
            }
        });
        incoming = new IncomingStreams(own.stream().resolve(), config.nodeSet().without(self), secure, mailbox, counters,
                peer -> outgoing.get(peer).nudge(), broken);
        try {
            for (int link = 0; link < own.links().size(); link++) {
                links.add(new Datagrams(self, link, own.links().get(link).resolve(), linkAddresses(config, self, link),
                        seal, mailbox, counters, broken));
            }
        } catch (ClusterFault e) {
            incoming.close();
            links.forEach(Datagrams::close);
            throw e;
        }
    }

    /**
     * @param frames    of the life that is lived now
     * @param handshake with which every stream begins
     */
    void start(Frames frames, Handshake handshake) {
        this.frames = Optional.of(new Spoken(frames, handshake));
        incoming.start(frames, handshake);
        links.forEach(link -> link.start(frames));
        outgoing.values().forEach(stream -> stream.start(handshake));
    }

    @Override
    public void send(NodeId to, Message message) {
        OutgoingStream stream = outgoing.get(to);
        if (stream == null) {
            counters.add(Counters.Kind.FRAME_UNSENT, to + " is no peer");
            return;
        }
        stream.send(encode(to, message));
    }

    @Override
    public void cast(NodeId to, int link, Message message) {
        if (link < 0 || link >= links.size()) {
            counters.add(Counters.Kind.DATAGRAM_UNSENT, "there is no link " + link);
            return;
        }
        links.get(link).send(to, encode(to, message));
    }

    /** Sends what is queued, within a limit, and closes everything. */
    void close() {
        long until = System.nanoTime() + CLOSE_LIMIT_NS;
        try {
            for (OutgoingStream stream : outgoing.values()) {
                stream.drain(until);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            incoming.close();
            links.forEach(Datagrams::close);
        }
    }

    /** Makes the own streams anew, as with a new certificate. */
    void renew() {
        outgoing.values().forEach(OutgoingStream::renew);
    }

    /** After a change of what is trusted: streams whose peer is not trusted any more are closed. */
    void recheck() {
        incoming.recheck();
    }

    private byte[] encode(NodeId to, Message message) {
        Spoken spoken = frames.orElseThrow(() -> new IllegalStateException("not started"));
        return spoken.frames().encode(spoken.handshake().protocolWith(to), message);
    }

    /** The frames of this life, and who speaks which version of them. */
    private record Spoken(Frames frames, Handshake handshake) {}

    private static SortedMap<NodeId, InetSocketAddress> linkAddresses(RuntimeConfig config, NodeId self, int link) {
        SortedMap<NodeId, InetSocketAddress> addresses = new TreeMap<>();
        config.nodes().forEach((node, address) -> {
            if (!node.equals(self)) {
                addresses.put(node, address.links().get(link).resolve());
            }
        });
        return addresses;
    }
}
