package io.muster.nbd;

import io.muster.block.DiskFault;
import io.muster.wire.ByteWriter;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One connection of a client, from its handshake to its end. When it ends, whatever is under way ends with it, unknown to have
 * happened or not; a new session is a new object.
 */
final class NbdSession {

    /** Requests under way; more wait, within their own time. */
    static final int IN_FLIGHT_LIMIT = 64;

    /** What the server exports. */
    record Offer(long bytes, int flags, int blockBytes, int payloadLimitBytes) {}

    private final SocketChannel channel;
    private final Offer offer;
    private final ReentrantLock sending = new ReentrantLock();
    private final Semaphore places = new Semaphore(IN_FLIGHT_LIMIT);
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicLong cookies = new AtomicLong();
    private final ByteBuffer requestHead = ByteBuffer.allocateDirect(Protocol.REQUEST_BYTES);
    /** Why it ended; empty while it goes on. */
    private volatile String end = "";

    private NbdSession(SocketChannel channel, Offer offer) {
        this.channel = channel;
        this.offer = offer;
    }

    /** @throws DiskFault FENCED when the server refuses this life; TIMEOUT; GONE for everything else */
    static NbdSession open(SocketAddress server, String export, long untilNs) {
        SocketChannel channel;
        try {
            channel = Streams.open(server);
        } catch (IOException e) {
            throw new DiskFault(DiskFault.Kind.GONE, "no socket can be made: " + e, e);
        }
        Future<?> limit = Deadlines.at(untilNs, () -> Streams.closeQuietly(channel));
        try {
            channel.connect(server);
            Streams.tune(channel);
            NbdSession session = new NbdSession(channel, shakeHands(channel, export));
            if (!limit.cancel(false)) {
                throw new IOException("the handshake took too long");
            }
            Thread.ofPlatform().daemon().name("nbd-answers").start(session::hear);
            return session;
        } catch (IOException | RuntimeException e) {
            boolean late = !limit.cancel(false);
            Streams.closeQuietly(channel);
            if (e instanceof DiskFault fault) {
                throw fault;
            }
            throw new DiskFault(late ? DiskFault.Kind.TIMEOUT : DiskFault.Kind.GONE,
                    "export \"%s\" at %s cannot be opened: %s".formatted(export, server, late ? "no answer in time" : e), e);
        }
    }

    private static Offer shakeHands(SocketChannel channel, String export) throws IOException {
        ByteBuffer greeting = ByteBuffer.wrap(Streams.readBytes(channel, 18));
        if (greeting.getLong() != Protocol.MAGIC || greeting.getLong() != Protocol.OPTION_MAGIC
                || (greeting.getShort() & Protocol.FIXED_NEWSTYLE) == 0) {
            throw new IOException("it does not speak NBD, fixed newstyle");
        }
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        ByteWriter go = new ByteWriter().i32(Protocol.FIXED_NEWSTYLE | Protocol.NO_ZEROES)
                .i64(Protocol.OPTION_MAGIC).i32(Protocol.OPTION_GO).i32(4 + name.length + 4)
                .i32(name.length).raw(name).u16(1).u16(Protocol.INFO_BLOCK_SIZE);
        Streams.writeFully(channel, ByteBuffer.wrap(go.toArray()));
        long bytes = -1;
        int flags = 0;
        int blockBytes = 512;
        int payload = Protocol.PAYLOAD_LIMIT_BYTES;
        for (int i = 0; i < Protocol.OPTIONS_LIMIT; i++) {
            ByteBuffer head = ByteBuffer.wrap(Streams.readBytes(channel, 20));
            if (head.getLong() != Protocol.REPLY_MAGIC || head.getInt() != Protocol.OPTION_GO) {
                throw new IOException("an answer to something else");
            }
            int type = head.getInt();
            int length = head.getInt();
            if (length < 0 || length > Protocol.OPTION_LIMIT_BYTES) {
                throw new IOException("an answer of %d bytes".formatted(length));
            }
            ByteBuffer data = ByteBuffer.wrap(Streams.readBytes(channel, length));
            if (type == Protocol.REPLY_ACK) {
                if (bytes < 0) {
                    throw new IOException("it does not say how large it is");
                }
                return new Offer(bytes, flags, blockBytes, payload);
            }
            if (type < 0) {
                String why = "the server refuses export \"%s\": %s".formatted(
                        export, new String(data.array(), StandardCharsets.UTF_8));
                throw type == Protocol.REPLY_SHUTDOWN
                        ? new DiskFault(DiskFault.Kind.FENCED, why)
                        : new DiskFault(DiskFault.Kind.GONE, why);
            }
            int info = type == Protocol.REPLY_INFO && length >= 2 ? data.getShort() : -1;
            if (info == Protocol.INFO_EXPORT && length == 12) {
                bytes = data.getLong();
                flags = data.getShort() & 0xFFFF;
            } else if (info == Protocol.INFO_BLOCK_SIZE && length == 14) {
                blockBytes = Math.max(512, data.getInt());
                data.getInt();
                payload = Math.min(payload, data.getInt());
            }
        }
        throw new IOException("it answers without end");
    }

