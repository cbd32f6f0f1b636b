package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.node.NodeInput;
import io.muster.runtime.Counters.Kind;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
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

    /** Connections that have not proved who they are; further ones are closed. */
    static final int UNAUTHENTICATED_LIMIT = 32;
    /** For each answer during the handshake; when room is needed, also for the handshake as a whole. */
    static final int HANDSHAKE_LIMIT_MS = 3_000;

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
    private final Set<Stream> unauthenticated = new LinkedHashSet<>();
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
    static ServerSocket listen(InetSocketAddress address) {
        try {
            ServerSocket listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(address, BACKLOG);
            return listener;
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.LINK_2, "%s cannot be listened on for streams (%s): free it or configure another"
                    .formatted(address, e.getMessage()), e);
        }
    }

    /** Accepts on a listening socket until that is closed, which is its owner's to do. */
    void start(ServerSocket listener, Frames frames) {
        thread("muster-accept", () -> accept(listener, frames)).start();
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

    private void accept(ServerSocket listener, Frames frames) {
        while (closed.getCount() > 0 && !listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                Stream stream = new Stream(socket, System.nanoTime());
                if (admit(stream)) {
                    thread("muster-in", () -> serve(stream, frames)).start();
                } else {
                    counters.add(Kind.UNAUTHENTICATED_OVERFLOW, socket.getRemoteSocketAddress());
                    stream.abort();
                }
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

    private synchronized boolean admit(Stream stream) {
        if (unauthenticated.size() >= UNAUTHENTICATED_LIMIT) {
            long tooOld = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(HANDSHAKE_LIMIT_MS);
            unauthenticated.stream().filter(other -> other.acceptedAt - tooOld < 0).forEach(Stream::abort);
            unauthenticated.removeIf(Stream::aborted);
        }
        return closed.getCount() > 0 && unauthenticated.size() < UNAUTHENTICATED_LIMIT && unauthenticated.add(stream);
    }

    private void serve(Stream stream, Frames frames) {
        try {
            Optional<NodeId> peer = authenticate(stream);
            if (peer.isPresent()) {
                Thread.currentThread().setName("muster-in-" + peer.get());
                peerArrived.accept(peer.get());
                read(peer.get(), stream, frames);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            stream.abort();
            forget(stream);
        }
    }

    private Optional<NodeId> authenticate(Stream stream) {
        Object from = stream.socket.getRemoteSocketAddress();
        try {
            stream.socket.setTcpNoDelay(true);
            stream.socket.setSoTimeout(HANDSHAKE_LIMIT_MS);
            SSLSocket tls = secure.accepted(stream.socket);
            tls.startHandshake();
            NodeId peer = secure.peer(tls.getSession());
            if (!peers.contains(peer)) {
                throw new PeerRefused("it is %s, which is not among the peers %s".formatted(peer, peers));
            }
            stream.tls = Optional.of(tls);
            replaceOlder(peer, stream);
            tls.getOutputStream().write(Dialler.WELCOME);
            stream.socket.setSoTimeout(0);
            return Optional.of(peer);
        } catch (PeerRefused e) {
            counters.add(Kind.PEER_REFUSED, "%s: %s".formatted(from, e.getMessage()));
        } catch (IOException e) {
            if (!stream.aborted()) {
                counters.add(Kind.HANDSHAKE_FAILED, "%s: %s".formatted(from, e.getMessage()));
            }
        }
        return Optional.empty();
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

    private void read(NodeId peer, Stream stream, Frames frames) throws InterruptedException {
        try {
            InputStream from = new BufferedInputStream(stream.tls.orElseThrow().getInputStream(), BUFFER_BYTES);
            OutputStream to = stream.tls.orElseThrow().getOutputStream();
            long answeredAt = System.nanoTime() - StreamAnswers.EVERY_NS;
            while (true) {
                Envelope envelope = frames.decode(Frames.read(from));
                if (!envelope.from().node().equals(peer)) {
                    counters.add(Kind.FRAME_FOREIGN, "%s sent a frame of %s".formatted(peer, envelope.from()));
                    return;
                }
                long now = System.nanoTime();
                if (now - answeredAt >= StreamAnswers.EVERY_NS) {
                    // Before the mailbox, which may be full for a while: the link is what is asked about.
                    to.write(StreamAnswers.BYTE);
                    answeredAt = now;
                }
                if (!mailbox.put(new NodeInput.Arrived(envelope.from(), envelope.message()))) {
                    return;
                }
            }
        } catch (MalformedFrame e) {
            counters.add(Kind.FRAME_MALFORMED, "from %s: %s".formatted(peer, e.getMessage()));
        } catch (IOException e) {
            if (!stream.aborted()) {
                mailbox.put(new NodeInput.StreamClosed(peer));
            }
        }
    }

    private Thread thread(String name, Runnable work) {
        return Thread.ofPlatform().name(name).daemon().uncaughtExceptionHandler(broken).unstarted(work);
    }

    /** One accepted connection. */
    private static final class Stream {

        private final Socket socket;
        private final long acceptedAt;
        /** Set once, by the thread that reads. */
        private Optional<SSLSocket> tls = Optional.empty();
        private volatile boolean aborted;

        Stream(Socket socket, long acceptedAt) {
            this.socket = socket;
            this.acceptedAt = acceptedAt;
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
