package io.muster.ledger;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.NodeId;
import io.muster.block.DiskLayout;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What one node has promised and accepted on one voting disk: a block of its own in two copies, written one after the other
 * (rule D4). The accepted state lies elsewhere on the disk, in one of two areas: the head names the area, and its checksum.
 *
 * <pre>
 * offset length type  meaning
 *      0      4 u32   magic "MLSL"
 *      4      2 u16   format version
 *      6     16 i64x2 cluster id
 *     22      8 i64   id of the acceptor, from the disk's header: of another one it is a former life of the disk
 *     30      1 u8    node
 *     31      8 u63   its life
 *     39      8 u63   sequence of the write in that life
 *     47      …       promised ballot: bool, then round and leader
 *      …      …       accepted ballot, likewise; behind it version, area, length and CRC-32C of the state
 *   4092      4 u32   CRC-32C of all bytes before it
 * </pre>
 *
 * A block of zeros was never written.
 *
 * @param life     of the node that wrote it
 * @param sequence of the write: copies are ordered by (life, sequence)
 * @param accepted what was accepted; never above {@code promised}
 */
record DiskHead(NodeId node, long life, long sequence, Optional<Ballot> promised, Optional<Accepted> accepted) {

    static final int MAGIC = 0x4D4C534C;
    static final int FORMAT = 1;
    private static final byte[] NEVER_WRITTEN = new byte[DiskLayout.BLOCK_BYTES];
    private static final int CHECK_AT = DiskLayout.BLOCK_BYTES - Integer.BYTES;

    /**
     * An accepted state, and where it lies.
     *
     * @param area 0 or 1
     * @param crc  CRC-32C of its bytes
     */
    record Accepted(Ballot ballot, long version, int area, int length, int crc) implements Comparable<Accepted> {

        /** By ballot, then version (rule L4). */
        @Override
        public int compareTo(Accepted other) {
            int byBallot = ballot.compareTo(other.ballot);
            return byBallot != 0 ? byBallot : Long.compare(version, other.version);
        }
    }

    /** What lies in one copy of a slot. */
    sealed interface Copy {

        /** Nothing was written there yet, or by a former life of the disk. */
        record Empty() implements Copy {}

        /** Torn, of another format, or of a bad sector. */
        record Bad() implements Copy {}

        record Good(DiskHead head) implements Copy {}
    }

    /** Nothing promised yet, by this life. */
    static DiskHead none(NodeId node) {
        return new DiskHead(node, 0, 0, Optional.empty(), Optional.empty());
    }

    boolean newerThan(DiskHead other) {
        return life != other.life ? life > other.life : sequence > other.sequence;
    }

    Bytes encode(ClusterId cluster, long acceptorId) {
        ByteWriter to = new ByteWriter(DiskLayout.BLOCK_BYTES);
        to.i32(MAGIC).u16(FORMAT).i64(cluster.high()).i64(cluster.low()).i64(acceptorId).node(node).i64(life).i64(sequence);
        to.bool(promised.isPresent());
        promised.ifPresent(ballot -> StateCodec.encode(ballot, to));
        to.bool(accepted.isPresent());
        accepted.ifPresent(it -> {
            StateCodec.encode(it.ballot(), to);
            to.i64(it.version()).u8(it.area()).i32(it.length()).i32(it.crc());
        });
        byte[] block = Arrays.copyOf(to.toArray(), DiskLayout.BLOCK_BYTES);
        byte[] check = new ByteWriter().i32(crc(block, 0, CHECK_AT)).toArray();
        System.arraycopy(check, 0, block, CHECK_AT, check.length);
        return Bytes.owning(block);
    }

    /** @param owner whose slot it is */
    static Copy read(byte[] from, int offset, NodeId owner, ClusterId cluster, long acceptorId) {
        if (Arrays.equals(from, offset, offset + DiskLayout.BLOCK_BYTES, NEVER_WRITTEN, 0, DiskLayout.BLOCK_BYTES)) {
            return new Copy.Empty();
        }
        try {
            if (new ByteReader(from, offset + CHECK_AT, Integer.BYTES).i32() != crc(from, offset, CHECK_AT)) {
                return new Copy.Bad();
            }
            ByteReader reader = new ByteReader(from, offset, CHECK_AT);
            if (reader.i32() != MAGIC || reader.u16() != FORMAT) {
                return new Copy.Bad();
            }
            ClusterId of = new ClusterId(reader.i64(), reader.i64());
            if (!of.equals(cluster) || reader.i64() != acceptorId) {
                return new Copy.Empty();
            }
            NodeId node = reader.node();
            DiskHead head = new DiskHead(node, StateCodec.number(reader), StateCodec.number(reader), ballot(reader),
                    accepted(reader));
            // Whole, and of somebody else: a write went astray, and what should be here is not known.
            boolean fits = node.equals(owner) && head.accepted.filter(it -> head.promised.isEmpty()
                    || it.ballot().compareTo(head.promised.get()) > 0).isEmpty();
            return fits ? new Copy.Good(head) : new Copy.Bad();
        } catch (MalformedFrame e) {
            return new Copy.Bad();
        }
    }

    static int crc(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    private static Optional<Ballot> ballot(ByteReader from) throws MalformedFrame {
        return from.bool() ? Optional.of(StateCodec.ballot(from)) : Optional.empty();
    }

    private static Optional<Accepted> accepted(ByteReader from) throws MalformedFrame {
        if (!from.bool()) {
            return Optional.empty();
        }
        Accepted it = new Accepted(
                StateCodec.ballot(from), StateCodec.number(from), from.u8(), from.i32(), from.i32());
        if (it.area() > 1 || it.length() < 1 || it.length() > DiskLayout.LEDGER_STATE_BYTES) {
            throw new MalformedFrame("a state of %d bytes in area %d".formatted(it.length(), it.area()));
        }
        return Optional.of(it);
    }
}
