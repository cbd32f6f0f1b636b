package io.muster.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells the kernel that it must not believe any longer what it keeps of a file. Such a word may wait for requests that are
 * under way, so it goes out on a thread of its own, which no answer depends on. Publish the new state first, then tell.
 */
public final class FuseNotifier {

    /** More than this waiting means that the kernel is stuck; the caller is told no. */
    static final int QUEUE_LIMIT = 256;

    private static final int HEADER = FuseProtocol.REPLY_HEADER_BYTES;

    private final int descriptor;
    private final BlockingQueue<Notice> queue = new ArrayBlockingQueue<>(QUEUE_LIMIT);
    private final AtomicLong told = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final Thread thread = Thread.ofPlatform().daemon().name("muster-fuse-notify").unstarted(this::run);

    private sealed interface Notice {}

    private record Inode(long node, long offset, long length) implements Notice {}

    private record Entry(long parent, byte[] name) implements Notice {}

    FuseNotifier(int descriptor) {
        this.descriptor = descriptor;
    }

    void start() {
        thread.start();
    }

    /**
     * Attributes and pages of a node.
     *
     * @param offset the first byte; negative for the attributes alone, which never waits for pages under way
     * @param length of the range in bytes; 0 for all behind the offset
     * @return false when it could not be queued
     */
    public boolean inode(long node, long offset, long length) {
        return queue.offer(new Inode(node, offset, length));
    }

    /** A name in a folder. @return false when it could not be queued */
    public boolean entry(long parent, byte[] name) {
        if (name.length == 0 || name.length > FuseProtocol.NAME_LIMIT_BYTES) {
            throw new IllegalArgumentException("a name of %d bytes".formatted(name.length));
        }
        return queue.offer(new Entry(parent, name.clone()));
    }

    /** Words that the kernel took. */
    public long told() {
        return told.get();
    }

    /** Words that the kernel had no use for, mostly because it knows nothing of the node. */
    public long refused() {
        return refused.get();
    }

    void close() {
        thread.interrupt();
    }

    /** @return false when it still waits for the kernel */
    boolean awaitEnd(Duration limit) throws InterruptedException {
        return !thread.isAlive() || thread.join(limit);
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(HEADER + 24 + FuseProtocol.NAME_LIMIT_BYTES + 1, 8);
            MemorySegment errno = FuseNative.state(arena);
            while (true) {
                int length = switch (queue.take()) {
                    case Inode(long node, long offset, long bytes) -> put(out, node, offset, bytes);
                    case Entry(long parent, byte[] name) -> put(out, parent, name);
                };
                (FuseNative.write(descriptor, out, length, errno) >= 0 ? told : refused).incrementAndGet();
            }
        } catch (InterruptedException e) {
            // The session ends.
        }
    }

    private static int put(MemorySegment out, long node, long offset, long bytes) {
        head(out, HEADER + 24, FuseProtocol.NOTIFY_INVAL_INODE);
        out.set(JAVA_LONG, HEADER, node);
        out.set(JAVA_LONG, HEADER + 8, offset);
        out.set(JAVA_LONG, HEADER + 16, bytes);
        return HEADER + 24;
    }

    private static int put(MemorySegment out, long parent, byte[] name) {
        int length = HEADER + 16 + name.length + 1;
        head(out, length, FuseProtocol.NOTIFY_INVAL_ENTRY);
        out.set(JAVA_LONG, HEADER, parent);
        out.set(JAVA_INT, HEADER + 8, name.length);
        out.set(JAVA_INT, HEADER + 12, 0);
        MemorySegment.copy(name, 0, out, JAVA_BYTE, HEADER + 16, name.length);
        out.set(JAVA_BYTE, HEADER + 16 + name.length, (byte) 0);
        return length;
    }

    /** A notice is a reply to nothing: its number is 0 and the place of the error has its kind. */
    private static void head(MemorySegment out, int length, int kind) {
        out.set(JAVA_INT, 0, length);
        out.set(JAVA_INT, 4, kind);
        out.set(JAVA_LONG, 8, 0L);
    }
}
