package io.muster.nbd;

import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A disk in memory whose calls can be held up, and fail. */
final class MemoryDisk implements BlockDevice {

    private final byte[] content;
    private final int blockBytes;
    final AtomicInteger writes = new AtomicInteger();
    final AtomicInteger flushes = new AtomicInteger();
    /** Writes wait for the second after they told the first that they are here. */
    volatile CountDownLatch arrived = new CountDownLatch(0);
    volatile CountDownLatch held = new CountDownLatch(0);
    volatile DiskFault failure;

    MemoryDisk(int blocks, int blockBytes) {
        this.content = new byte[blocks * blockBytes];
        this.blockBytes = blockBytes;
    }

    synchronized byte[] content() {
        return content.clone();
    }

    @Override
    public int blockBytes() {
        return blockBytes;
    }

    @Override
    public long bytes() {
        return content.length;
    }

    @Override
    public synchronized void read(long offset, ByteBuffer into) {
        into.put(content, (int) offset, into.remaining());
    }

    @Override
    public void write(long offset, ByteBuffer from) {
        arrived.countDown();
        try {
            held.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (failure != null) {
            throw failure;
        }
        synchronized (this) {
            from.get(content, (int) offset, from.remaining());
        }
        writes.incrementAndGet();
    }

    @Override
    public void flush() {
        flushes.incrementAndGet();
    }

    @Override
    public void close() {}
}
