package io.muster.ledger;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The local file that holds an acceptor's record, in two copies. Both are written each time, one after the other, each
 * flushed before the next begins; a record counts as durable after the second.
 *
 * <pre>
 * offset            what
 * 0                 copy 0
 * COPY_SPACE_BYTES  copy 1; a multiple of 4096, so that a torn write of one copy never touches a sector of the other
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
 * <p>Why one damaged copy after a crash is safe:
 * <ol>
 * <li>A write begins with copy 0 and flushes it before it touches copy 1. So at any moment bytes of at most one copy
 *     are on their way, and what a crash tears, loses or reorders lies in that copy.
 * <li>While copy 0 of write {@code s} is on its way, copy 1 still holds {@code s - 1}: the last durable one. While copy
 *     1 is, copy 0 holds {@code s}, whole and flushed.
 * <li>Nothing was answered on the word of {@code s} before both copies had it. So to find {@code s - 1} or {@code s}
 *     after a crash are both right, and the newest valid copy is one of the two.
 * </ol>
 *
 * <p>What was found need not be on the medium: a process that was killed leaves writes in the cache, from where a later
 * loss of power takes them back. So a new life writes what it found once more, with the same sequence, before it
 * answers anybody, and the order of that matters, because for this one write the cache may hold more than the medium:
 * <ol>
 * <li>The other copy is older. Then it was flushed before the newest was begun, and the newest may be in the cache
 *     only: <em>the newest goes first</em>, and if that is torn the older one is there.
 * <li>The other copy is damaged, or as new. Then the newest (of equal ones, copy 0) was flushed before the other was
 *     begun: <em>the damaged one goes first</em>, and the only word is not touched.
 * </ol>
 * After that both copies hold the same and are flushed, and every write may begin with copy 0 again. To begin with the
 * older copy in the first case would leave two torn copies behind a kill and a loss of power: seeded runs found that.
 */
public final class RecordFile {

    /** Plain name in the node's data folder. */
    public static final String NAME = "ledger";

    public static final int MAGIC = 0x4D524543;
    public static final int FORMAT = 1;
    /** From the start of one copy to the start of the other. */
    public static final int COPY_SPACE_BYTES = StateCodec.STATE_LIMIT_BYTES + 4096;
    public static final int FILE_BYTES = 2 * COPY_SPACE_BYTES;

    private static final int HEAD_BYTES = 18;
    private static final int CHECKSUM_BYTES = 4;

    /**
     * What was found at start.
     *
     * @param sequence  of the newest valid copy
     * @param firstCopy the copy, 0 or 1, that the write of what was found has to begin with
     */
    public record Loaded(AcceptorRecord record, long sequence, int firstCopy) {

        /** Of two equal copies. */
        public Loaded(AcceptorRecord record, long sequence) {
            this(record, sequence, 1);
        }
    }

    /** A valid copy. */
    private record Copy(int format, long sequence, Optional<AcceptorRecord> record) {}

    private RecordFile() {}

    /** The whole file of an acceptor that was just founded. */
    public static byte[] founding(AcceptorRecord record) {
        byte[] file = new byte[FILE_BYTES];
        byte[] copy = copy(record, 0).shared();
        System.arraycopy(copy, 0, file, 0, copy.length);
        System.arraycopy(copy, 0, file, COPY_SPACE_BYTES, copy.length);
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
        Optional<Copy> zero = read(file, 0);
        Optional<Copy> one = read(file, COPY_SPACE_BYTES);
        // A newer program may have been stopped between its two copies: the other copy, of our format, is then too old.
        int format = Math.max(zero.map(Copy::format).orElse(0), one.map(Copy::format).orElse(0));
        if (format > FORMAT) {
            throw new ClusterFault(FaultCode.DATA_3,
                    ("file \"%s\" has record format %d, and this program knows up to %d: "
                            + "use the program that wrote it; nothing was changed").formatted(NAME, format, FORMAT));
        }
        if (zero.isEmpty() && one.isEmpty()) {
            throw new ClusterFault(FaultCode.DATA_5,
                    ("file \"%s\" of %d bytes holds no valid copy of the agreed record, both are damaged or missing: "
                            + "a node may not vote with a record it doubts, so restore no older one; remove this "
                            + "node from the cluster and add it anew").formatted(NAME, file.length));
        }
        if (zero.isPresent() && one.isPresent()) {
            long zeroSequence = zero.get().sequence();
            long oneSequence = one.get().sequence();
            if (zeroSequence == oneSequence) {
                return new Loaded(zero.flatMap(Copy::record).orElseThrow(), zeroSequence);
            }
            return zeroSequence > oneSequence ? loaded(zero, 0) : loaded(one, 1);
        }
        return zero.isPresent() ? loaded(zero, 1) : loaded(one, 0);
    }

    private static Loaded loaded(Optional<Copy> newest, int firstCopy) {
        return new Loaded(
                newest.flatMap(Copy::record).orElseThrow(), newest.map(Copy::sequence).orElseThrow(), firstCopy);
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

    static long offsetOf(int copy) {
        return (long) copy * COPY_SPACE_BYTES;
    }

    private static Optional<Copy> read(byte[] file, int offset) {
        if (file.length < offset + HEAD_BYTES + CHECKSUM_BYTES) {
            return Optional.empty();
        }
        int space = Math.min(COPY_SPACE_BYTES, file.length - offset);
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
