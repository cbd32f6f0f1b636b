package io.muster.nbd;

import io.muster.base.NodeId;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.Arrays;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The lowest epochs that a served disk lets through, as they lie in the server's file.
 *
 * <pre>
 * offset length type  meaning
 *      0      4 u32   magic "MEPO"
 *      4      2 u16   format version; the head and the checksum stay as they are in every format
 *      6      8 u63   sequence of the write
 *     14      4 u32   n, length of the body
 *     18      n       the body: the disk's name as a text, a u8 count, then per node its number (u8) and lowest epoch (u63),
 *                     by rising number
 *   18+n      4 u32   CRC-32C of all bytes before it
 * </pre>
 *
 * @param disk     which disk it is about
 * @param sequence counts the writes from 0
 * @param lowest   nodes that are not in it are let through with every epoch
 */
record EpochRecord(String disk, long sequence, SortedMap<NodeId, Long> lowest) {

    static final int FORMAT = 1;
    /** No record is longer; a copy has this much space. */
    static final int BLOCK_BYTES = 4096;

    private static final int MAGIC = 0x4D45504F;
    private static final int HEAD_BYTES = 18;
    private static final int CHECKSUM_BYTES = 4;

    EpochRecord {
        if (!ExportName.isDisk(disk) || sequence < 0 || lowest.values().stream().anyMatch(epoch -> epoch < 1)) {
            throw new IllegalArgumentException("disk \"%s\", sequence %d, epochs %s".formatted(disk, sequence, lowest));
        }
        lowest = Collections.unmodifiableSortedMap(new TreeMap<>(lowest));
    }

    static EpochRecord founding(String disk) {
        return new EpochRecord(disk, 0, new TreeMap<>());
    }

    long lowest(NodeId node) {
        return lowest.getOrDefault(node, 0L);
    }

    /** The next record, with that node's epoch at least so high. */
    EpochRecord raised(NodeId node, long epoch) {
        SortedMap<NodeId, Long> next = new TreeMap<>(lowest);
        next.merge(node, epoch, Math::max);
        return new EpochRecord(disk, sequence + 1, next);
    }

    /** A copy, filled up with zeros to {@link #BLOCK_BYTES}. */
    byte[] encode() {
        ByteWriter body = new ByteWriter(1024);
        body.text(disk).u8(lowest.size());
        lowest.forEach((node, epoch) -> body.u8(node.number()).i64(epoch));
        ByteWriter copy = new ByteWriter(HEAD_BYTES + body.length() + CHECKSUM_BYTES);
        copy.i32(MAGIC).u16(FORMAT).i64(sequence).i32(body.length()).raw(body.toArray());
        byte[] sofar = copy.toArray();
        return Arrays.copyOf(copy.i32(checksum(sofar, 0, sofar.length)).toArray(), BLOCK_BYTES);
    }

    /** A newer program wrote it: this one must not guess what it means. */
    static final class NewerFormat extends Exception {

        private static final long serialVersionUID = 1L;

        NewerFormat(int format) {
            super("format %d, and this program knows %d".formatted(format, FORMAT));
        }
    }

    /**
     * Reads the copy that begins there.
     *
     * @param file any bytes at all
     * @return nothing when it is damaged
     * @throws NewerFormat when it is whole, and of a newer format
     */
    static Optional<EpochRecord> decode(byte[] file, int offset) throws NewerFormat {
        int space = Math.min(BLOCK_BYTES, file.length - offset);
        try {
            if (space < HEAD_BYTES + CHECKSUM_BYTES) {
                return Optional.empty();
            }
            ByteReader head = new ByteReader(file, offset, HEAD_BYTES);
            int magic = head.i32();
            int format = head.u16();
            long sequence = head.i64();
            int length = head.i32();
            if (magic != MAGIC || length < 0 || length > space - HEAD_BYTES - CHECKSUM_BYTES
                    || checksum(file, offset, HEAD_BYTES + length)
                            != new ByteReader(file, offset + HEAD_BYTES + length, CHECKSUM_BYTES).i32()) {
                return Optional.empty();
            }
            if (format > FORMAT) {
                throw new NewerFormat(format);
            }
            ByteReader body = new ByteReader(file, offset + HEAD_BYTES, length);
            String disk = body.text();
            int count = body.u8();
            SortedMap<NodeId, Long> lowest = new TreeMap<>();
            for (int i = 0; i < count; i++) {
                int number = body.u8();
                long epoch = body.i64();
                if (number < 1 || number >= NodeId.LIMIT || epoch < 1 || lowest.put(NodeId.of(number), epoch) != null) {
                    return Optional.empty();
                }
            }
            body.end();
            return sequence < 0 || !ExportName.isDisk(disk)
                    ? Optional.empty()
                    : Optional.of(new EpochRecord(disk, sequence, lowest));
        } catch (MalformedFrame e) {
            return Optional.empty();
        }
    }

    private static int checksum(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }
}
