package io.muster.nbd;

import io.muster.block.BlockDevice;
import java.nio.ByteBuffer;

/**
 * The head of a request as it came.
 *
 * @param length 0 to 2^32 - 1
 */
record RequestHead(int magic, int flags, int type, long cookie, long offset, long length) {

    /** Takes {@link Protocol#REQUEST_BYTES} off the buffer; any bytes will do. */
    static RequestHead read(ByteBuffer from) {
        return new RequestHead(from.getInt(), from.getShort() & 0xFFFF, from.getShort() & 0xFFFF, from.getLong(),
                from.getLong(), from.getInt() & 0xFFFFFFFFL);
    }

    void write(ByteBuffer into) {
        into.putInt(magic).putShort((short) flags).putShort((short) type).putLong(cookie).putLong(offset).putInt((int) length);
    }

    /** How many bytes of data follow the head. */
    long payloadBytes() {
        return type == Protocol.WRITE ? length : 0;
    }

    /** What cannot be followed any further: the two ends no longer agree where a request begins. */
    boolean isHopeless() {
        return magic != Protocol.REQUEST_MAGIC || payloadBytes() > Protocol.PAYLOAD_LIMIT_BYTES;
    }

    boolean fua() {
        return (flags & Protocol.FLAG_FUA) != 0;
    }

    /** The error that this request is answered with before anything is done, or {@link Protocol#OK}. */
    int refusal(BlockDevice device, boolean readOnly) {
        return switch (type) {
            case Protocol.READ -> {
                if (flags != 0 || length > Protocol.PAYLOAD_LIMIT_BYTES || outOfRange(device)) {
                    yield Protocol.EINVAL;
                }
                yield Protocol.OK;
            }
            case Protocol.WRITE -> change(device, readOnly, Protocol.FLAG_FUA);
            case Protocol.WRITE_ZEROES -> change(device, readOnly, Protocol.FLAG_FUA | Protocol.FLAG_NO_HOLE);
            // Flags mean nothing here, and some clients set FUA all the same.
            case Protocol.FLUSH -> offset != 0 || length != 0 ? Protocol.EINVAL : Protocol.OK;
            default -> Protocol.EINVAL;
        };
    }

    private int change(BlockDevice device, boolean readOnly, int known) {
        if (readOnly) {
            return Protocol.EPERM;
        }
        if ((flags & ~known) != 0 || length == 0 || misaligned(device)) {
            return Protocol.EINVAL;
        }
        return beyond(device) ? Protocol.ENOSPC : Protocol.OK;
    }

    private boolean outOfRange(BlockDevice device) {
        return length == 0 || misaligned(device) || beyond(device);
    }

    private boolean misaligned(BlockDevice device) {
        return offset % device.blockBytes() != 0 || length % device.blockBytes() != 0;
    }

    private boolean beyond(BlockDevice device) {
        // Unsigned on the wire: what is negative here is far beyond the end.
        return offset < 0 || offset > device.bytes() - length;
    }
}
