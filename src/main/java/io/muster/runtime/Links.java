package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.Heartbeat;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.machine.Message;
import io.muster.node.PulseFrame;
import io.muster.wire.FrameHeader;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Everything that connects a node with its peers: a TLS stream to each and from each, and a datagram socket for each
 * link. What arrives goes into the mailbox, in the order of each stream.
 *
 * <p>Addresses may change under it: {@link #prepare} opens what is new and may refuse; {@link Change#commit} goes over to
 * it. What is left behind is listened on a little longer, since the peers learn of it one after the other.
 */
final class Links implements Transport {

    /** How long an orderly end waits for frames that are queued. */
    static final long CLOSE_LIMIT_NS = 500_000_000L;

    private final NodeId self;
    private final SecureContext secure;
    private final DatagramSeal seal;
    private final Mailbox mailbox;
    private final Counters counters;
    private final Thread.UncaughtExceptionHandler broken;
    private final LinkWatch watch = new LinkWatch(TimeBudget.lan());
    private final IncomingStreams incoming;
    private final RetiredSockets retired = new RetiredSockets();
    /** All three are replaced as a whole, never changed. */
    private volatile SortedMap<NodeId, OutgoingStream> outgoing = Collections.emptySortedMap();
    private volatile List<Datagrams> links = List.of();
    /** What goes on from one socket of a link to the next, by link. */
    private final List<DatagramNumbers> numbers = Stream.generate(DatagramNumbers::new).limit(Heartbeat.LINKS_LIMIT).toList();
    private volatile SortedMap<String, PatientListener> listeners = Collections.emptySortedMap();
    private RuntimeConfig config;
    private Supplier<Optional<PulseFrame>> quick = Optional::empty;
    /** Of the node's thread, which alone casts. */
    private volatile Optional<PulseFrame> ownPulses = Optional.empty();
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
        this.self = self;
        this.secure = secure;
        this.seal = seal;
        this.mailbox = mailbox;
        this.counters = counters;
        this.broken = broken;
        this.config = config;
        this.incoming = new IncomingStreams(config.nodeSet().without(self), secure, mailbox, counters, this::nudge, broken);
        prepare(config).commit();
    }

    /**
     * @param frames    of the life that is lived now
     * @param handshake with which every stream begins
     */
    void start(Frames frames, Handshake handshake, TimeBudget times) {
        start(frames, handshake, times, Optional::empty);
    }

    /** @param quick makes the quick way for pulses, one for each thread that needs one */
    synchronized void start(
            Frames frames, Handshake handshake, TimeBudget times, Supplier<Optional<PulseFrame>> quick) {
        watch.follow(times);
        this.quick = quick;
        ownPulses = quick.get();
        this.frames = Optional.of(new Spoken(frames, handshake));
        listeners.values().forEach(listener -> incoming.start(listener, frames, handshake));
        links.forEach(link -> link.start(frames, quick.get()));
        outgoing.values().forEach(stream -> stream.start(handshake));
    }

    /**
     * Opens what another configuration needs and this one has not; nothing else changes.
     *
     * @throws ClusterFault CONFIG_1 when a host is not known, LINK_2 when an address cannot be listened on; nothing is
     *                      left open
     */
    synchronized Change prepare(RuntimeConfig next) {
        try {
            return new Change(next);
        } catch (ClusterFault e) {
            // It may go back to an address that it left a moment ago.
            if (!retired.release()) {
                throw e;
            }
            return new Change(next);
        }
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
        List<Datagrams> now = links;
        if (link < 0 || link >= now.size()) {
            counters.add(Counters.Kind.DATAGRAM_UNSENT, "there is no link " + link);
            return;
        }
        now.get(link).send(to, message instanceof Pulse pulse && ownPulses.isPresent() && speaksAsWeDo(to)
                ? ownPulses.get().encode(pulse)
                : encode(to, message));
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
            listeners.values().forEach(Sockets::closeQuietly);
            links.forEach(Datagrams::close);
            retired.close();
        }
    }

    private void nudge(NodeId peer) {
        OutgoingStream stream = outgoing.get(peer);
        if (stream != null) {
            stream.nudge();
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
        Spoken spoken = spoken();
        return spoken.frames().encode(spoken.handshake().protocolWith(to), message);
    }

    /** The quick way writes pulses in the highest version only. */
    private boolean speaksAsWeDo(NodeId to) {
        return spoken().handshake().protocolWith(to) == FrameHeader.PROTOCOLS.highest();
    }

    private Spoken spoken() {
        return frames.orElseThrow(() -> new IllegalStateException("not started"));
    }

    /** The frames of this life, and who speaks which version of them. */
    private record Spoken(Frames frames, Handshake handshake) {}

    /** Another configuration, with all its sockets open, that can still be given up. */
    final class Change {

        private final RuntimeConfig next;
        private final SortedMap<NodeId, List<InetSocketAddress>> streams = new TreeMap<>();
        private final SortedMap<String, PatientListener> nextListeners = new TreeMap<>();
        private final List<Datagrams> nextLinks = new ArrayList<>();
        private final List<SortedMap<NodeId, InetSocketAddress>> ways = new ArrayList<>();
        private final List<Runnable> opened = new ArrayList<>();

        private Change(RuntimeConfig next) {
            this.next = next;
            try {
                open();
            } catch (ClusterFault e) {
                giveUp();
                throw e;
            }
        }

        private void open() {
            next.nodes().forEach((node, address) -> {
                if (!node.equals(self)) {
                    streams.put(node, address.streams().stream().map(RuntimeConfig.Endpoint::resolve).toList());
                }
            });
            RuntimeConfig.Address own = next.nodes().get(self);
            for (RuntimeConfig.Endpoint endpoint : own.streams()) {
                PatientListener standing = listeners.get(endpoint.toString());
                nextListeners.put(endpoint.toString(), standing != null ? standing : listen(endpoint));
            }
            for (int link = 0; link < own.links().size(); link++) {
                ways.add(ways(link));
                nextLinks.add(stays(link, own) ? links.get(link) : datagrams(link, own.links().get(link)));
            }
        }

        private boolean stays(int link, RuntimeConfig.Address own) {
            List<RuntimeConfig.Endpoint> standing = config.nodes().get(self).links();
            return link < links.size() && standing.get(link).equals(own.links().get(link));
        }

        private PatientListener listen(RuntimeConfig.Endpoint endpoint) {
            PatientListener listener = IncomingStreams.listen(endpoint.resolve());
            opened.add(() -> Sockets.closeQuietly(listener));
            return listener;
        }

        private Datagrams datagrams(int link, RuntimeConfig.Endpoint own) {
            Datagrams made = new Datagrams(
                    self, link, own.resolve(), ways.get(link), seal, watch, mailbox, counters, broken,
                    numbers.get(link));
            opened.add(made::close);
            return made;
        }

        private SortedMap<NodeId, InetSocketAddress> ways(int link) {
            SortedMap<NodeId, InetSocketAddress> addresses = new TreeMap<>();
            next.nodes().forEach((node, address) -> {
                if (!node.equals(self)) {
                    addresses.put(node, address.links().get(link).resolve());
                }
            });
            return addresses;
        }

        /** Lets go of what was opened. */
        void giveUp() {
            opened.forEach(Runnable::run);
            opened.clear();
        }

        /** Goes over to it. */
        void commit() {
            synchronized (Links.this) {
                List<Runnable> left = new ArrayList<>();
                goOverToLinks(left);
                goOverToListeners(left);
                goOverToStreams();
                config = next;
                retired.add(left);
            }
        }

        private void goOverToLinks(List<Runnable> left) {
            List<Datagrams> before = links;
            for (int link = 0; link < nextLinks.size(); link++) {
                Datagrams one = nextLinks.get(link);
                one.readdress(ways.get(link));
                if (!before.contains(one)) {
                    frames.ifPresent(of -> one.start(of.frames(), quick.get()));
                }
            }
            before.stream().filter(one -> !nextLinks.contains(one)).forEach(one -> {
                // It is only listened on from here; who is no peer any more is none there either.
                int link = before.indexOf(one);
                one.readdress(link < ways.size() ? ways.get(link) : Collections.emptySortedMap());
                left.add(one::close);
            });
            links = List.copyOf(nextLinks);
        }

        private void goOverToListeners(List<Runnable> left) {
            SortedMap<String, PatientListener> before = listeners;
            nextListeners.forEach((name, listener) -> {
                if (!before.containsKey(name)) {
                    frames.ifPresent(of -> incoming.start(listener, of.frames(), of.handshake()));
                }
            });
            before.forEach((name, listener) -> {
                if (!nextListeners.containsKey(name)) {
                    left.add(() -> Sockets.closeQuietly(listener));
                }
            });
            listeners = Collections.unmodifiableSortedMap(nextListeners);
            incoming.admitOnly(next.nodeSet().without(self));
        }

        private void goOverToStreams() {
            SortedMap<NodeId, OutgoingStream> before = outgoing;
            SortedMap<NodeId, OutgoingStream> after = new TreeMap<>();
            streams.forEach((node, addresses) -> {
                OutgoingStream standing = before.get(node);
                if (standing != null) {
                    standing.readdress(addresses);
                    after.put(node, standing);
                } else {
                    OutgoingStream made = new OutgoingStream(
                            node, addresses, secure, watch, mailbox, counters, broken);
                    frames.ifPresent(of -> made.start(of.handshake()));
                    after.put(node, made);
                }
            });
            outgoing = Collections.unmodifiableSortedMap(after);
            before.forEach((node, stream) -> {
                if (!after.containsKey(node)) {
                    stream.end();
                }
            });
        }
    }
}
