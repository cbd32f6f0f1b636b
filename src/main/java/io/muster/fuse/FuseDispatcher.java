package io.muster.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/**
 * Reads one request and calls the handler; one for each worker. Whatever the bytes are, nothing but a reply comes of them:
 * a request that is malformed is answered with EINVAL, or dropped when not even its header can be believed; an operation that
 * is not known is answered with ENOSYS, which older kernels' newer operations rely on; a handler that breaks, or forgets its
 * answer, is answered for with EIO. All of these are counted.
 */
final class FuseDispatcher {

    private static final int BODY = FuseProtocol.REQUEST_HEADER_BYTES;
    /** A request must not be longer than this many forgotten nodes; the kernel's own bound is far below. */
    private static final int FORGET_LIMIT = 1 << 20;

    private final FuseHandler handler;
    private final FuseState state;
    private final MemorySegment out;
    private final ReplySink sink;
    private final FuseCall call;
    private final FuseName first = new FuseName();
    private final FuseName second = new FuseName();
    private volatile long current;
    private volatile long interrupted;

    FuseDispatcher(FuseHandler handler, FuseState state, MemorySegment out, ReplySink sink) {
        this.handler = handler;
        this.state = state;
        this.out = out;
        this.sink = sink;
        this.call = new FuseCall(out, sink, state.laters());
        state.add(this);
    }

    /** @param in a whole request as it was read, of {@code length} bytes */
    void handle(MemorySegment in, int length) {
        if (length < BODY || in.get(JAVA_INT_UNALIGNED, 0) != length) {
            state.malformed();
            return;
        }
        long unique = in.get(JAVA_LONG_UNALIGNED, 8);
        current = unique;
        call.begin(unique, in.get(JAVA_INT_UNALIGNED, 24), in.get(JAVA_INT_UNALIGNED, 28), in.get(JAVA_INT_UNALIGNED, 32));
        int operation = in.get(JAVA_INT_UNALIGNED, 4);
        try {
            operate(operation, in.get(JAVA_LONG_UNALIGNED, 16), in, length);
            if (!call.answered() && isAnswered(operation)) {
                state.broken(new IllegalStateException("operation %d was not answered".formatted(operation)));
                call.error(Errno.EIO);
            }
        } catch (RuntimeException e) {
            state.broken(e);
            if (!call.answered() && isAnswered(operation)) {
                call.error(Errno.EIO);
            }
        } finally {
            current = 0;
            if (interrupted == unique) {
                interrupted = 0;
                state.laters().find(unique).ifPresent(handler::interrupted);
            }
        }
    }

    private static boolean isAnswered(int operation) {
        return operation != FuseProtocol.FORGET && operation != FuseProtocol.BATCH_FORGET
                && operation != FuseProtocol.INTERRUPT && operation != FuseProtocol.DESTROY;
    }

