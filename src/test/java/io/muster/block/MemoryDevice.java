package io.muster.block;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** A disk in memory; what was never written is zeros and takes no room. */
public final class MemoryDevice implements BlockDevice {

    private final int blockBytes;
    private final long bytes;
    private final TreeMap<Long, byte[]> blocks;

    public MemoryDevice(int blockBytes, long bytes) {
        this(blockBytes, bytes, new TreeMap<>());
    }

    private MemoryDevice(int blockBytes, long bytes, TreeMap<Long, byte[]> blocks) {
        this.blockBytes = blockBytes;
        this.bytes = bytes;
        this.blocks = blocks;
    }

    /** Another disk with the same content. */
    public synchronized MemoryDevice copy() {
        // A block that was stored is never changed, only replaced.
        return new MemoryDevice(blockBytes, bytes, new TreeMap<>(blocks));
    }

    @Override
    public int blockBytes() {
        return blockBytes;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public synchronized void read(long offset, ByteBuffer into) {
        require(offset, into);
        byte[] zeros = new byte[blockBytes];
        for (long at = offset; into.hasRemaining(); at += blockBytes) {
            into.put(blocks.getOrDefault(at, zeros));
        }
    }

    @Override
    public synchronized void write(long offset, ByteBuffer from) {
        require(offset, from);
        for (long at = offset; from.hasRemaining(); at += blockBytes) {
            byte[] block = new byte[blockBytes];
            from.get(block);
            if (DiskHeader.isZero(block)) {
                blocks.remove(at);
            } else {
                blocks.put(at, block);
            }
        }
    }

    @Override
    public void flush() {
        // All is where it stays.
    }

    @Override
    public void close() {
        // Nothing is held.
    }

    @Override
    public synchronized boolean equals(Object other) {
        if (!(other instanceof MemoryDevice device) || device.bytes != bytes || !device.blocks.keySet().equals(blocks.keySet())) {
            return false;
        }
        for (Map.Entry<Long, byte[]> each : blocks.entrySet()) {
            if (!Arrays.equals(each.getValue(), device.blocks.get(each.getKey()))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public synchronized int hashCode() {
        return blocks.keySet().hashCode();
    }

    private void require(long offset, ByteBuffer buffer) {
        int length = buffer.remaining();
        if (offset < 0 || offset % blockBytes != 0 || length % blockBytes != 0 || offset > bytes - length) {
            throw new DiskFault(DiskFault.Kind.OUT_OF_RANGE, "%d bytes at byte %d".formatted(length, offset));
        }
    }
}
