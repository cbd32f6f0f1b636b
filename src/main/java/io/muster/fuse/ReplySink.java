package io.muster.fuse;

import java.lang.foreign.MemorySegment;

/** Where replies go: the kernel, or the memory of a test. May be called from several threads. */
interface ReplySink {

    /** Sends one whole reply. @return its length, or a negative error number */
    long send(MemorySegment reply, int lengthBytes);

    /** Sends a reply whose body lies elsewhere, in native memory. @return the sum, or a negative error number */
    long send(MemorySegment header, MemorySegment body, long bodyOffset, int bodyBytes);
}