    private void operate(int operation, long node, MemorySegment in, int length) {
        if (operation == FuseProtocol.INIT) {
            init(in, length);
            return;
        }
        if (!state.isInitialised() && isAnswered(operation)) {
            call.error(Errno.EIO);
            return;
        }
        switch (operation) {
            case FuseProtocol.LOOKUP -> {
                if (names(in, length, BODY, 1)) {
                    handler.lookup(call, node, first);
                }
            }
            case FuseProtocol.FORGET -> {
                if (length >= BODY + 8) {
                    handler.forget(node, in.get(JAVA_LONG_UNALIGNED, BODY));
                } else {
                    state.malformed();
                }
            }
            case FuseProtocol.BATCH_FORGET -> forgetAll(in, length);
            case FuseProtocol.GETATTR -> {
                if (has(length, 16)) {
                    handler.getattr(call, node);
                }
            }
            case FuseProtocol.SETATTR -> {
                if (has(length, 88)) {
                    handler.setattr(call, node, change(in));
                }
            }
            case FuseProtocol.READLINK -> handler.readlink(call, node);
            case FuseProtocol.SYMLINK -> {
                if (names(in, length, BODY, 2)) {
                    handler.symlink(call, node, first, second);
                }
            }
            case FuseProtocol.MKDIR -> {
                if (has(length, 8) && names(in, length, BODY + 8, 1)) {
                    handler.mkdir(call, node, first, in.get(JAVA_INT_UNALIGNED, BODY));
                }
            }
            case FuseProtocol.UNLINK -> {
                if (names(in, length, BODY, 1)) {
                    handler.unlink(call, node, first);
                }
            }
            case FuseProtocol.RMDIR -> {
                if (names(in, length, BODY, 1)) {
                    handler.rmdir(call, node, first);
                }
            }
            case FuseProtocol.RENAME -> {
                if (has(length, 8) && names(in, length, BODY + 8, 2)) {
                    handler.rename(call, node, first, in.get(JAVA_LONG_UNALIGNED, BODY), second, 0);
                }
            }
            case FuseProtocol.RENAME2 -> {
                if (has(length, 16) && names(in, length, BODY + 16, 2)) {
                    handler.rename(call, node, first, in.get(JAVA_LONG_UNALIGNED, BODY), second,
                            in.get(JAVA_INT_UNALIGNED, BODY + 8));
                }
            }
            case FuseProtocol.LINK -> {
                if (has(length, 8) && names(in, length, BODY + 8, 1)) {
                    handler.link(call, in.get(JAVA_LONG_UNALIGNED, BODY), node, first);
                }
            }
            case FuseProtocol.CREATE -> {
                if (has(length, 16) && names(in, length, BODY + 16, 1)) {
                    handler.create(call, node, first, in.get(JAVA_INT_UNALIGNED, BODY + 4), in.get(JAVA_INT_UNALIGNED, BODY));
                }
            }
            default -> operateOnHandle(operation, node, in, length);
        }
    }

    private void operateOnHandle(int operation, long node, MemorySegment in, int length) {
        switch (operation) {
            case FuseProtocol.OPEN -> {
                if (has(length, 8)) {
                    handler.open(call, node, in.get(JAVA_INT_UNALIGNED, BODY));
                }
            }
            case FuseProtocol.OPENDIR -> {
                if (has(length, 8)) {
                    handler.opendir(call, node);
                }
            }
            case FuseProtocol.READ -> {
                if (has(length, 40) && sizeFits(in)) {
                    handler.read(call, node, handle(in), offset(in), in.get(JAVA_INT_UNALIGNED, BODY + 16));
                }
            }
            case FuseProtocol.READDIR, FuseProtocol.READDIRPLUS -> {
                if (has(length, 40) && sizeFits(in)) {
                    call.listing().begin(in.get(JAVA_INT_UNALIGNED, BODY + 16), operation == FuseProtocol.READDIRPLUS);
                    handler.readdir(call, node, handle(in), offset(in));
                }
            }
            case FuseProtocol.WRITE -> {
                if (has(length, FuseProtocol.WRITE_BODY_BYTES)) {
                    write(node, in, length);
                }
            }
            case FuseProtocol.STATFS -> handler.statfs(call);
            case FuseProtocol.RELEASE -> {
                if (has(length, 24)) {
                    handler.release(call, node, handle(in));
                }
            }
            case FuseProtocol.RELEASEDIR -> {
                if (has(length, 24)) {
                    handler.releasedir(call, node, handle(in));
                }
            }
            case FuseProtocol.FLUSH -> {
                if (has(length, 24)) {
                    handler.flush(call, node, handle(in), in.get(JAVA_LONG_UNALIGNED, BODY + 16));
                }
            }
            case FuseProtocol.FSYNC, FuseProtocol.FSYNCDIR -> {
                if (has(length, 16)) {
                    handler.fsync(call, node, handle(in), (in.get(JAVA_INT_UNALIGNED, BODY + 8) & 1) != 0);
                }
            }
            case FuseProtocol.ACCESS -> {
                if (has(length, 8)) {
                    handler.access(call, node, in.get(JAVA_INT_UNALIGNED, BODY));
                }
            }
            case FuseProtocol.GETLK, FuseProtocol.SETLK, FuseProtocol.SETLKW -> {
                if (has(length, 48)) {
                    lock(operation, node, in);
                }
            }
            case FuseProtocol.INTERRUPT -> {
                if (length >= BODY + 8) {
                    interrupt(in.get(JAVA_LONG_UNALIGNED, BODY));
                } else {
                    state.malformed();
                }
            }
            case FuseProtocol.DESTROY -> state.destroyed();
            default -> call.error(Errno.ENOSYS);
        }
    }

