package io.muster.runtime;

import io.muster.base.NodeId;
import io.muster.node.NodeInput;
import io.muster.runtime.Counters.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLSocket;

/**
 * The stream to one peer, over which everything to it is sent: dialled, kept, dialled again without end. Where the peer
 * has an address for each link, it is dialled over a link on which its pulses come; and when it does not answer on its
 * stream while its pulses come, that link was cut without a word, and it is dialled again over another (001-1).
 *
 * <p>Two threads: one dials and writes; one waits in a read, so that the peer's close is noticed at once also when
 * nothing is being sent.
 */
final class OutgoingStream {

    /** A peer that does not read for this long has lost its stream; a new one shows whether it is there. */
    static final long STALL_LIMIT_NS = 10_000_000_000L;

    /** When there are further addresses to try, in milliseconds. */
    static final int SHORT_CONNECT_LIMIT_MS = 200;

    private final NodeId peer;
    private final Dialler dialler;
    private final LinkWatch watch;
    private final Mailbox mailbox;
    private final Counters counters;
    private final Thread thread;
    /** Set before the thread starts. */
    private Handshake handshake;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Guarded by lock.
    private final FrameQueue queue = new FrameQueue();
    private Optional<Connection> open = Optional.empty();
    private Optional<Socket> dialling = Optional.empty();
    private boolean nudged;
    private boolean draining;
    private boolean aborted;
    /** The index is the link. */
    private List<InetSocketAddress> addresses;
    /** Over which link a stream was given up last. */
    private int avoid = -1;

    OutgoingStream(NodeId peer, List<InetSocketAddress> addresses, SecureContext secure, LinkWatch watch,
            Mailbox mailbox, Counters counters, Thread.UncaughtExceptionHandler broken) {
        this.peer = peer;
        this.addresses = List.copyOf(addresses);
        this.watch = watch;
        this.mailbox = mailbox;
        this.counters = counters;
        dialler = new Dialler(peer, secure, counters);
        thread = Thread.ofPlatform().name("muster-out-" + peer).daemon()
                .uncaughtExceptionHandler(broken).unstarted(this::run);
    }

    /** @param with what every new stream begins with */
    void start(Handshake with) {
        handshake = with;
        thread.start();
    }

