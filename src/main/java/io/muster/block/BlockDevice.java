package io.muster.block;

import java.nio.ByteBuffer;

/**
 * Blocking port to a shared disk or to a part of one. Nothing is read from or left in a cache of this host: what another host
 * wrote and flushed is seen, and what {@link #flush} has covered is on the medium.
 *
 * <p>Offsets, lengths and, for real devices, the buffer's address are multiples of {@link #blockBytes()}. All methods may be
 * called by several threads at once; two calls that overlap in time are in no order.
 */
public interface BlockDevice extends AutoCloseable {

    /** The alignment: 512 or 4096. */
    int blockBytes();

    /** Length in bytes, a multiple of {@link #blockBytes()}. */
    long bytes();

    /**
     * Fills the rest of the buffer.
     *
     * @throws DiskFault whatever went wrong; the buffer's content is undefined then
     */
    void read(long offset, ByteBuffer into);

    /**
     * Writes the rest of the buffer. It is on the medium after the next {@link #flush} that began after this ended.
     *
     * @throws DiskFault nothing may be concluded about what is on the medium
     */
    void write(long offset, ByteBuffer from);

    /** What was written before this began is on the medium when it ends. @throws DiskFault nothing may be concluded */
    void flush();

    /** Calls under way end first, or fail. Never throws. */
    @Override
    void close();
}