    private void write(long node, MemorySegment in, int length) {
        int size = in.get(JAVA_INT_UNALIGNED, BODY + 16);
        long from = BODY + FuseProtocol.WRITE_BODY_BYTES;
        if (size < 0 || size != length - from || offset(in) < 0) {
            refuse();
            return;
        }
        handler.write(call, node, handle(in), offset(in), in.asSlice(from, size));
    }

    private void lock(int operation, long node, MemorySegment in) {
        FuseLock lock = new FuseLock(handle(in), in.get(JAVA_LONG_UNALIGNED, BODY + 8),
                in.get(JAVA_LONG_UNALIGNED, BODY + 16), in.get(JAVA_LONG_UNALIGNED, BODY + 24),
                in.get(JAVA_INT_UNALIGNED, BODY + 32), in.get(JAVA_INT_UNALIGNED, BODY + 36),
                (in.get(JAVA_INT_UNALIGNED, BODY + 40) & 1) != 0);
        if (lock.type() < 0 || lock.type() > 2 || lock.start() < 0 || lock.end() < lock.start()) {
            refuse();
        } else if (operation == FuseProtocol.GETLK) {
            handler.testLock(call, node, lock);
        } else {
            handler.lock(call, node, lock, operation == FuseProtocol.SETLKW);
        }
    }

    private void forgetAll(MemorySegment in, int length) {
        long count = length < BODY + 8 ? -1 : in.get(JAVA_INT_UNALIGNED, BODY) & 0xffff_ffffL;
        if (count < 0 || count > FORGET_LIMIT || BODY + 8 + 16 * count > length) {
            state.malformed();
            return;
        }
        for (long at = BODY + 8; count > 0; count--, at += 16) {
            handler.forget(in.get(JAVA_LONG_UNALIGNED, at), in.get(JAVA_LONG_UNALIGNED, at + 8));
        }
    }

    /**
     * Three cases. The request was put off: its handler decides. It is with another worker now: that worker looks when it
     * has put it off. It is not seen yet by anybody who says so: EAGAIN makes the kernel say it again.
     */
    private void interrupt(long target) {
        for (FuseDispatcher other : state.dispatchers()) {
            if (other != this && other.current == target) {
                other.interrupted = target;
                if (other.current == target) {
                    return;
                }
                // It went on in this very moment and may not have seen the mark: look below.
            }
        }
        if (state.laters().find(target).isPresent()) {
            state.laters().find(target).ifPresent(handler::interrupted);
        } else {
            call.error(Errno.EAGAIN);
        }
    }

    private void init(MemorySegment in, int length) {
        if (!has(length, 16)) {
            return;
        }
        int major = in.get(JAVA_INT_UNALIGNED, BODY);
        int minor = in.get(JAVA_INT_UNALIGNED, BODY + 4);
        if (major < FuseProtocol.MAJOR || major == FuseProtocol.MAJOR && minor < FuseProtocol.LEAST_MINOR) {
            call.error(Errno.EPROTO);
            return;
        }
        int offered = major > FuseProtocol.MAJOR ? 0 : in.get(JAVA_INT_UNALIGNED, BODY + 12);
        long at = FuseProtocol.REPLY_HEADER_BYTES;
        out.asSlice(at, FuseProtocol.INIT_REPLY_BYTES).fill((byte) 0);
        out.set(JAVA_INT_UNALIGNED, at, FuseProtocol.MAJOR);
        out.set(JAVA_INT_UNALIGNED, at + 4, Math.min(minor, FuseProtocol.MINOR));
        out.set(JAVA_INT_UNALIGNED, at + 8, in.get(JAVA_INT_UNALIGNED, BODY + 8));
        out.set(JAVA_INT_UNALIGNED, at + 12, offered & state.wantedFlags());
        out.set(JAVA_SHORT_UNALIGNED, at + 16, (short) 64);
        out.set(JAVA_SHORT_UNALIGNED, at + 18, (short) 48);
        out.set(JAVA_INT_UNALIGNED, at + 20, state.options().writeBytes());
        out.set(JAVA_INT_UNALIGNED, at + 24, 1);
        out.set(JAVA_SHORT_UNALIGNED, at + 28, (short) (state.options().writeBytes() / 4096));
        // A kernel of a newer major version says INIT again in ours; the connection begins with that one.
        if (major == FuseProtocol.MAJOR) {
            state.initialised();
        }
        call.send(0, FuseProtocol.INIT_REPLY_BYTES);
    }