    /** Never blocks: a frame is lost when no stream stands, and the oldest are when too many wait. */
    void send(byte[] frame) {
        lock.lock();
        try {
            if (open.isEmpty()) {
                counters.add(Kind.FRAME_UNSENT);
                return;
            }
            int dropped = queue.add(frame);
            for (int i = 0; i < dropped; i++) {
                counters.add(Kind.FRAME_DROPPED, "to " + peer);
            }
            if (open.get().stalled()) {
                counters.add(Kind.STREAM_STALLED, "to " + peer);
                open.get().abort();
            } else if (open.get().silent()) {
                counters.add(Kind.STREAM_SILENT, "to %s at %s".formatted(peer, open.get().address));
                avoid = open.get().way;
                open.get().abort();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The peer is there, as it just dialled us: dial it without waiting. */
    void nudge() {
        lock.lock();
        try {
            nudged = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The peer has other addresses from now on: a stream to one that is none of them any more is given up. */
    void readdress(List<InetSocketAddress> next) {
        lock.lock();
        try {
            if (next.equals(addresses)) {
                return;
            }
            addresses = List.copyOf(next);
            avoid = -1;
            open.filter(connection -> !addresses.contains(connection.address)).ifPresent(Connection::abort);
            dialling.ifPresent(Sockets::closeQuietly);
            nudged = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the stream that stands, if one does, and dials again at once. Frames that wait are lost, as with any stream. */
    void renew() {
        lock.lock();
        try {
            nudged = true;
            open.ifPresent(Connection::abort);
        } finally {
            lock.unlock();
        }
    }

    /** The peer is none of ours any more. Does not wait. */
    void end() {
        abort();
    }

    /** Sends what waits, within a time, and ends. */
    void drain(long untilNanoTime) throws InterruptedException {
        lock.lock();
        try {
            draining = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(untilNanoTime - System.nanoTime())));
        abort();
    }

    private void abort() {
        lock.lock();
        try {
            aborted = true;
            draining = true;
            open.ifPresent(Connection::abort);
            dialling.ifPresent(Sockets::closeQuietly);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        RedialPause pause = new RedialPause();
        try {
            while (rest(pause.pauseNs())) {
                Optional<Connection> connection = dial();
                long openedAt = System.nanoTime();
                if (connection.isEmpty()) {
                    pause.missed(openedAt);
                } else {
                    serve(connection.get());
                    pause.lost(openedAt, System.nanoTime());
                }
            }
        } catch (InterruptedException e) {
            // Nobody interrupts this thread but a stop of the whole program.
            Thread.currentThread().interrupt();
        }
    }

    /** Waits before dialling. @return false when there is nothing more to be dialled */
    private boolean rest(long pauseNs) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = pauseNs;
            while (left > 0 && !nudged && !draining) {
                left = changed.awaitNanos(left);
            }
            nudged = false;
            return !draining;
        } finally {
            lock.unlock();
        }
    }

    private record Way(int link, InetSocketAddress address) {}

    /** Every address once, the best first. */
    private Optional<Connection> dial() throws InterruptedException {
        List<Way> ways = ways();
        boolean refused = false;
        for (Way way : ways) {
            Socket socket = new Socket();
            if (!announceDialling(socket)) {
                return Optional.empty();
            }
            int limitMs = ways.size() > 1 ? SHORT_CONNECT_LIMIT_MS : Dialler.CONNECT_LIMIT_MS;
            switch (dialler.dial(socket, way.address(), limitMs, handshake)) {
                case Dialler.Reached(SSLSocket stream) -> {
                    return Optional.of(new Connection(socket, stream, way.link(), way.address()));
                }
                case Dialler.Refused _ -> refused = true;
                case Dialler.Missed _ -> { /* the next may do */ }
            }
        }
        if (refused) {
            mailbox.put(new NodeInput.StreamRefused(peer));
        }
        return Optional.empty();
    }

    private List<Way> ways() {
        lock.lock();
        try {
            return watch.order(peer, addresses.size(), avoid, System.nanoTime()).stream()
                    .map(link -> new Way(link, addresses.get(link))).toList();
        } finally {
            lock.unlock();
        }
    }

    /** So that {@link #abort} can end a connect or a handshake that goes on. */
    private boolean announceDialling(Socket socket) {
        lock.lock();
        try {
            dialling = Optional.of(socket);
            return !aborted;
        } finally {
            lock.unlock();
        }
    }

    private void serve(Connection connection) throws InterruptedException {
        lock.lock();
        try {
            open = Optional.of(connection);
            dialling = Optional.empty();
            if (aborted) {
                connection.abort();
            }
        } finally {
            lock.unlock();
        }
        mailbox.put(new NodeInput.StreamOpened(peer));
        Thread watcher = Thread.ofPlatform().name("muster-out-" + peer + "-close").daemon()
                .uncaughtExceptionHandler(thread.getUncaughtExceptionHandler()).start(() -> watch(connection));
        try {
            write(connection);
        } catch (IOException e) {
            connection.ended(true);
        } finally {
            Sockets.closeQuietly(connection.socket);
        }
        // Its word that the stream was closed has to come before ours that the next one is open.
        watcher.join();
    }

    /** All that the peer sends on this stream are its answers, so whatever else a read brings is its end. */
    private void watch(Connection connection) {
        try {
            InputStream from = connection.stream.getInputStream();
            int said = from.read();
            while (said == StreamAnswers.BYTE) {
                connection.answered();
                said = from.read();
            }
            if (said >= 0) {
                counters.refused(Kind.FRAME_MALFORMED, peer.toString(), connection.socket.getRemoteSocketAddress(),
                        "it sent bytes on a stream that is ours to send on");
                connection.abort();
            }
        } catch (IOException e) {
            // Reset, or closed by ourselves; ended() tells them apart.
        }
        try {
            connection.ended(true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(Connection connection) throws IOException, InterruptedException {
        OutputStream to = connection.stream.getOutputStream();
        byte[] batch = new byte[FrameQueue.BATCH_BYTES];
        while (true) {
            int length;
            byte[] source = batch;
            lock.lockInterruptibly();
            try {
                while (queue.isEmpty() && !connection.isEnded() && !draining) {
                    changed.await();
                }
                if (connection.isEnded() || queue.isEmpty()) {
                    break;
                }
                length = queue.takeBatch(batch);
                if (length == 0) {
                    source = queue.take();
                    length = source.length;
                }
                connection.answers.written(System.nanoTime());
            } finally {
                lock.unlock();
            }
            connection.writingSince = System.nanoTime() | 1;
            to.write(source, 0, length);
            connection.writingSince = 0;
        }
        if (!connection.isEnded()) {
            connection.ended(false);
            connection.stream.close();
        }
    }

    /** One stream from its welcome to its end. */
    private final class Connection {

        private final Socket socket;
        private final SSLSocket stream;
        private final int way;
        private final InetSocketAddress address;
        /** Guarded by lock. */
        private final StreamAnswers answers = new StreamAnswers(System.nanoTime());
        /** When a write began that has not returned; 0 when none. */
        private volatile long writingSince;
        // Guarded by lock.
        private boolean ended;

        Connection(Socket socket, SSLSocket stream, int way, InetSocketAddress address) {
            this.socket = socket;
            this.stream = stream;
            this.way = way;
            this.address = address;
        }

        void answered() {
            lock.lock();
            try {
                answers.answered(System.nanoTime());
            } finally {
                lock.unlock();
            }
        }

        /** Pulses of the peer come, all the while, and no answer on its stream. */
        boolean silent() {
            long now = System.nanoTime();
            return watch.owes(peer, answers.overdueNs(now), now);
        }

        boolean isEnded() {
            lock.lock();
            try {
                return ended;
            } finally {
                lock.unlock();
            }
        }

        boolean stalled() {
            long since = writingSince;
            return since != 0 && System.nanoTime() - since > STALL_LIMIT_NS;
        }

        /** Ends it from our side. Only the socket underneath: closing TLS would wait for a write that hangs. */
        void abort() {
            lock.lock();
            try {
                ended = true;
                forget();
            } finally {
                lock.unlock();
            }
            Sockets.closeQuietly(socket);
        }

        /** Told by either thread; the first word counts. */
        void ended(boolean byPeer) throws InterruptedException {
            lock.lock();
            try {
                if (ended) {
                    return;
                }
                ended = true;
                forget();
            } finally {
                lock.unlock();
            }
            if (byPeer) {
                mailbox.put(new NodeInput.StreamClosed(peer));
            }
        }

        private void forget() {
            if (open.equals(Optional.of(this))) {
                open = Optional.empty();
                queue.clear();
            }
            changed.signalAll();
        }
    }
}
