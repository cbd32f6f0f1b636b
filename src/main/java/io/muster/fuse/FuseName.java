package io.muster.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * A name inside a request: 1 to 255 bytes without a slash or a zero, no more is promised. It is a view that is good until
 * the handler returns; who wants to keep it takes {@link #bytes} or {@link #text}.
 */
public final class FuseName {

    private MemorySegment in = MemorySegment.NULL;
    private long at;
    private int length;

    void become(MemorySegment segment, long offset, int lengthBytes) {
        in = segment;
        at = offset;
        length = lengthBytes;
    }

    public int lengthBytes() {
        return length;
    }

    public byte[] bytes() {
        return in.asSlice(at, length).toArray(JAVA_BYTE);
    }

    /** Read as UTF-8; what is none of it becomes the replacement character. */
    public String text() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return text();
    }
}
