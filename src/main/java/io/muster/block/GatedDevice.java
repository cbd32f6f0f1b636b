package io.muster.block;

import java.nio.ByteBuffer;
import java.util.function.LongSupplier;

/**
 * A device that writes only while a gate is open. The gate is looked at immediately before each write and flush: when it is
 * shut, nothing is handed to the device below.
 *
 * <p>A write that was handed down while the gate was open may still land after it has shut: the lease has to leave room for
 * the longest life of a write, and who has to know that none is left calls {@link #drain} (rule D5).
 */
public final class GatedDevice implements BlockDevice {

    private static final long NS_PER_MS = 1_000_000;

    private final BlockDevice below;
    private final WriteGate gate;
    private final LongSupplier nowNs;
    private int underWay;

    /** @param nowNs a clock that never falls */
    public GatedDevice(BlockDevice below, WriteGate gate, LongSupplier nowNs) {
        this.below = below;
        this.gate = gate;
        this.nowNs = nowNs;
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
        below.read(offset, into);
    }

    /** @throws DiskFault GATE_SHUT when the gate is shut; nothing was written */
    @Override
    public void write(long offset, ByteBuffer from) {
        enter();
        try {
            // Behind enter(): whoever drains after the gate was shut either waits for this write or it is refused here.
            require();
            below.write(offset, from);
        } finally {
            leave();
        }
    }

    /** @throws DiskFault GATE_SHUT when the gate is shut: what a flush would make last is not wanted any more */
    @Override
    public void flush() {
        enter();
        try {
            require();
            below.flush();
        } finally {
            leave();
        }
    }

    /**
     * Waits until no write is under way. Called with the gate shut it means: nothing of this host comes any more.
     *
     * @return false when some write was still under way after that time
     */
    public synchronized boolean drain(long limitNs) throws InterruptedException {
        long until = nowNs.getAsLong() + limitNs;
        while (underWay > 0) {
            long left = until - nowNs.getAsLong();
            if (left <= 0) {
                return false;
            }
            wait(left / NS_PER_MS + 1);
        }
        return true;
    }

    @Override
    public void close() {
        below.close();
    }

    private void require() {
        if (!gate.open()) {
            throw new DiskFault(DiskFault.Kind.GATE_SHUT, "this node may not write now: its lease has run out");
        }
    }

    private synchronized void enter() {
        underWay++;
    }

    private synchronized void leave() {
        underWay--;
        notifyAll();
    }
}
