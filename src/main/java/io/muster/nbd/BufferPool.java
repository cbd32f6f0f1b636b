package io.muster.nbd;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/** A bounded number of large buffers, outside of the heap and aligned for every device; whoever wants one more waits. */
final class BufferPool {

    /** Addresses are multiples of this. */
    private static final int ALIGNMENT_BYTES = 4096;

    private final Semaphore places;
    private final int bytes;
    private final ConcurrentLinkedQueue<ByteBuffer> free = new ConcurrentLinkedQueue<>();

    BufferPool(int count, int bytes) {
        this.places = new Semaphore(count, true);
        this.bytes = bytes;
    }

    /** A buffer of one's own. */
    static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocateDirect(bytes + ALIGNMENT_BYTES).alignedSlice(ALIGNMENT_BYTES).slice(0, bytes);
    }

    ByteBuffer take() throws InterruptedException {
        places.acquire();
        ByteBuffer buffer = free.poll();
        return buffer == null ? allocate(bytes) : buffer;
    }

    void giveBack(ByteBuffer buffer) {
        free.add(buffer);
        places.release();
    }
}
