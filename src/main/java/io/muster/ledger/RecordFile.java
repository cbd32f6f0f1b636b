package io.muster.ledger;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The local file that holds an acceptor's record: two pairs of copies, written in turn. A write puts both copies of one
 * pair down and flushes once; then the record counts as durable.
 *
 * <pre>
 * offset            what
 * 0                 pair 0, with the records of even sequence
 * PAIR_SPACE_BYTES  pair 1, with those of odd sequence
 *
 * a pair: the copy, and the same copy again at the next multiple of BLOCK_BYTES, so that no sector holds parts of both
 *
 * a copy:
 * offset length type  meaning
 *      0      4 u32   magic "MREC"
 *      4      2 u16   format version; the head and the checksum stay as they are in every format
 *      6      8 u63   sequence of the write
 *     14      4 u32   n, length of the record in bytes
 *     18      n       the record, see {@link StateCodec}
 *   18+n      4 u32   CRC-32C of all bytes before it
 *  22+n             what a longer record left behind; means nothing
 * </pre>
 *
 * <p>Why one flush is enough, and why there are four copies:
 * <ol>
 * <li>At any moment bytes of one pair at most are on their way, and what a crash tears, loses or reorders lies in that
 *     pair. The other one holds the last durable record, whole and flushed.
 * <li>Nothing was answered on the word of write {@code s} before it was flushed. So to find {@code s - 1} or {@code s}
 *     after a crash are both right, and the newest valid copy is one of the two.
 * <li>A sector that goes bad later takes one copy of the newest record with it, never both: were there only one, the
 *     node would fall back to the older pair without knowing, and forget what it promised (rule L8).
 * </ol>
 *
 * <p>What was found need not be on the medium: a process that was killed leaves writes in the cache, from where a later
 * loss of power takes them back. So a new life writes what it found once more, with the same sequence and so into the
 * same pair, before it answers anybody; one copy after the other, each flushed, the damaged one first:
 * <ol>
 * <li>Either the pair was flushed in the former life. Then the copy that is not being written stays, whatever happens
 *     to the other.
 * <li>Or it is in the cache only. Then nothing was answered on its word, and the other pair, which is not touched, holds
 *     what was.
 * </ol>
 */
public final class RecordFile {

    /** Plain name in the node's data folder. */
    public static final String NAME = "ledger";

    public static final int MAGIC = 0x4D524543;
    public static final int FORMAT = 2;
    /** Copies begin at multiples of this. */
    static final int BLOCK_BYTES = 4096;
    private static final int COPY_SPACE_BYTES = StateCodec.STATE_LIMIT_BYTES + BLOCK_BYTES;
    /** From the start of one pair to the start of the other. */
    public static final int PAIR_SPACE_BYTES = 2 * COPY_SPACE_BYTES;
    public static final int FILE_BYTES = 2 * PAIR_SPACE_BYTES;

    private static final int HEAD_BYTES = 18;
    private static final int CHECKSUM_BYTES = 4;

    /**
     * What was found at start.
     *
     * @param sequence  of the newest valid copy
     * @param firstCopy the copy of its pair, 0 or 1, that the write of what was found has to begin with
     */
    public record Loaded(AcceptorRecord record, long sequence, int firstCopy) {

        /** Of two equal copies. */
        public Loaded(AcceptorRecord record, long sequence) {
            this(record, sequence, 1);
        }
    }

    /** Bytes that are written and flushed before the next part is. */
    public record Part(long offset, Bytes bytes) {}

    /** A valid copy. */
    private record Copy(int format, long sequence, Optional<AcceptorRecord> record) {}

    private RecordFile() {}

    /** The whole file of an acceptor that was just founded. */
    public static byte[] founding(AcceptorRecord record) {
        byte[] file = new byte[FILE_BYTES];
        byte[] pair = pair(copy(record, 0)).shared();
        System.arraycopy(pair, 0, file, 0, pair.length);
        return file;
    }

    /**
     * Picks the newest valid copy.
     *
     * @param file all bytes of the file; may be of any length
     * @throws ClusterFault {@link FaultCode#DATA_3} when a copy is of a newer format or level, {@link FaultCode#DATA_5} when
     *                      none is valid
     */
    public static Loaded load(byte[] file) {
        Optional<Copy> newest = Optional.empty();
        int firstCopy = 0;
        int format = 0;
        for (int offset = 0; offset < file.length; offset += BLOCK_BYTES) {
            long above = newest.map(Copy::sequence).orElse(-1L);
            Optional<Copy> found = read(file, offset, above);
            if (found.isPresent()) {
                format = Math.max(format, found.get().format());
                newest = found;
                firstCopy = offset % PAIR_SPACE_BYTES == 0 ? 1 : 0;
            }
        }
        // A newer program may have written only one pair: the other one, of our format, is then too old.
        if (format > FORMAT) {
            throw new ClusterFault(FaultCode.DATA_3,
                    ("file \"%s\" has record format %d, and this program knows up to %d: "
                            + "use the program that wrote it; nothing was changed").formatted(NAME, format, FORMAT));
        }
        if (newest.isEmpty()) {
            throw new ClusterFault(FaultCode.DATA_5,
                    ("file \"%s\" of %d bytes holds no valid copy of the agreed record, all are damaged or missing: "
                            + "a node may not vote with a record it doubts, so restore no older one; give it a new "
                            + "record with `muster ledger fresh`, which has no vote until it is added again").formatted(
                                    NAME, file.length));
        }
        return new Loaded(newest.flatMap(Copy::record).orElseThrow(), newest.get().sequence(), firstCopy);
    }

