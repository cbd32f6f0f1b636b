package io.muster.runtime;

import io.muster.base.ClusterId;
import io.muster.base.NodeId;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * The bytes of the file {@code life}, the durable counter of this node's lives (rule L7), kept twice.
 *
 * <pre>
 * offset length type  meaning
 *      0      4 u32   magic "LIFE"
 *      4     16 u64x2 cluster id
 *     20      1 u8    node
 *     21      8 u64   life
 *     29      4 u32   CRC-32C of all bytes before it
 *   4096     33       the second copy
 * </pre>
 *
 * The copies are written and flushed one after the other, so that they differ by one raise at most, and one of them is
 * whole at any moment.
 */
final class LifeFile {

    static final String FILE = "life";
    /** One copy stands in a block of its own, so that a torn write hurts one only. */
    static final int COPY_BYTES = 4096;
    static final int BYTES = 2 * COPY_BYTES;

    private static final int MAGIC = 0x4C494645;
    private static final int LENGTH = 33;

    private LifeFile() {}

    static byte[] copy(ClusterId cluster, NodeId node, long life) {
        ByteWriter writer = new ByteWriter(COPY_BYTES)
                .i32(MAGIC).i64(cluster.high()).i64(cluster.low()).node(node).i64(life);
        writer.i32(checksum(writer.toArray(), writer.length()));
        return Arrays.copyOf(writer.toArray(), COPY_BYTES);
    }

    /**
     * The life to live now: one above the highest that is recorded; two above when a copy is damaged, because the
     * damaged one may have been the newer. Empty when neither copy can be read.
     */
    static OptionalLong next(byte[] file, ClusterId cluster, NodeId node) {
        OptionalLong first = life(file, 0, cluster, node);
        OptionalLong second = life(file, COPY_BYTES, cluster, node);
        if (first.isPresent() && second.isPresent()) {
            return OptionalLong.of(Math.max(first.getAsLong(), second.getAsLong()) + 1);
        }
        OptionalLong whole = first.isPresent() ? first : second;
        return whole.isPresent() ? OptionalLong.of(whole.getAsLong() + 2) : OptionalLong.empty();
    }

    private static OptionalLong life(byte[] file, int offset, ClusterId cluster, NodeId node) {
        if (file.length < offset + LENGTH) {
            return OptionalLong.empty();
        }
        ByteReader reader = new ByteReader(file, offset, LENGTH);
        try {
            boolean ours = reader.i32() == MAGIC & reader.i64() == cluster.high() & reader.i64() == cluster.low()
                    & reader.u8() == node.number();
            long life = reader.count();
            byte[] covered = Arrays.copyOfRange(file, offset, offset + LENGTH);
            boolean whole = reader.i32() == checksum(covered, LENGTH - Integer.BYTES);
            return ours && whole ? OptionalLong.of(life) : OptionalLong.empty();
        } catch (MalformedFrame e) {
            return OptionalLong.empty();
        }
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
