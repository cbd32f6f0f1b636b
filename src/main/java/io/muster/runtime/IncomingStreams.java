package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.node.NodeInput;
import io.muster.runtime.Counters.Kind;
import io.muster.wire.ByteWriter;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocket;

/**
 * Accepts the streams of the peers and reads their frames, each stream on a thread of its own. A peer has one such
 * stream; when it opens another, the older one is closed.
 */
final class IncomingStreams {

    /** Connections that have not proved who they are, from all addresses together. */
    static final int UNAUTHENTICATED_LIMIT = 64;
    /** And from one address: what fills its own share keeps nobody else out. */
    static final int PER_ADDRESS_LIMIT = 16;
    /** For the handshake as a whole, and for each answer in it. */
    static final int HANDSHAKE_LIMIT_MS = 3_000;
    /** When there is no room, a connection that has had this long makes room for a new one. */
    static final int PATIENCE_MS = 250;
    /** How often slow connections are looked for, and what is to be told of refusals is told. */
    private static final int TICK_MS = 250;

    private static final int BACKLOG = 64;
    private static final int BUFFER_BYTES = 32 * 1024;
    /** After an accept that failed, as for want of file descriptors. */
    private static final long ACCEPT_PAUSE_MS = 100;

    private volatile NodeSet peers;
    private final SecureContext secure;
    private final Mailbox mailbox;
    private final Counters counters;
    private final Consumer<NodeId> peerArrived;
    private final Thread.UncaughtExceptionHandler broken;
    private final CountDownLatch closed = new CountDownLatch(1);

    // Guarded by this.
    private final SequencedSet<Stream> unauthenticated = new LinkedHashSet<>();
    private final SortedMap<NodeId, Stream> open = new TreeMap<>();

    /** @param peerArrived told when a peer has opened a stream */
    IncomingStreams(NodeSet peers, SecureContext secure, Mailbox mailbox, Counters counters,
            Consumer<NodeId> peerArrived, Thread.UncaughtExceptionHandler broken) {
        this.peers = peers;
        this.secure = secure;
        this.mailbox = mailbox;
        this.counters = counters;
        this.peerArrived = peerArrived;
        this.broken = broken;
    }

