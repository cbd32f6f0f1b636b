package io.muster.block;

import io.muster.base.Prng;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Does what bad disks do, by chance or by order; the same seed does the same. */
public final class FaultyDevice implements BlockDevice {

    /** One kind of bad behaviour. */
    public enum Fault {
        /** A write leaves only its first sectors and fails. */
        TORN,
        /** A write says that it was done, and was not. */
        LOST,
        /** A write says that it was done, and was, a block further. */
        MISDIRECTED,
        /** A read gives what lay there before the last write of that place. */
        STALE,
        /** A call takes long: the hook is run first. */
        SLOW,
        /** A call never ends by itself: the hook is run, and then it fails. */
        STUCK,
        /** The device reports an error; a write may have left anything between nothing and all. */
        ERROR
    }

    private final BlockDevice below;
    private final Prng chance;
    private final Runnable hook;
    private final TreeMap<Fault, Double> odds = new TreeMap<>();
    private final List<Fault> ordered = new ArrayList<>();
    private final List<Fault> done = new ArrayList<>();
    private final TreeMap<Long, byte[]> former = new TreeMap<>();

    /** @param hook run where time would pass */
    public FaultyDevice(BlockDevice below, Prng chance, Runnable hook) {
        this.below = below;
        this.chance = chance;
        this.hook = hook;
    }

    public synchronized FaultyDevice odds(Fault fault, double probability) {
        odds.put(fault, probability);
        return this;
    }

    /** The next call to which it applies does this. */
    public synchronized FaultyDevice next(Fault fault) {
        ordered.add(fault);
        return this;
    }

    /** What it did so far. */
    public synchronized List<Fault> done() {
        return List.copyOf(done);
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
        delay();
        if (happens(Fault.ERROR)) {
            throw new DiskFault(DiskFault.Kind.IO, "read at byte %d failed".formatted(offset));
        }
        if (!happens(Fault.STALE)) {
            below.read(offset, into);
            return;
        }
        int block = below.blockBytes();
        ByteBuffer one = ByteBuffer.allocate(block);
        for (long at = offset; into.hasRemaining(); at += block) {
            byte[] old = formerly(at);
            if (old.length > 0) {
                into.put(old);
            } else {
                below.read(at, one.clear());
                into.put(one.flip());
            }
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) {
        delay();
        int length = from.remaining();
        if (happens(Fault.LOST)) {
            from.position(from.limit());
            return;
        }
        if (happens(Fault.MISDIRECTED)) {
            long further = offset + length + below.blockBytes() <= below.bytes() ? offset + below.blockBytes() : 0;
            below.write(further, from);
            return;
        }
        remember(offset, length);
        boolean torn = happens(Fault.TORN);
        boolean error = !torn && happens(Fault.ERROR);
        if (torn || error) {
            int blocks = length / below.blockBytes();
            int kept = drawn(error ? blocks + 1 : blocks) * below.blockBytes();
            below.write(offset, from.duplicate().limit(from.position() + kept));
            throw new DiskFault(DiskFault.Kind.IO, "write at byte %d failed".formatted(offset));
        }
        below.write(offset, from);
    }

    @Override
    public void flush() {
        delay();
        if (happens(Fault.ERROR)) {
            throw new DiskFault(DiskFault.Kind.IO, "flush failed");
        }
        below.flush();
    }

    @Override
    public void close() {
        below.close();
    }

    private void delay() {
        if (happens(Fault.SLOW)) {
            hook.run();
        }
        if (happens(Fault.STUCK)) {
            hook.run();
            throw new DiskFault(DiskFault.Kind.IO, "the device came back from being stuck with an error");
        }
    }

    private synchronized boolean happens(Fault fault) {
        boolean byOrder = ordered.remove(fault);
        // Always drawn where there are odds, so that an ordered fault does not shift the drawn ones.
        boolean byChance = odds.containsKey(fault) && chance.chance(odds.get(fault));
        if (byOrder || byChance) {
            done.add(fault);
        }
        return byOrder || byChance;
    }

    private synchronized int drawn(int bound) {
        return chance.nextInt(bound);
    }

    private synchronized byte[] formerly(long at) {
        return former.getOrDefault(at, new byte[0]);
    }

    private synchronized void remember(long offset, int length) {
        int block = below.blockBytes();
        for (long at = offset; at < offset + length; at += block) {
            byte[] old = new byte[block];
            below.read(at, ByteBuffer.wrap(old));
            former.put(at, old);
        }
    }
}
