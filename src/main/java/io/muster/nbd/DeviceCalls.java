package io.muster.nbd;

import io.muster.base.Incarnation;
import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What a connection asks of the device, each call of it through the {@link EpochGate}.
 *
 * <p>A write of which nobody knows whether it still happens (rule D9) never leaves the gate: no drain of its epoch is reported
 * any more while this server lives.
 */
final class DeviceCalls {

    /** How much of a longer range is filled with zeros in one call, so that a fence need not wait for all of it. */
    private static final int ZEROS_AT_ONCE_BYTES = 1024 * 1024;
    private static final ByteBuffer ZEROS = BufferPool.allocate(ZEROS_AT_ONCE_BYTES).asReadOnlyBuffer();

    private final BlockDevice device;
    private final EpochGate gate;
    private final Optional<Incarnation> writer;

    DeviceCalls(Epochs epochs, Optional<Incarnation> writer) {
        this.device = epochs.device();
        this.gate = epochs.gate();
        this.writer = writer;
    }

    /** @return an error of the protocol, or {@link Protocol#OK} */
    int read(long offset, ByteBuffer into) {
        return through(() -> device.read(offset, into), false);
    }

    int write(long offset, ByteBuffer from, boolean fua) {
        int error = through(() -> device.write(offset, from), true);
        return error == Protocol.OK && fua ? flush() : error;
    }

    int flush() {
        return through(device::flush, false);
    }

    int zero(long offset, long length, boolean fua) {
        for (long done = 0; done < length; done += ZEROS_AT_ONCE_BYTES) {
            long at = offset + done;
            ByteBuffer zeros = ZEROS.duplicate().limit((int) Math.min(ZEROS_AT_ONCE_BYTES, length - done));
            int error = through(() -> device.write(at, zeros), true);
            if (error != Protocol.OK) {
                return error;
            }
        }
        return fua ? flush() : Protocol.OK;
    }

    private int through(Runnable call, boolean changes) {
        if (writer.isPresent() && !gate.enter(writer.get())) {
            return Protocol.ESHUTDOWN;
        }
        boolean ended = !changes;
        try {
            call.run();
            ended = true;
            return Protocol.OK;
        } catch (DiskFault e) {
            ended |= switch (e.kind()) {
                case IO, GATE_SHUT, FENCED, OUT_OF_RANGE, READ_ONLY, FULL, IN_USE -> true;
                case TIMEOUT, GONE -> false;
            };
            return Protocol.EIO;
        } finally {
            if (ended && writer.isPresent()) {
                gate.leave(writer.get());
            }
        }
    }
}
