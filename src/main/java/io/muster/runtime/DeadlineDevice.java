package io.muster.runtime;

import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import io.muster.block.DiskFault.Kind;
import java.nio.ByteBuffer;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A device whose calls end in time for the caller, whatever the device below does: a call that takes longer than its limit ends
 * with TIMEOUT, and its thread is left to the device. When as many calls as may are under way or hang, a further one waits for
 * the rest of its time and then ends with TIMEOUT too, without having begun.
 *
 * <p>A write that timed out may still land (rule D9). Bytes go through a buffer of the call's own, so that a late read does not
 * write into what the caller uses for something else by then.
 */
public final class DeadlineDevice implements BlockDevice {

    private static final long IDLE_S = 60;

    private final BlockDevice below;
    private final String name;
    private final long limitNs;
    private final Semaphore places;
    private final int placeCount;
    private final ThreadPoolExecutor threads;

    /** @param calls that may be under way at once, those that hang included */
    public DeadlineDevice(BlockDevice below, String name, long limitNs, int calls) {
        this.below = below;
        this.name = name;
        this.limitNs = limitNs;
        this.places = new Semaphore(calls, true);
        this.placeCount = calls;
        // No queue: a place was taken before, so there is always a thread or room for one.
        this.threads = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_S, TimeUnit.SECONDS, new SynchronousQueue<>(),
                Thread.ofPlatform().name("muster-call-" + name).daemon().factory());
    }

    /** Calls that are under way or hang. */
    public int underWay() {
        return placeCount - places.availablePermits();
    }

    @Override
    public int blockBytes() {
        return below.blockBytes();
    }

    @Override
    public long bytes() {
        return below.bytes();
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        ByteBuffer own = buffer(into.remaining());
        call("read", () -> below.read(offset, own));
        into.put(own.flip());
    }

    @Override
    public void write(long offset, ByteBuffer from) {
        ByteBuffer own = buffer(from.remaining()).put(from.duplicate()).flip();
        call("write", () -> below.write(offset, own));
        from.position(from.limit());
    }

    @Override
    public void flush() {
        call("flush", below::flush);
    }

    /** Within the limit; a device that hangs in it is left to itself. */
    @Override
    public void close() {
        threads.shutdown();
        Thread closing = Thread.ofPlatform().name("muster-close-" + name).daemon().start(below::close);
        try {
            closing.join(TimeUnit.NANOSECONDS.toMillis(limitNs) + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private ByteBuffer buffer(int length) {
        int block = below.blockBytes();
        return ByteBuffer.allocateDirect(length + block).alignedSlice(block).limit(length);
    }

    private void call(String what, Runnable work) {
        long until = System.nanoTime() + limitNs;
        try {
            if (!places.tryAcquire(limitNs, TimeUnit.NANOSECONDS)) {
                throw new DiskFault(Kind.TIMEOUT, "disk %s: a %s was not begun, for %d calls hang longer than %.0f ms".formatted(
                        name, what, placeCount, limitNs / 1e6));
            }
            FutureTask<Void> task = new FutureTask<>(work, null) {
                @Override
                public void run() {
                    try {
                        super.run();
                    } finally {
                        places.release();
                    }
                }
            };
            begin(task);
            task.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new DiskFault(Kind.TIMEOUT, "disk %s: a %s was not done within %.0f ms; it may still happen".formatted(
                    name, what, limitNs / 1e6), e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof DiskFault fault ? fault
                    : new DiskFault(Kind.IO, "disk %s: a %s broke: %s".formatted(name, what, e.getCause()), e.getCause());
        } catch (InterruptedException | CancellationException e) {
            Thread.currentThread().interrupt();
            throw new DiskFault(Kind.TIMEOUT, "disk %s: nobody waits for its %s any more".formatted(name, what), e);
        }
    }

    private void begin(FutureTask<Void> task) {
        try {
            threads.execute(task);
        } catch (RuntimeException | Error e) {
            places.release();
            throw new DiskFault(Kind.GONE, "disk %s is closed".formatted(name), e);
        }
    }
}
