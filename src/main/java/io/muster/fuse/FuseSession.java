package io.muster.fuse;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.muster.base.ClusterFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One mounted file system: the mount, the threads that read requests from /dev/fuse and let the handler answer them, and the
 * thread that tells the kernel what has changed. Ends by {@link #close}, or when somebody else unmounts it.
 *
 * <p>Each worker has one buffer for requests and one for replies, and the steady state allocates nothing beyond what the
 * handler does. A request is at most as long as {@link FuseOptions#writeBytes} and one page, and so many as there are
 * workers are in work; the kernel keeps the others.
 */
public final class FuseSession implements AutoCloseable {

    /** The kernel greets within this time, or the mount is taken back. */
    private static final long GREETING_LIMIT_MS = 10_000;
    /** How long an end waits for the workers: they may be inside the handler. */
    private static final long WORKER_LIMIT_MS = 2_000;
    private static final int PAGE_BYTES = 4096;

    private final FuseHandler handler;
    private final FuseState state;
    private final FuseMount mount;
    private final FuseNotifier notifier;
    private final List<Thread> workers = new ArrayList<>();
    private final List<Integer> descriptors = new ArrayList<>();
    private boolean closed;

    private FuseSession(FuseHandler handler, FuseState state, FuseMount mount) {
        this.handler = handler;
        this.state = state;
        this.mount = mount;
        this.notifier = new FuseNotifier(mount.descriptor());
        descriptors.add(mount.descriptor());
    }

    /** Whether a session can be had here at all. @return what is missing, for people */
    public static Optional<String> obstacle() {
        return FuseMount.obstacle();
    }

    /** Whether anything at all is mounted at exactly this place. */
    public static boolean isMountedAt(Path place) {
        return FuseMount.table().stream().anyMatch(row -> row.place().equals(place));
    }

    /**
     * Mounts and serves.
     *
     * @param place an absolute path of a folder; a mount that a dead session of the same name left there is taken away
     * @throws ClusterFault TREE-1 with the reason; then nothing is mounted
     */
    public static FuseSession start(Path place, FuseOptions options, FuseHandler handler) {
        FuseState state = new FuseState(options);
        FuseMount mount = FuseMount.make(place, options);
        FuseSession session = new FuseSession(handler, state, mount);
        try {
            session.work(mount.descriptor(), 0);
            if (!state.awaitInitialised(GREETING_LIMIT_MS)) {
                throw FuseMount.fault(place, "the kernel did not begin the session within %d ms".formatted(GREETING_LIMIT_MS));
            }
            // A further descriptor can be made only of a connection that has begun.
            for (int i = 1; i < options.workers(); i++) {
                session.workOnClone(i);
            }
            session.notifier.start();
            return session;
        } catch (InterruptedException e) {
            session.close();
            Thread.currentThread().interrupt();
            throw FuseMount.fault(place, "interrupted");
        } catch (ClusterFault e) {
            session.close();
            throw e;
        }
    }

    public Path place() {
        return mount.place();
    }

    /** Through which the kernel is told that something has changed. */
    public FuseNotifier notifier() {
        return notifier;
    }

    /** Requests that nobody could read; they did no harm. */
    public long malformed() {
        return state.malformedCount();
    }

    /** Requests at which the handler broke, which were answered with EIO. */
    public long broken() {
        return state.brokenCount();
    }

    /** What broke last. */
    public Optional<RuntimeException> lastBroken() {
        return state.lastBroken();
    }

    /** Whether the session still serves: it ends when the mount is taken away. */
    public boolean isServing() {
        return workers.stream().anyMatch(Thread::isAlive);
    }

    private void workOnClone(int index) {
        int descriptor = FuseNative.open(FuseMount.DEVICE.toString(), FuseNative.O_RDWR | FuseNative.O_CLOEXEC);
        if (descriptor < 0) {
            throw FuseMount.fault(mount.place(), "/dev/fuse cannot be opened again: error %d".formatted(-descriptor));
        }
        int cloned = FuseNative.cloneOf(descriptor, mount.descriptor());
        if (cloned < 0) {
            FuseNative.close(descriptor);
            throw FuseMount.fault(mount.place(), "/dev/fuse cannot be cloned: error %d".formatted(-cloned));
        }
        descriptors.add(descriptor);
        work(descriptor, index);
    }

    private void work(int descriptor, int index) {
        Thread worker = Thread.ofPlatform().daemon().name("muster-fuse-" + index).unstarted(() -> loop(descriptor));
        workers.add(worker);
        worker.start();
    }

    private void loop(int descriptor) {
        try (Arena arena = Arena.ofShared()) {
            int size = state.options().bufferBytes();
            MemorySegment in = arena.allocate(size, PAGE_BYTES);
            MemorySegment out = arena.allocate(size, PAGE_BYTES);
            MemorySegment errno = FuseNative.state(arena);
            FuseDispatcher dispatcher = new FuseDispatcher(handler, state, out, new Device(descriptor));
            while (true) {
                long length = FuseNative.read(descriptor, in, size, errno);
                if (length >= 0) {
                    dispatcher.handle(in, (int) length);
                } else if (!isPassing((int) -length)) {
                    return;
                }
            }
        } catch (Error e) {
            // Without a reader every caller would hang in the kernel: they are told instead.
            mount.abort();
            throw e;
        } finally {
            state.laters().failAll(Errno.EIO);
        }
    }

    /** ENOENT: the request was interrupted before it was read. Anything else that is not listed ends the connection. */
    private static boolean isPassing(int errno) {
        return errno == Errno.EINTR || errno == Errno.EAGAIN || errno == Errno.ENOENT;
    }

    /**
     * Unmounts. Whoever still has a file of it open gets errors from then on. May be called twice, and by any thread but one
     * of the session's own.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        // Requests that were put off would keep their callers, and so the mount, busy.
        state.laters().failAll(Errno.EINTR);
        notifier.close();
        mount.unmount();
        boolean ended = awaitThreads(WORKER_LIMIT_MS);
        if (!ended) {
            mount.abort();
            ended = awaitThreads(WORKER_LIMIT_MS);
        }
        if (ended) {
            // A number that a thread still uses must not become another file's.
            descriptors.forEach(FuseNative::close);
        }
    }

    private boolean awaitThreads(long limitMs) {
        boolean ended = true;
        try {
            for (Thread worker : workers) {
                ended &= worker.join(Duration.ofMillis(limitMs));
            }
            ended &= notifier.awaitEnd(Duration.ofMillis(limitMs));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return ended;
    }

    /** The kernel as the receiver of replies. Errors of a reply belong to a caller that has gone: nobody is told. */
    private record Device(int descriptor) implements ReplySink {

        private static final ThreadLocal<MemorySegment> ERRNO =
                ThreadLocal.withInitial(() -> FuseNative.state(Arena.ofAuto()));
        private static final ThreadLocal<MemorySegment> VECTORS =
                ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(32, 8));

        @Override
        public long send(MemorySegment reply, int lengthBytes) {
            return FuseNative.write(descriptor, reply, lengthBytes, ERRNO.get());
        }

        @Override
        public long send(MemorySegment header, MemorySegment body, long bodyOffset, int bodyBytes) {
            MemorySegment vectors = VECTORS.get();
            vectors.set(JAVA_LONG, 0, header.address());
            vectors.set(JAVA_LONG, 8, FuseProtocol.REPLY_HEADER_BYTES);
            vectors.set(JAVA_LONG, 16, body.address() + bodyOffset);
            vectors.set(JAVA_LONG, 24, bodyBytes);
            return FuseNative.writev(descriptor, vectors, bodyBytes == 0 ? 1 : 2, ERRNO.get());
        }
    }
}
