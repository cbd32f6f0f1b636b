package io.muster.runtime;

import io.muster.block.BlockDevice;
import io.muster.block.MemoryDevice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A disk of which calls at some offsets hang until they are let go. */
final class HeldDevice implements BlockDevice {

    static final long BYTES = 48L << 20;

    final MemoryDevice disk = new MemoryDevice(512, BYTES);
    final LinkedBlockingQueue<String> began = new LinkedBlockingQueue<>();
    private final List<Long> held = new ArrayList<>();
    private final CountDownLatch release = new CountDownLatch(1);

    synchronized HeldDevice hold(long offset) {
        held.add(offset);
        return this;
    }

    void letGo() {
        release.countDown();
    }

    String awaitBegin() throws InterruptedException {
        return began.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
    }

    private void pass(String what, long offset) {
        began.add(what + " " + offset);
        boolean waits;
        synchronized (this) {
            waits = held.contains(offset);
        }
        if (waits) {
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public int blockBytes() {
        return disk.blockBytes();
    }

    @Override
    public long bytes() {
        return BYTES;
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        pass("read", offset);
        disk.read(offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) {
        pass("write", offset);
        disk.write(offset, from);
    }

    @Override
    public void flush() {
        disk.flush();
    }

    @Override
    public void close() {
        disk.close();
    }
}
