package io.muster.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * One request on its way through a handler, and the means to answer it. A worker has one and uses it again for each
 * request, so nothing is allocated; it is good until the handler returns.
 */
public final class FuseCall {

    private static final int BODY = FuseProtocol.REPLY_HEADER_BYTES;

    private final MemorySegment out;
    private final ReplySink sink;
    private final LaterReplies laters;
    private final FuseListing listing;
    private long unique;
    private int uid;
    private int gid;
    private int pid;
    private boolean answered;

    FuseCall(MemorySegment out, ReplySink sink, LaterReplies laters) {
        this.out = out;
        this.sink = sink;
        this.laters = laters;
        this.listing = new FuseListing(this, out);
    }

    void begin(long of, int byUser, int byGroup, int byProcess) {
        unique = of;
        uid = byUser;
        gid = byGroup;
        pid = byProcess;
        answered = false;
    }

    boolean answered() {
        return answered;
    }

    public long unique() {
        return unique;
    }

    public int uid() {
        return uid;
    }

    public int gid() {
        return gid;
    }

    /** The calling process; 0 when it is of another pid namespace. */
    public int pid() {
        return pid;
    }

    public void ok() {
        send(0, 0);
    }

    /** @param errno from {@link Errno} */
    public void error(int errno) {
        send(errno, 0);
    }

    /** @param validNs how long the kernel may believe name and attributes without asking again */
    public void entry(FuseAttributes of, long validNs) {
        putEntry(out, BODY, of, validNs);
        send(0, FuseProtocol.ENTRY_BYTES);
    }

    /** A look-up that found nothing, to be remembered for so long; plain ENOENT is not remembered. */
    public void noEntry(long validNs) {
        out.asSlice(BODY, FuseProtocol.ENTRY_BYTES).fill((byte) 0);
        putValidity(out, BODY + 16, validNs);
        send(0, FuseProtocol.ENTRY_BYTES);
    }

    public void attributes(FuseAttributes of, long validNs) {
        out.set(JAVA_LONG_UNALIGNED, BODY, validNs / 1_000_000_000L);
        out.set(JAVA_INT_UNALIGNED, BODY + 8, (int) (validNs % 1_000_000_000L));
        out.set(JAVA_INT_UNALIGNED, BODY + 12, 0);
        putAttributes(out, BODY + 16, of);
        send(0, FuseProtocol.ATTRIBUTES_REPLY_BYTES);
    }

    /** For an open that bypasses the kernel's page cache: each read and write comes here as it was made. */
    public static final int OPEN_DIRECT = 1;
    /** For an open that keeps what the page cache has. */
    public static final int OPEN_KEEP_CACHE = 1 << 1;
    /** For an open without a place in the file. */
    public static final int OPEN_STREAM = 1 << 4;

    /** @param handle the handler's own number, given back with each call. @param flags of {@code OPEN_…} */
    public void opened(long handle, int flags) {
        putOpened(BODY, handle, flags);
        send(0, FuseProtocol.OPENED_BYTES);
    }

    public void created(FuseAttributes of, long validNs, long handle, int flags) {
        putEntry(out, BODY, of, validNs);
        putOpened(BODY + FuseProtocol.ENTRY_BYTES, handle, flags);
        send(0, FuseProtocol.ENTRY_BYTES + FuseProtocol.OPENED_BYTES);
    }

    /** The target of a symbolic link, or the bytes of a read. */
    public void data(byte[] bytes, int from, int count) {
        MemorySegment.copy(bytes, from, out, JAVA_BYTE, BODY, count);
        send(0, count);
    }

    /** Bytes of a read from where they lie; native memory is not copied. */
    public void data(MemorySegment from, long offset, int count) {
        if (!from.isNative()) {
            MemorySegment.copy(from, offset, out, BODY, count);
            send(0, count);
            return;
        }
        once();
        header(out, BODY + count, 0, unique);
        sink.send(out, from, offset, count);
    }

    public void written(int count) {
        out.set(JAVA_INT_UNALIGNED, BODY, count);
        out.set(JAVA_INT_UNALIGNED, BODY + 4, 0);
        send(0, 8);
    }

    public void statfs(long blocks, long freeBlocks, int blockBytes) {
        out.asSlice(BODY, FuseProtocol.STATFS_BYTES).fill((byte) 0);
        out.set(JAVA_LONG_UNALIGNED, BODY, blocks);
        out.set(JAVA_LONG_UNALIGNED, BODY + 8, freeBlocks);
        out.set(JAVA_LONG_UNALIGNED, BODY + 16, freeBlocks);
        out.set(JAVA_INT_UNALIGNED, BODY + 40, blockBytes);
        out.set(JAVA_INT_UNALIGNED, BODY + 44, FuseProtocol.NAME_LIMIT_BYTES);
        out.set(JAVA_INT_UNALIGNED, BODY + 48, blockBytes);
        send(0, FuseProtocol.STATFS_BYTES);
    }

