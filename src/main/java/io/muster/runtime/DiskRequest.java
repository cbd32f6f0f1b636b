package io.muster.runtime;

import io.muster.machine.Effect;
import java.util.concurrent.ScheduledFuture;

/** One request on its way; its fields belong to the lock of its {@link SharedDisk}. */
final class DiskRequest {

    final Effect.OnDisk order;
    final long askedAt;
    final long limitNs;
    private final long offset;
    private final long length;
    /** Its device call runs, or hangs. */
    boolean begun;
    /** Its completion was told. */
    boolean answered;
    /** Set before the lock is left for the first time. */
    ScheduledFuture<?> alarm;

    DiskRequest(Effect.OnDisk order, long askedAt, long limitNs) {
        this.order = order;
        this.askedAt = askedAt;
        this.limitNs = limitNs;
        switch (order) {
            case Effect.ReadDisk read -> {
                offset = read.offset();
                length = read.length();
            }
            case Effect.WriteDisk write -> {
                offset = write.offset();
                length = write.bytes().length();
            }
        }
    }

    boolean isWrite() {
        return order instanceof Effect.WriteDisk;
    }

    long length() {
        return length;
    }

    /** Whether their order matters. */
    boolean conflicts(DiskRequest other) {
        return (isWrite() || other.isWrite()) && offset < other.offset + other.length && other.offset < offset + length;
    }

    @Override
    public String toString() {
        return "%s of %d bytes at byte %d".formatted(isWrite() ? "write" : "read", length, offset);
    }
}