    private FuseChange change(MemorySegment in) {
        int valid = in.get(JAVA_INT_UNALIGNED, BODY);
        return new FuseChange(
                when(valid, FuseChange.VALID_SIZE, in.get(JAVA_LONG_UNALIGNED, BODY + 16)),
                when(valid, FuseChange.VALID_MODE, in.get(JAVA_INT_UNALIGNED, BODY + 68)),
                when(valid, FuseChange.VALID_UID, in.get(JAVA_INT_UNALIGNED, BODY + 76) & 0xffff_ffffL),
                when(valid, FuseChange.VALID_GID, in.get(JAVA_INT_UNALIGNED, BODY + 80) & 0xffff_ffffL),
                when(valid, FuseChange.VALID_HANDLE, in.get(JAVA_LONG_UNALIGNED, BODY + 8)));
    }

    private static OptionalLong when(int valid, int bit, long value) {
        return (valid & bit) == 0 ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private static long handle(MemorySegment in) {
        return in.get(JAVA_LONG_UNALIGNED, BODY);
    }

    private static long offset(MemorySegment in) {
        return in.get(JAVA_LONG_UNALIGNED, BODY + 8);
    }

    /** What is asked for has to fit into a reply, and begin somewhere. */
    private boolean sizeFits(MemorySegment in) {
        int size = in.get(JAVA_INT_UNALIGNED, BODY + 16);
        if (size < 0 || size > state.options().bufferBytes() - FuseProtocol.REPLY_HEADER_BYTES || offset(in) < 0) {
            refuse();
            return false;
        }
        return true;
    }

    /** Whether the body has at least so many bytes; otherwise the call is refused. */
    private boolean has(int length, int bodyBytes) {
        if (length >= BODY + bodyBytes) {
            return true;
        }
        refuse();
        return false;
    }

    /** Reads one or two names, each ended by a zero; otherwise the call is refused. */
    private boolean names(MemorySegment in, int length, int from, int count) {
        int end = nameEnd(in, from, length);
        boolean good = name(first, in, from, end, FuseProtocol.NAME_LIMIT_BYTES, false);
        if (good && count == 2) {
            int next = end + 1;
            boolean target = in.get(JAVA_INT_UNALIGNED, 4) == FuseProtocol.SYMLINK;
            int limit = target ? FuseProtocol.TARGET_LIMIT_BYTES : FuseProtocol.NAME_LIMIT_BYTES;
            good = name(second, in, next, nameEnd(in, next, length), limit, target);
        }
        if (!good) {
            refuse();
        }
        return good;
    }

    private static int nameEnd(MemorySegment in, int from, int length) {
        for (int i = from; i < length; i++) {
            if (in.get(JAVA_BYTE, i) == 0) {
                return i;
            }
        }
        return -1;
    }

    private static boolean name(FuseName into, MemorySegment in, int from, int end, int limit, boolean slashes) {
        if (end <= from || end - from > limit) {
            return false;
        }
        for (int i = from; !slashes && i < end; i++) {
            if (in.get(JAVA_BYTE, i) == '/') {
                return false;
            }
        }
        into.become(in, from, end - from);
        return true;
    }

    private void refuse() {
        state.malformed();
        call.error(Errno.EINVAL);
    }
}