    /** Nobody holds what {@link FuseHandler#testLock} asked for. */
    public void noLock() {
        locked(0, 0, 2, 0);
    }

    /** Somebody holds it. */
    public void locked(long start, long end, int type, int byProcess) {
        out.set(JAVA_LONG_UNALIGNED, BODY, start);
        out.set(JAVA_LONG_UNALIGNED, BODY + 8, end);
        out.set(JAVA_INT_UNALIGNED, BODY + 16, type);
        out.set(JAVA_INT_UNALIGNED, BODY + 20, byProcess);
        send(0, FuseProtocol.LOCK_REPLY_BYTES);
    }

    /** Where entries of a folder are put; it is sent by {@link FuseListing#send}. */
    public FuseListing listing() {
        return listing;
    }

    /**
     * Puts the answer off: nobody waits for it but the caller.
     *
     * @return empty when too many are put off already; the call has then been answered with EAGAIN
     */
    public Optional<LaterReply> later() {
        Optional<LaterReply> later = laters.add(unique, sink);
        if (later.isEmpty()) {
            error(Errno.EAGAIN);
            return later;
        }
        once();
        return later;
    }

    /** Sends header and body, which lies in {@code out} already. */
    void send(int errno, int bodyBytes) {
        once();
        header(out, BODY + bodyBytes, errno, unique);
        // What the kernel refuses here has been given up by its caller, or the connection is gone; the reader finds out.
        sink.send(out, BODY + bodyBytes);
    }

    private void once() {
        if (answered) {
            throw new IllegalStateException("request %d is answered twice".formatted(unique));
        }
        answered = true;
    }

    static void header(MemorySegment reply, int length, int errno, long unique) {
        reply.set(JAVA_INT_UNALIGNED, 0, length);
        reply.set(JAVA_INT_UNALIGNED, 4, -errno);
        reply.set(JAVA_LONG_UNALIGNED, 8, unique);
    }

    static void putEntry(MemorySegment to, long at, FuseAttributes of, long validNs) {
        to.set(JAVA_LONG_UNALIGNED, at, of.node());
        to.set(JAVA_LONG_UNALIGNED, at + 8, 0L);
        putValidity(to, at + 16, validNs);
        putAttributes(to, at + 40, of);
    }

    private static void putValidity(MemorySegment to, long at, long validNs) {
        long seconds = validNs / 1_000_000_000L;
        int rest = (int) (validNs % 1_000_000_000L);
        to.set(JAVA_LONG_UNALIGNED, at, seconds);
        to.set(JAVA_LONG_UNALIGNED, at + 8, seconds);
        to.set(JAVA_INT_UNALIGNED, at + 16, rest);
        to.set(JAVA_INT_UNALIGNED, at + 20, rest);
    }

    private static void putAttributes(MemorySegment to, long at, FuseAttributes of) {
        to.set(JAVA_LONG_UNALIGNED, at, of.node());
        to.set(JAVA_LONG_UNALIGNED, at + 8, of.sizeBytes());
        to.set(JAVA_LONG_UNALIGNED, at + 16, (of.sizeBytes() + 511) >> 9);
        long seconds = of.changedNs() / 1_000_000_000L;
        int rest = (int) (of.changedNs() % 1_000_000_000L);
        for (int i = 0; i < 3; i++) {
            to.set(JAVA_LONG_UNALIGNED, at + 24 + 8 * i, seconds);
            to.set(JAVA_INT_UNALIGNED, at + 48 + 4 * i, rest);
        }
        to.set(JAVA_INT_UNALIGNED, at + 60, of.mode());
        to.set(JAVA_INT_UNALIGNED, at + 64, of.links());
        to.set(JAVA_INT_UNALIGNED, at + 68, of.uid());
        to.set(JAVA_INT_UNALIGNED, at + 72, of.gid());
        to.set(JAVA_INT_UNALIGNED, at + 76, 0);
        to.set(JAVA_INT_UNALIGNED, at + 80, 4096);
        to.set(JAVA_INT_UNALIGNED, at + 84, 0);
    }

    private void putOpened(long at, long handle, int flags) {
        out.set(JAVA_LONG_UNALIGNED, at, handle);
        out.set(JAVA_INT_UNALIGNED, at + 8, flags);
        out.set(JAVA_INT_UNALIGNED, at + 12, 0);
    }
}
