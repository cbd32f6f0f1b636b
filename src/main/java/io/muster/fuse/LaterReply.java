package io.muster.fuse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A request whose answer was put off: no thread waits for it. Answered once, from any thread; further answers are
 * ignored, so that a grant and an interrupt may race.
 */
public final class LaterReply {

    private final long unique;
    private final ReplySink sink;
    private final LaterReplies home;
    private final AtomicBoolean answered = new AtomicBoolean();

    LaterReply(long unique, ReplySink sink, LaterReplies home) {
        this.unique = unique;
        this.sink = sink;
        this.home = home;
    }

    /** The kernel's number of the request. */
    public long unique() {
        return unique;
    }

    /** @return false when it was answered before */
    public boolean ok() {
        return send(0, MemorySegment.NULL, 0);
    }

    /** @param errno from {@link Errno}. @return false when it was answered before */
    public boolean error(int errno) {
        return send(errno, MemorySegment.NULL, 0);
    }

    /** The answer to a read. @return false when it was answered before */
    public boolean data(byte[] bytes) {
        return send(0, MemorySegment.ofArray(bytes), bytes.length);
    }

    private boolean send(int errno, MemorySegment body, int bodyBytes) {
        if (!answered.compareAndSet(false, true)) {
            return false;
        }
        home.gone(this);
        try (Arena arena = Arena.ofConfined()) {
            int length = FuseProtocol.REPLY_HEADER_BYTES + bodyBytes;
            MemorySegment reply = arena.allocate(length, 8);
            FuseCall.header(reply, length, errno, unique);
            MemorySegment.copy(body, 0, reply, FuseProtocol.REPLY_HEADER_BYTES, bodyBytes);
            // The caller may have gone: an error here is nobody's any more.
            sink.send(reply, length);
        }
        return true;
    }
}