    /**
     * A socket that listens; nothing is accepted on it before {@link #start}.
     *
     * @throws ClusterFault LINK_2 when the address cannot be listened on
     */
    static PatientListener listen(InetSocketAddress address) {
        try {
            PatientListener listener = new PatientListener();
            listener.setReuseAddress(true);
            listener.setSoTimeout(TICK_MS);
            listener.bind(address, BACKLOG);
            return listener;
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.LINK_2, "%s cannot be listened on for streams (%s): free it or configure another"
                    .formatted(address, e.getMessage()), e);
        }
    }

    /** Accepts on a listening socket until that is closed, which is its owner's to do. */
    void start(PatientListener listener, Frames frames, Handshake handshake) {
        thread("muster-accept", () -> accept(listener, frames, handshake)).start();
    }

    /** Who may come from now on; the streams of others are closed. */
    void admitOnly(NodeSet next) {
        peers = next;
        synchronized (this) {
            open.forEach((peer, stream) -> {
                if (!next.contains(peer)) {
                    stream.abort();
                }
            });
        }
    }

    void close() {
        closed.countDown();
        synchronized (this) {
            unauthenticated.forEach(Stream::abort);
            open.values().forEach(Stream::abort);
        }
    }

    private void accept(PatientListener listener, Frames frames, Handshake handshake) {
        long tickAt = System.nanoTime();
        while (closed.getCount() > 0 && !listener.isClosed()) {
            try {
                // Also while connections pour in.
                if (System.nanoTime() - tickAt >= 0) {
                    closeSlow();
                    counters.tellDue();
                    tickAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TICK_MS);
                }
                Stream stream = new Stream(listener.accept(), System.nanoTime());
                if (admit(stream)) {
                    thread("muster-in", () -> serve(stream, frames, handshake)).start();
                } else {
                    counters.refused(Kind.UNAUTHENTICATED_OVERFLOW, stream.from,
                            () -> "%d connections from one address or %d in all have not said who they are".formatted(
                                    PER_ADDRESS_LIMIT, UNAUTHENTICATED_LIMIT));
                    stream.abort();
                }
            } catch (SocketTimeoutException e) {
                // Nobody came.
                continue;
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    pauseAfter(e);
                }
            }
        }
    }

    private void pauseAfter(IOException failure) {
        if (closed.getCount() == 0) {
            return;
        }
        Log.warn("accepting a stream failed: %s", failure);
        try {
            closed.await(ACCEPT_PAUSE_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            closed.countDown();
        }
    }

    /** Takes it when there is room, or when there is one to make room for it that had its time. */
    private synchronized boolean admit(Stream stream) {
        if (closed.getCount() == 0) {
            return false;
        }
        List<Stream> rivals = unauthenticated.stream().filter(other -> other.host.equals(stream.host)).toList();
        if (rivals.size() < PER_ADDRESS_LIMIT && unauthenticated.size() < UNAUTHENTICATED_LIMIT) {
            return unauthenticated.add(stream);
        }
        // In order of arrival, so the first is the oldest.
        Stream oldest = rivals.size() >= PER_ADDRESS_LIMIT ? rivals.getFirst() : unauthenticated.getFirst();
        if (!oldest.olderThan(PATIENCE_MS)) {
            return false;
        }
        giveUp(oldest, "it made room for another after %d ms".formatted(PATIENCE_MS));
        return unauthenticated.add(stream);
    }

    private synchronized void closeSlow() {
        List.copyOf(unauthenticated).stream().filter(stream -> stream.olderThan(HANDSHAKE_LIMIT_MS)).forEach(
                stream -> giveUp(stream, "it did not say who it is within %d ms".formatted(HANDSHAKE_LIMIT_MS)));
    }

    private void giveUp(Stream stream, String why) {
        unauthenticated.remove(stream);
        stream.abort();
        counters.refused(Kind.HANDSHAKE_SLOW, Refusals.NOBODY_KNOWN, stream.from, why);
    }

    /** Closes the streams of peers whose certificate is not trusted any more; others go on. */
    void recheck() {
        List<Stream> standing;
        synchronized (this) {
            standing = List.copyOf(open.values());
        }
        for (Stream stream : standing) {
            try {
                secure.recheck(stream.tls.orElseThrow().getSession());
            } catch (PeerRefused e) {
                counters.refused(Kind.PEER_REFUSED, stream.peer, stream.from, e.getMessage());
                stream.abort();
            }
        }
    }

    private void serve(Stream stream, Frames frames, Handshake handshake) {
        try {
            Optional<Incarnation> peer = authenticate(stream, handshake);
            if (peer.isPresent()) {
                Thread.currentThread().setName("muster-in-" + peer.get().node());
                peerArrived.accept(peer.get().node());
                read(peer.get(), stream, frames);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            stream.abort();
            forget(stream);
        }
    }

    private Optional<Incarnation> authenticate(Stream stream, Handshake handshake) {
        try {
            stream.socket.setTcpNoDelay(true);
            stream.socket.setSoTimeout(HANDSHAKE_LIMIT_MS);
            SSLSocket tls = secure.accepted(stream.socket);
            tls.startHandshake();
            NodeId peer = secure.peer(tls.getSession());
            stream.peer = peer.toString();
            return Optional.of(meet(peer, tls, stream, handshake));
        } catch (PeerRefused e) {
            counters.refused(Kind.PEER_REFUSED, stream.peer, stream.from, e.getMessage());
        } catch (IOException e) {
            if (!stream.aborted()) {
                counters.refused(Kind.HANDSHAKE_FAILED, stream.peer, stream.from, String.valueOf(e.getMessage()));
            }
        }
        return Optional.empty();
    }

    private Incarnation meet(NodeId peer, SSLSocket tls, Stream stream, Handshake handshake) throws IOException, PeerRefused {
        try {
            if (!peers.contains(peer)) {
                throw new PeerRefused("it is %s, which is not among the peers %s".formatted(peer, peers));
            }
            Incarnation who = handshake.meet(peer, tls.getInputStream()).who();
            stream.socket.proven();
            stream.tls = Optional.of(tls);
            replaceOlder(peer, stream);
            tls.getOutputStream().write(new ByteWriter().u8(Dialler.WELCOME).raw(handshake.own().encode()).toArray());
            stream.socket.setSoTimeout(0);
            return who;
        } catch (PeerRefused e) {
            tls.getOutputStream().write(Handshake.refusal(e.getMessage()));
            throw e;
        }
    }

    private synchronized void replaceOlder(NodeId peer, Stream stream) throws IOException {
        unauthenticated.remove(stream);
        if (stream.aborted() || closed.getCount() == 0) {
            throw new IOException("closed meanwhile");
        }
        Stream older = open.put(peer, stream);
        if (older != null) {
            older.abort();
        }
    }

    private synchronized void forget(Stream stream) {
        unauthenticated.remove(stream);
        open.values().remove(stream);
    }

    private void read(Incarnation peer, Stream stream, Frames frames) throws InterruptedException {
        try {
            InputStream from = new BufferedInputStream(stream.tls.orElseThrow().getInputStream(), BUFFER_BYTES);
            OutputStream to = stream.tls.orElseThrow().getOutputStream();
            long answeredAt = System.nanoTime() - StreamAnswers.EVERY_NS;
            while (true) {
                Envelope envelope = frames.decode(Frames.read(from));
                if (!envelope.from().equals(peer)) {
                    counters.refused(Kind.FRAME_FOREIGN, stream.peer, stream.from,
                            "%s sent a frame of %s".formatted(peer, envelope.from()));
                    return;
                }
                long now = System.nanoTime();
                if (now - answeredAt >= StreamAnswers.EVERY_NS) {
                    // Before the mailbox, which may be full for a while: the link is what is asked about.
                    to.write(StreamAnswers.BYTE);
                    answeredAt = now;
                }
                if (mailbox.isShareFull(peer.node())) {
                    counters.refused(Kind.PEER_SLOWED, stream.peer, stream.from,
                            "%d frames of it wait already".formatted(Mailbox.PEER_LIMIT));
                }
                if (!mailbox.put(new NodeInput.Arrived(envelope.from(), envelope.message()))) {
                    return;
                }
            }
        } catch (MalformedFrame e) {
            counters.refused(Kind.FRAME_MALFORMED, stream.peer, stream.from, e.getMessage());
        } catch (IOException e) {
            if (!stream.aborted()) {
                mailbox.put(new NodeInput.StreamClosed(peer.node()));
            }
        }
    }

    private Thread thread(String name, Runnable work) {
        return Thread.ofPlatform().name(name).daemon().uncaughtExceptionHandler(broken).unstarted(work);
    }

    /** One accepted connection. */
    private static final class Stream {

        private final PatientListener.Bounded socket;
        private final SocketAddress from;
        private final InetAddress host;
        private final long acceptedAt;
        /** Its name once its certificate has proved it. */
        private volatile String peer = Refusals.NOBODY_KNOWN;
        /** Set once, by the thread that reads. */
        private volatile Optional<SSLSocket> tls = Optional.empty();
        private volatile boolean aborted;

        Stream(PatientListener.Bounded socket, long acceptedAt) {
            this.socket = socket;
            this.from = socket.getRemoteSocketAddress();
            this.host = socket.getInetAddress();
            this.acceptedAt = acceptedAt;
        }

        boolean olderThan(long limitMs) {
            return System.nanoTime() - acceptedAt > TimeUnit.MILLISECONDS.toNanos(limitMs);
        }

        boolean aborted() {
            return aborted;
        }

        /** Ends it from our side, so that its end is not taken for the peer's doing. */
        void abort() {
            aborted = true;
            Sockets.closeQuietly(socket);
        }
    }
}
