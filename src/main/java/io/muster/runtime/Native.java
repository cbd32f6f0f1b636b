package io.muster.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The few calls of Linux that the JDK does not offer. Each is linked when it is first used, so that a program that
 * wants one of them does not pay for all. Results are the call's own, or the error number made negative.
 */
final class Native {

    static final int SIGNAL_NONE = 0;
    static final int SIGKILL = 9;
    /** Error numbers, negative as they are returned; the same on all processors this runs on. */
    static final int NOT_PERMITTED = -1;
    static final int NO_SUCH_PROCESS = -3;
    static final int INTERRUPTED = -4;
    static final int NO_SUCH_CALL = -38;

    /** The same on all processors since Linux 5.1 unified the new numbers. */
    private static final long SYS_PIDFD_SEND_SIGNAL = 424;
    private static final long SYS_PIDFD_OPEN = 434;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int CLOCK_BOOTTIME = 7;
    private static final short POLLIN = 1;
    private static final short POLLOUT = 4;
    private static final int[] ENDINGS = {1, 2, 3, 15};
    private static final long IGNORE = 1;

    private static final Linker LINKER = Linker.nativeLinker();
    static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
    static final MemoryLayout CAPTURED = Linker.Option.captureStateLayout();
    static final VarHandle ERRNO =
            CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private Native() {}

    /** A descriptor that names the process beyond reuse of its number, or a negative error. */
    static int pidfdOpen(long pid) {
        return (int) syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0);
    }

    /** 0 or a negative error. */
    static int pidfdSignal(int pidfd, int signal) {
        return (int) syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, 0, 0);
    }

    /** Waits until the descriptor is readable: 1 when it is, 0 after the time, or a negative error. */
    static int awaitReadable(int descriptor, int timeoutMs) {
        return await(descriptor, POLLIN, timeoutMs);
    }

    /** Waits until the descriptor takes a few bytes at once; as above. */
    static int awaitWritable(int descriptor, int timeoutMs) {
        return await(descriptor, POLLOUT, timeoutMs);
    }

    private static int await(int descriptor, short events, int timeoutMs) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(CAPTURED);
            MemorySegment wanted = arena.allocate(8, 4);
            wanted.set(JAVA_INT, 0, descriptor);
            wanted.set(JAVA_SHORT, 4, events);
            int result = (int) Poll.CALL.invokeExact(errno, wanted, 1L, timeoutMs);
            return result >= 0 ? result : -(int) ERRNO.get(errno, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("poll", e);
        }
    }

    static void close(int descriptor) {
        try {
            int _ = (int) Close.CALL.invokeExact(descriptor);
        } catch (Throwable e) {
            throw new IllegalStateException("close", e);
        }
    }

    /**
     * Asks the kernel to kill this process when its parent ends; 0 or a negative error. The wish belongs to the
     * calling <em>thread</em> and is forgotten when that thread ends.
     */
    static int killWhenParentEnds() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(CAPTURED);
            int result = (int) Prctl.CALL.invokeExact(errno, PR_SET_PDEATHSIG, (long) SIGKILL, 0L, 0L, 0L);
            return result == 0 ? 0 : -(int) ERRNO.get(errno, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("prctl", e);
        }
    }

    /**
     * From now on HUP, INT, QUIT and TERM do nothing to this process. Only for a program whose JVM was told to leave signals
     * alone ({@code -Xrs}).
     */
    static void ignoreEndings() {
        for (int signal : ENDINGS) {
            try {
                long _ = (long) Signal.CALL.invokeExact(signal, IGNORE);
            } catch (Throwable e) {
                throw new IllegalStateException("signal", e);
            }
        }
    }

    static int parentPid() {
        try {
            return (int) Getppid.CALL.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException("getppid", e);
        }
    }

    /** Whether {@link #bootTimeNs} works here. */
    static boolean hasBootTime() {
        try {
            return bootTimeNs() > 0;
        } catch (LinkageError | IllegalStateException e) {
            return false;
        }
    }

    static long bootTimeNs() {
        MemorySegment time = ClockGettime.TIME.get();
        int result;
        try {
            result = (int) ClockGettime.CALL.invokeExact(CLOCK_BOOTTIME, time);
        } catch (Throwable e) {
            throw new IllegalStateException("clock_gettime", e);
        }
        return result != 0 ? -1 : time.get(JAVA_LONG, 0) * 1_000_000_000L + time.get(JAVA_LONG, 8);
    }

    private static long syscall(long number, long a, long b, long c, long d) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = arena.allocate(CAPTURED);
            long result = (long) Syscall.CALL.invokeExact(errno, number, a, b, c, d);
            return result >= 0 ? result : -(int) ERRNO.get(errno, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("system call " + number, e);
        }
    }

    static MethodHandle link(String name, FunctionDescriptor shape, Linker.Option... options) {
        MemorySegment symbol = LINKER.defaultLookup().find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name));
        return LINKER.downcallHandle(symbol, shape, options);
    }

    private static final class Syscall {
        static final MethodHandle CALL = link("syscall",
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                CAPTURE, Linker.Option.firstVariadicArg(1));
    }

    private static final class Poll {
        static final MethodHandle CALL =
                link("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT), CAPTURE);
    }

    private static final class Signal {
        static final MethodHandle CALL = link("signal", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG));
    }

    private static final class Close {
        static final MethodHandle CALL = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    }

    private static final class Prctl {
        static final MethodHandle CALL = link("prctl",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                CAPTURE, Linker.Option.firstVariadicArg(1));
    }

    private static final class Getppid {
        static final MethodHandle CALL = link("getppid", FunctionDescriptor.of(JAVA_INT));
    }

    private static final class ClockGettime {
        /** Short and never waiting, so the call may skip the hand-over to native code. */
        static final MethodHandle CALL = link("clock_gettime",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS), Linker.Option.critical(false));
        static final ThreadLocal<MemorySegment> TIME =
                ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(16, 8));
    }
}
