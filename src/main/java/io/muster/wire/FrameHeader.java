package io.muster.wire;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.VersionRange;

/**
 * The head of every frame, on streams and in datagrams alike.
 *
 * <pre>
 * offset length type  meaning
 *      0      4 u32   magic "MSTR"
 *      4      4 u32   length of the whole frame in bytes, head and checksum included
 *      8      2 u16   protocol version
 *     10      2 u16   kind: which message family and member
 *     12     16 u64x2 cluster id
 *     28      9       sender: node u8, life u64
 *     37      n       the message
 *   37+n      4 u32   CRC-32C of all bytes before it
 * </pre>
 */
public record FrameHeader(int lengthBytes, int protocol, int kind, ClusterId cluster, Incarnation from) {

    public static final int MAGIC = 0x4D535452;
    /** The protocol versions that this program speaks; two peers use the highest that both do. */
    public static final VersionRange PROTOCOLS = new VersionRange(1, 1);
    public static final int BYTES = 37;
    public static final int CHECKSUM_BYTES = 4;
    /** Enough of a frame to know its length: {@link #lengthOf}. */
    public static final int PREFIX_BYTES = 8;
    /** The largest frame; a state of the ledger fits. */
    public static final int LIMIT_BYTES = 256 * 1024;

    /**
     * The length of a whole frame, from its first {@link #PREFIX_BYTES} bytes.
     *
     * @throws MalformedFrame when this is no frame or it is too long to be one
     */
    public static int lengthOf(byte[] prefix) throws MalformedFrame {
        ByteReader reader = new ByteReader(prefix, 0, PREFIX_BYTES);
        int magic = reader.i32();
        if (magic != MAGIC) {
            throw new MalformedFrame("magic %08x".formatted(magic));
        }
        int length = reader.i32();
        if (length < BYTES + CHECKSUM_BYTES || length > LIMIT_BYTES) {
            throw new MalformedFrame("a frame of %d bytes".formatted(length));
        }
        return length;
    }
}
