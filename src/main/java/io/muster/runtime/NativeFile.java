package io.muster.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls on files that the JDK does not offer with their error numbers, or that it ends when a thread is interrupted. Results
 * are the call's own, or the error number made negative. Linux, x86-64 and arm64.
 */
final class NativeFile {

    static final int READ_ONLY = 0;
    static final int READ_WRITE = 2;
    /** On a block device: refused when something of this kernel has claimed it, as a mount has. */
    static final int EXCLUSIVE = 0x80;
    static final int DIRECT = System.getProperty("os.arch").equals("aarch64") ? 0x10000 : 0x4000;
    private static final int CLOSE_ON_EXEC = 0x80000;

    static final int LOCK_SHARED = 1;
    static final int LOCK_EXCLUSIVE = 2;
    private static final int LOCK_NO_WAIT = 4;

    static final int E_PERM = 1;
    static final int E_NOENT = 2;
    static final int E_INTR = 4;
    static final int E_NXIO = 6;
    static final int E_BADF = 9;
    static final int E_AGAIN = 11;
    static final int E_ACCES = 13;
    static final int E_BUSY = 16;
    static final int E_NODEV = 19;
    static final int E_INVAL = 22;
    static final int E_NOSPC = 28;
    static final int E_ROFS = 30;
    /** What Linux says of a reservation that another host holds. */
    static final int E_BADE = 52;
    static final int E_TIMEDOUT = 110;
    static final int E_STALE = 116;
    static final int E_DQUOT = 122;

    private static final long BLKSSZGET = 0x1268;
    private static final long BLKGETSIZE64 = 0x80081272L;

    private static final MethodHandle OPEN = Native.link("open",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), Native.CAPTURE, Linker.Option.firstVariadicArg(2));
    private static final FunctionDescriptor TRANSFER =
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PREAD = Native.link("pread", TRANSFER, Native.CAPTURE);
    private static final MethodHandle PWRITE = Native.link("pwrite", TRANSFER, Native.CAPTURE);
    private static final MethodHandle FDATASYNC =
            Native.link("fdatasync", FunctionDescriptor.of(JAVA_INT, JAVA_INT), Native.CAPTURE);
    private static final MethodHandle FLOCK =
            Native.link("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), Native.CAPTURE);
    private static final MethodHandle IOCTL = Native.link("ioctl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Native.CAPTURE, Linker.Option.firstVariadicArg(2));

    private NativeFile() {}

    /** A place for the error number of calls; one for each call at a time. */
    static MemorySegment errorPlace(Arena arena) {
        return arena.allocate(Native.CAPTURED);
    }

    static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = errorPlace(arena);
            int result = (int) OPEN.invokeExact(errno, arena.allocateFrom(path), flags | CLOSE_ON_EXEC, 0);
            return result >= 0 ? result : -error(errno);
        } catch (Throwable e) {
            throw new IllegalStateException("open", e);
        }
    }

    static long read(int descriptor, MemorySegment into, long length, long offset, MemorySegment errno) {
        try {
            long result = (long) PREAD.invokeExact(errno, descriptor, into, length, offset);
            return result >= 0 ? result : -error(errno);
        } catch (Throwable e) {
            throw new IllegalStateException("pread", e);
        }
    }

    static long write(int descriptor, MemorySegment from, long length, long offset, MemorySegment errno) {
        try {
            long result = (long) PWRITE.invokeExact(errno, descriptor, from, length, offset);
            return result >= 0 ? result : -error(errno);
        } catch (Throwable e) {
            throw new IllegalStateException("pwrite", e);
        }
    }

    static int flush(int descriptor, MemorySegment errno) {
        try {
            int result = (int) FDATASYNC.invokeExact(errno, descriptor);
            return result >= 0 ? result : -error(errno);
        } catch (Throwable e) {
            throw new IllegalStateException("fdatasync", e);
        }
    }

    /** Does not wait. @param kind LOCK_SHARED or LOCK_EXCLUSIVE */
    static int lock(int descriptor, int kind) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = errorPlace(arena);
            int result = (int) FLOCK.invokeExact(errno, descriptor, kind | LOCK_NO_WAIT);
            return result >= 0 ? result : -error(errno);
        } catch (Throwable e) {
            throw new IllegalStateException("flock", e);
        }
    }

    /** Bytes of a logical block of a block device. */
    static int sectorBytes(int descriptor) {
        return (int) ask(descriptor, BLKSSZGET, false);
    }

    /** Length of a block device in bytes. */
    static long deviceBytes(int descriptor) {
        return ask(descriptor, BLKGETSIZE64, true);
    }

    /** Any ioctl with a place for its argument. */
    static int control(int descriptor, long request, MemorySegment argument) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = errorPlace(arena);
            int result = (int) IOCTL.invokeExact(errno, descriptor, request, argument);
            return result >= 0 ? result : -error(errno);
        } catch (Throwable e) {
            throw new IllegalStateException("ioctl", e);
        }
    }

    /** Writes where the file stands, as to what has no places. */
    static long append(int descriptor, MemorySegment from, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = errorPlace(arena);
            long result = (long) Append.CALL.invokeExact(errno, descriptor, from, length);
            return result >= 0 ? result : -error(errno);
        } catch (Throwable e) {
            throw new IllegalStateException("write", e);
        }
    }

    private static final class Append {
        static final MethodHandle CALL = Native.link("write",
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG), Native.CAPTURE);
    }

    private static long ask(int descriptor, long request, boolean wide) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = errorPlace(arena);
            MemorySegment answer = arena.allocate(8, 8);
            int result = (int) IOCTL.invokeExact(errno, descriptor, request, answer);
            if (result < 0) {
                return -error(errno);
            }
            return wide ? answer.get(JAVA_LONG, 0) : answer.get(JAVA_INT, 0);
        } catch (Throwable e) {
            throw new IllegalStateException("ioctl", e);
        }
    }

    private static int error(MemorySegment errno) {
        return (int) Native.ERRNO.get(errno, 0L);
    }
}