    /** The writes that put a record behind what was found: that one once more, then the next pair. */
    public static List<Part> after(Loaded found, AcceptorRecord next) {
        List<Part> parts = new ArrayList<>(again(found));
        long sequence = found.sequence() + 1;
        parts.add(new Part(offsetOf(sequence), pair(copy(next, sequence))));
        return parts;
    }

    /** The writes with which a life begins: one copy of what was found after the other, the damaged one first. */
    static List<Part> again(Loaded found) {
        Bytes copy = copy(found.record(), found.sequence());
        List<Part> parts = new ArrayList<>();
        for (int number : new int[] {found.firstCopy(), 1 - found.firstCopy()}) {
            parts.add(new Part(offsetOf(found.sequence()) + (long) number * secondAt(copy), copy));
        }
        return parts;
    }

    /** The bytes of a copy; the same for both. */
    static Bytes copy(AcceptorRecord record, long sequence) {
        ByteWriter body = new ByteWriter(1024);
        StateCodec.encode(record, body);
        ByteWriter copy = new ByteWriter(HEAD_BYTES + body.length() + CHECKSUM_BYTES);
        copy.i32(MAGIC).u16(FORMAT).i64(sequence).i32(body.length()).raw(body.toArray());
        byte[] sofar = copy.toArray();
        return Bytes.owning(copy.i32(checksum(sofar, 0, sofar.length)).toArray());
    }

    /** The bytes of a pair. */
    static Bytes pair(Bytes copy) {
        byte[] both = Arrays.copyOf(copy.shared(), secondAt(copy) + copy.length());
        System.arraycopy(copy.shared(), 0, both, secondAt(copy), copy.length());
        return Bytes.owning(both);
    }

    /** Where the pair of this write begins. */
    static long offsetOf(long sequence) {
        return sequence % 2 * PAIR_SPACE_BYTES;
    }

    /** Where the second of these copies begins in its pair. */
    static int secondAt(Bytes copy) {
        return (copy.length() + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    }

    /** The copy that begins there, if it is valid, in its own pair, and of a later write than {@code above}. */
    private static Optional<Copy> read(byte[] file, int offset, long above) {
        if (file.length < offset + HEAD_BYTES + CHECKSUM_BYTES) {
            return Optional.empty();
        }
        int space = Math.min(COPY_SPACE_BYTES, PAIR_SPACE_BYTES - offset % PAIR_SPACE_BYTES);
        space = Math.min(space, file.length - offset);
        try {
            ByteReader head = new ByteReader(file, offset, HEAD_BYTES);
            int magic = head.i32();
            int format = head.u16();
            long sequence = StateCodec.number(head);
            int length = head.i32();
            if (magic != MAGIC || length < 0 || length > space - HEAD_BYTES - CHECKSUM_BYTES) {
                return Optional.empty();
            }
            int checksumAt = offset + HEAD_BYTES + length;
            int found = new ByteReader(file, checksumAt, CHECKSUM_BYTES).i32();
            if (found != checksum(file, offset, HEAD_BYTES + length)) {
                return Optional.empty();
            }
            if (format > FORMAT) {
                return Optional.of(new Copy(format, sequence, Optional.empty()));
            }
            if (sequence <= above || sequence % 2 != offset / PAIR_SPACE_BYTES) {
                return Optional.empty();
            }
            ByteReader body = new ByteReader(
                    Arrays.copyOfRange(file, offset + HEAD_BYTES, offset + HEAD_BYTES + length));
            int level = StateCodec.featureLevelOf(new ByteReader(file, offset + HEAD_BYTES, length));
            if (!FeatureLevels.SPOKEN.contains(level)) {
                throw new ClusterFault(FaultCode.DATA_3,
                        ("file \"%s\" holds a record of feature level %d, and this program speaks %s: "
                                + "use a program that speaks it; nothing was changed").formatted(
                                        NAME, level, FeatureLevels.SPOKEN));
            }
            AcceptorRecord record = StateCodec.decodeRecord(body);
            body.end();
            return Optional.of(new Copy(format, sequence, Optional.of(record)));
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
