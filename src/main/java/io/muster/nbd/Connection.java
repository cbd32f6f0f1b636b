package io.muster.nbd;

import io.muster.base.Incarnation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One caller of the server. A few threads take turns: one reads the next request, hands the turn on, carries its request out
 * and answers it; so several requests are under way, answers come in any order, and a hostile caller holds up nobody else.
 */
final class Connection {

    /** Requests of one connection under way: of a node, and of anybody else. */
    static final int NODE_WORKERS = 8;
    static final int READER_WORKERS = 4;
    /** Every worker has its own buffer of this size; larger requests wait for one of the server's. */
    static final int BUFFER_BYTES = 256 * 1024;
    /** How many of those a connection holds at once: a node that is stopped holds up no other node. */
    static final int LARGE_BUFFERS = 4;

    private static final long NOT_WAITING = 0;

    private final NbdServer server;
    private final SocketChannel channel;
    private final Epochs epochs;
    private final ReentrantLock reading = new ReentrantLock();
    private final ReentrantLock writing = new ReentrantLock();
    private final Semaphore largeHere = new Semaphore(LARGE_BUFFERS);
    private final AtomicInteger workers = new AtomicInteger();
    private final AtomicInteger idle = new AtomicInteger();
    private volatile Optional<ExportName> export = Optional.empty();
    private volatile boolean ending;
    /** Since when the caller keeps us waiting in the middle of something. */
    private volatile long readingSince;
    private volatile long writingSince;
    private boolean structured;
    private DeviceCalls calls;
    private BufferPool large;

    Connection(NbdServer server, SocketChannel channel, Epochs epochs) {
        this.server = server;
        this.channel = channel;
        this.epochs = epochs;
        // The handshake counts as one thing in whose middle we are.
        this.readingSince = System.nanoTime();
    }

    /** Begins with a thread of its own. */
    void start() {
        workers.set(1);
        Thread.ofPlatform().daemon().name("nbd-connection").start(() -> {
            try {
                Streams.tune(channel);
                Optional<Negotiation.Agreed> agreed = new Negotiation(channel, epochs).run();
                if (agreed.isPresent() && server.admit(this, agreed.get().export())) {
                    structured = agreed.get().structured();
                    calls = new DeviceCalls(epochs, agreed.get().export().writer());
                    large = server.largeBuffers(agreed.get().export());
                    export = Optional.of(agreed.get().export());
                    readingSince = NOT_WAITING;
                    idle.set(1);
                    work();
                }
            } catch (IOException e) {
                // The caller went away; nothing of ours depends on it.
            } finally {
                ended();
            }
        });
    }

    Optional<Incarnation> writer() {
        return export.flatMap(ExportName::writer);
    }

    Optional<ExportName> export() {
        return export;
    }

    /** How long the caller has been expected to go on with what it began. */
    long stalledNs(long now) {
        long read = readingSince;
        long write = writingSince;
        return Math.max(read == NOT_WAITING ? 0 : now - read, write == NOT_WAITING ? 0 : now - write);
    }

    /** Requests under way end by themselves; their answers are lost. */
    void cut() {
        Streams.closeQuietly(channel);
    }

    private void ended() {
        if (workers.decrementAndGet() == 0) {
            cut();
            server.ended(this);
        }
    }

    private void addWorker() {
        int limit = writer().isPresent() ? NODE_WORKERS : READER_WORKERS;
        int before = workers.get();
        if (before < limit && workers.compareAndSet(before, before + 1)) {
            idle.incrementAndGet();
            Thread.ofPlatform().daemon().name("nbd-worker").start(() -> {
                try {
                    work();
                } catch (IOException e) {
                    // The caller went away.
                } finally {
                    ended();
                }
            });
        }
    }

    private void work() throws IOException {
        ByteBuffer own = BufferPool.allocate(BUFFER_BYTES);
        ByteBuffer head = ByteBuffer.allocateDirect(64);
        while (true) {
            Optional<ByteBuffer> borrowed = Optional.empty();
            try {
                RequestHead request;
                ByteBuffer data = own;
                int refusal;
                reading.lock();
                try {
                    if (ending) {
                        return;
                    }
                    ending = true;
                    Streams.readFully(channel, head.clear().limit(Protocol.REQUEST_BYTES));
                    request = RequestHead.read(head.flip());
                    if (request.isHopeless() || request.type() == Protocol.DISCONNECT) {
                        return;
                    }
                    refusal = request.refusal(epochs.device(), writer().isEmpty());
                    if (refusal == Protocol.OK && sizeOf(request) > BUFFER_BYTES) {
                        largeHere.acquire();
                        data = large.take();
                        borrowed = Optional.of(data);
                    }
                    receive(request, data, refusal);
                    ending = false;
                } finally {
                    reading.unlock();
                }
                if (idle.decrementAndGet() == 0) {
                    addWorker();
                }
                answer(request, head, data, refusal == Protocol.OK ? carryOut(request, data) : refusal);
                idle.incrementAndGet();
            } catch (InterruptedException e) {
                return;
            } finally {
                borrowed.ifPresent(buffer -> {
                    large.giveBack(buffer);
                    largeHere.release();
                });
            }
        }
    }

    /** Room that its data takes here. */
    private static int sizeOf(RequestHead request) {
        return switch (request.type()) {
            case Protocol.READ, Protocol.WRITE -> (int) request.length();
            default -> 0;
        };
    }

    /** The request's data; what is refused has to be taken off the stream all the same. */
    private void receive(RequestHead request, ByteBuffer data, int refusal) throws IOException {
        long left = request.payloadBytes();
        if (left == 0) {
            return;
        }
        readingSince = System.nanoTime();
        if (refusal == Protocol.OK) {
            Streams.readFully(channel, data.clear().limit((int) left));
            data.flip();
        } else {
            while (left > 0) {
                Streams.readFully(channel, data.clear().limit((int) Math.min(left, data.capacity())));
                left -= data.position();
            }
        }
        readingSince = NOT_WAITING;
    }

    private int carryOut(RequestHead request, ByteBuffer data) {
        return switch (request.type()) {
            case Protocol.READ -> calls.read(request.offset(), data.clear().limit((int) request.length()));
            case Protocol.WRITE -> calls.write(request.offset(), data, request.fua());
            case Protocol.WRITE_ZEROES -> calls.zero(request.offset(), request.length(), request.fua());
            default -> calls.flush();
        };
    }

    private void answer(RequestHead request, ByteBuffer head, ByteBuffer data, int error) throws IOException {
        boolean withData = request.type() == Protocol.READ && error == Protocol.OK;
        head.clear();
        if (structured && request.type() == Protocol.READ) {
            head.putInt(Protocol.CHUNK_MAGIC).putShort((short) Protocol.CHUNK_DONE)
                    .putShort((short) (withData ? Protocol.CHUNK_DATA : Protocol.CHUNK_ERROR)).putLong(request.cookie());
            if (withData) {
                head.putInt((int) request.length() + Long.BYTES).putLong(request.offset());
            } else {
                head.putInt(6).putInt(error).putShort((short) 0);
            }
        } else {
            head.putInt(Protocol.SIMPLE_REPLY_MAGIC).putInt(error).putLong(request.cookie());
        }
        head.flip();
        writing.lock();
        try {
            writingSince = System.nanoTime();
            if (withData) {
                Streams.writeFully(channel, head, data.clear().limit((int) request.length()));
            } else {
                Streams.writeFully(channel, head);
            }
            writingSince = NOT_WAITING;
        } finally {
            writing.unlock();
        }
    }
}
