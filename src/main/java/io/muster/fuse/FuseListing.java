package io.muster.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** The entries of a folder, put one after the other as long as the caller's buffer takes them, then sent. */
public final class FuseListing {

    private static final int BODY = FuseProtocol.REPLY_HEADER_BYTES;

    private final FuseCall call;
    private final MemorySegment out;
    private boolean withAttributes;
    private int limitBytes;
    private int usedBytes;

    FuseListing(FuseCall call, MemorySegment out) {
        this.call = call;
        this.out = out;
    }

    void begin(int size, boolean plus) {
        withAttributes = plus;
        limitBytes = (int) Math.min(size, out.byteSize() - BODY);
        usedBytes = 0;
    }

    /** Whether each entry carries attributes, and so counts as a look-up of its node ({@code .} and {@code ..} do not). */
    public boolean withAttributes() {
        return withAttributes;
    }

    /**
     * Puts one entry.
     *
     * @param offset what the caller gives to go on behind this entry; not 0
     * @return false when it does not fit any more; it is then not counted as a look-up either
     */
    public boolean add(byte[] name, FuseAttributes of, long offset, long validNs) {
        int plain = (FuseProtocol.DIRENT_BYTES + name.length + 7) & ~7;
        int all = plain + (withAttributes ? FuseProtocol.ENTRY_BYTES : 0);
        if (usedBytes + all > limitBytes) {
            return false;
        }
        long at = BODY + usedBytes;
        if (withAttributes) {
            FuseCall.putEntry(out, at, of, validNs);
            if (isDots(name)) {
                // Node 0 in an entry says: look it up if you need it. The kernel counts nothing then.
                out.set(JAVA_LONG_UNALIGNED, at, 0L);
            }
            at += FuseProtocol.ENTRY_BYTES;
        }
        out.set(JAVA_LONG_UNALIGNED, at, of.node());
        out.set(JAVA_LONG_UNALIGNED, at + 8, offset);
        out.set(JAVA_INT_UNALIGNED, at + 16, name.length);
        out.set(JAVA_INT_UNALIGNED, at + 20, of.entryType());
        MemorySegment.copy(name, 0, out, JAVA_BYTE, at + FuseProtocol.DIRENT_BYTES, name.length);
        int end = FuseProtocol.DIRENT_BYTES + name.length;
        out.asSlice(at + end, plain - end).fill((byte) 0);
        usedBytes += all;
        return true;
    }

    /** Answers the call; with no entry it means the end of the folder. */
    public void send() {
        call.send(0, usedBytes);
    }

    private static boolean isDots(byte[] name) {
        return name[0] == '.' && (name.length == 1 || name.length == 2 && name[1] == '.');
    }
}