    Offer offer() {
        return offer;
    }

    boolean over() {
        return !end.isEmpty();
    }

    /** What is under way ends GONE. */
    void cut(String why) {
        if (end.isEmpty()) {
            end = why;
        }
        Streams.closeQuietly(channel);
    }

    /**
     * Sends a request and waits for its answer.
     *
     * @param data what a write sends, or what a read fills; empty for others
     * @return the error of the answer, or {@link Protocol#OK}
     * @throws DiskFault TIMEOUT or GONE: it may have happened, and may still happen
     */
    int ask(int type, int flags, long offset, int length, ByteBuffer data, long untilNs) {
        try {
            if (!places.tryAcquire(untilNs - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw timeout("%d requests are under way".formatted(IN_FLIGHT_LIMIT));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DiskFault(DiskFault.Kind.GONE, "interrupted before anything was sent", e);
        }
        long cookie = cookies.incrementAndGet();
        Pending request = new Pending(type == Protocol.READ ? data : ByteBuffer.allocate(0));
        pending.put(cookie, request);
        boolean answered = false;
        try {
            send(new RequestHead(Protocol.REQUEST_MAGIC, flags, type, cookie, offset, length & 0xFFFFFFFFL),
                    type == Protocol.WRITE ? data : ByteBuffer.allocate(0), untilNs);
            // A session that ended in between has told only those whom it found.
            if (over()) {
                request.lost();
            }
            int error = switch (request.await(untilNs)) {
                case Pending.State.ANSWERED -> request.error();
                case Pending.State.LOST -> throw gone();
                case Pending.State.WAITING -> throw timeout("the server does not answer");
                case Pending.State.FILLING -> {
                    // The answer is being read into the caller's buffer, which is his again when this throws.
                    cut("an answer stopped in its middle");
                    request.awaitSettled();
                    throw timeout("the answer stopped in its middle");
                }
            };
            answered = true;
            return error;
        } finally {
            if (answered || over()) {
                pending.remove(cookie);
                places.release();
            }
            // Otherwise its place is kept until the answer comes: what was given up is still under way.
        }
    }

    private void send(RequestHead head, ByteBuffer data, long untilNs) {
        try {
            if (!sending.tryLock(untilNs - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                cut("the server takes nothing any more");
                throw timeout("the server takes nothing");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cut("a caller was interrupted");
            throw gone();
        }
        Future<?> limit = Deadlines.at(untilNs, () -> cut("the server takes nothing any more"));
        try {
            requestHead.clear();
            head.write(requestHead);
            Streams.writeFully(channel, requestHead.flip(), data);
            limit.cancel(false);
        } catch (IOException e) {
            boolean late = !limit.cancel(false);
            cut("sending failed: " + e);
            throw late ? timeout("the server takes nothing") : gone();
        } finally {
            sending.unlock();
        }
    }

    private void hear() {
        ByteBuffer head = ByteBuffer.allocateDirect(Protocol.SIMPLE_REPLY_BYTES);
        try {
            while (true) {
                Streams.readFully(channel, head.clear());
                head.flip();
                int magic = head.getInt();
                int error = head.getInt();
                long cookie = head.getLong();
                Pending request = pending.get(cookie);
                if (magic != Protocol.SIMPLE_REPLY_MAGIC || request == null) {
                    throw new IOException("an answer to nothing that was asked");
                }
                receive(request, error);
                if (request.givenUp()) {
                    pending.remove(cookie);
                    places.release();
                }
            }
        } catch (IOException e) {
            cut("the connection ended: " + e.getMessage());
        } finally {
            cut("the connection ended");
            pending.values().forEach(Pending::lost);
        }
    }

    private void receive(Pending request, int error) throws IOException {
        int dataBytes = error == Protocol.OK ? request.wantedBytes() : 0;
        if (!request.beginFilling()) {
            // Given up: its data is read past, into nobody's buffer.
            ByteBuffer aside = ByteBuffer.allocate(Math.min(dataBytes, 64 * 1024));
            for (int left = dataBytes; left > 0; left -= aside.position()) {
                Streams.readFully(channel, aside.clear().limit(Math.min(left, aside.capacity())));
            }
            return;
        }
        boolean whole = false;
        try {
            if (dataBytes > 0) {
                Streams.readFully(channel, request.into());
            }
            whole = true;
        } finally {
            if (whole) {
                request.answered(error);
            } else {
                request.brokenOff();
            }
        }
    }

    private DiskFault gone() {
        return new DiskFault(DiskFault.Kind.GONE, end + "; what was under way may have happened or not");
    }

    private static DiskFault timeout(String what) {
        return new DiskFault(DiskFault.Kind.TIMEOUT, what + " within the time given; it may still happen");
    }
}
