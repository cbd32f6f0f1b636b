package io.muster.fuse;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The calls of Linux that a session needs. Results are the call's own, or the error number made negative. Calls of the
 * steady state take the caller's {@link #state}, so that they allocate nothing.
 */
final class FuseNative {

    static final int O_RDWR = 2;
    static final int O_CLOEXEC = 02000000;
    static final long MS_NOSUID = 2;
    static final long MS_NODEV = 4;
    static final int MNT_FORCE = 1;
    static final int MNT_DETACH = 2;
    /** {@code FUSE_DEV_IOC_CLONE}: a further descriptor of a connection, with queues of its own. */
    private static final long CLONE = 0x8004e500L;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
    private static final MemoryLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN = link("open",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), CAPTURE, Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), CAPTURE);
    private static final MethodHandle READ =
            link("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG), CAPTURE);
    private static final MethodHandle WRITE =
            link("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG), CAPTURE);
    private static final MethodHandle WRITEV =
            link("writev", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT), CAPTURE);
    private static final MethodHandle IOCTL = link("ioctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), CAPTURE, Linker.Option.firstVariadicArg(2));
    private static final MethodHandle MOUNT = link("mount",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS), CAPTURE);
    private static final MethodHandle UMOUNT = link("umount2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), CAPTURE);
    private static final MethodHandle GETUID = link("getuid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle GETGID = link("getgid", FunctionDescriptor.of(JAVA_INT));

    private FuseNative() {}

    /** Where a thread's calls leave their error number. */
    static MemorySegment state(Arena arena) {
        return arena.allocate(CAPTURED);
    }

    static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = state(arena);
            return result((int) OPEN.invokeExact(errno, arena.allocateFrom(path), flags), errno);
        } catch (Throwable e) {
            throw new IllegalStateException("open", e);
        }
    }

    static int close(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = state(arena);
            return result((int) CLOSE.invokeExact(errno, descriptor), errno);
        } catch (Throwable e) {
            throw new IllegalStateException("close", e);
        }
    }

    static long read(int descriptor, MemorySegment into, long lengthBytes, MemorySegment errno) {
        try {
            long result = (long) READ.invokeExact(errno, descriptor, into, lengthBytes);
            return result >= 0 ? result : -(int) ERRNO.get(errno, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("read", e);
        }
    }

    static long write(int descriptor, MemorySegment from, long lengthBytes, MemorySegment errno) {
        try {
            long result = (long) WRITE.invokeExact(errno, descriptor, from, lengthBytes);
            return result >= 0 ? result : -(int) ERRNO.get(errno, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("write", e);
        }
    }

    /** @param vectors an array of {@code struct iovec} */
    static long writev(int descriptor, MemorySegment vectors, int count, MemorySegment errno) {
        try {
            long result = (long) WRITEV.invokeExact(errno, descriptor, vectors, count);
            return result >= 0 ? result : -(int) ERRNO.get(errno, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("writev", e);
        }
    }

    /** Makes {@code descriptor}, a fresh one of /dev/fuse, a further one of the connection of {@code of}. */
    static int cloneOf(int descriptor, int of) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = state(arena);
            MemorySegment number = arena.allocateFrom(JAVA_INT, of);
            return result((int) IOCTL.invokeExact(errno, descriptor, CLONE, number), errno);
        } catch (Throwable e) {
            throw new IllegalStateException("ioctl", e);
        }
    }

    static int mount(String source, String target, String type, long flags, String options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = state(arena);
            return result((int) MOUNT.invokeExact(errno, arena.allocateFrom(source), arena.allocateFrom(target),
                    arena.allocateFrom(type), flags, arena.allocateFrom(options)), errno);
        } catch (Throwable e) {
            throw new IllegalStateException("mount", e);
        }
    }

    static int umount(String target, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = state(arena);
            return result((int) UMOUNT.invokeExact(errno, arena.allocateFrom(target), flags), errno);
        } catch (Throwable e) {
            throw new IllegalStateException("umount2", e);
        }
    }

    static int uid() {
        try {
            return (int) GETUID.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException("getuid", e);
        }
    }

    static int gid() {
        try {
            return (int) GETGID.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException("getgid", e);
        }
    }

    private static int result(int result, MemorySegment errno) {
        return result >= 0 ? result : -(int) ERRNO.get(errno, 0L);
    }

    private static MethodHandle link(String name, FunctionDescriptor shape, Linker.Option... options) {
        MemorySegment symbol = LINKER.defaultLookup().find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
        return LINKER.downcallHandle(symbol, shape, options);
    }
}
