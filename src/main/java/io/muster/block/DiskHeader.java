package io.muster.block;

import io.muster.base.ClusterId;
import io.muster.base.NodeId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * What a disk of Muster says of itself, in each of three copies ({@link DiskLayout#header}); {@link HeaderChoice} says which
 * of them holds. A copy is one block of 4096 bytes, all numbers big-endian:
 *
 * <pre>
 * offset length
 *    0      8    "MUSTERDK"
 *    8      2    format, 1
 *   10      2    0
 *   12      4    length of a block, 4096
 *   16     16    id of the disk, drawn at each formatting
 *   32     16    id of the cluster
 *   48      8    id of the acceptor of the ledger, drawn at each formatting (rule D8); never 0
 *   56      8    sequence, 1 when formatted, raised with each later change
 *   64      8    when it was formatted, milliseconds since 1970; for people
 *   72      8    length of the disk in bytes, a multiple of 4096
 *   80      8    where the heartbeat slot of n1 lies
 *   88      8    where the mail block of n1 lies
 *   96      8    where the ledger head of n1 lies, copy 0
 *  104      4    from the ledger states of one node to those of the next
 *  108      4    room for one copy of a ledger state
 *  112      8    where the file system's space begins
 *  120      1    length of the label
 *  121     32    label, ASCII
 *  153   3939    0
 * 4092      4    CRC-32C of all bytes before it
 * </pre>
 *
 * @param diskBytes  length of the disk when it was formatted
 * @param label      0 to {@link #LABEL_LIMIT} letters, digits, dots, dashes and underscores
 */
public record DiskHeader(DiskId disk, ClusterId cluster, long acceptorId, long sequence, long createdAtMs, long diskBytes,
        String label) {

    public static final int BYTES = DiskLayout.BLOCK_BYTES;
    public static final int FORMAT = 1;
    public static final int LABEL_LIMIT = 32;

    private static final byte[] MAGIC = "MUSTERDK".getBytes(StandardCharsets.US_ASCII);
    private static final int LABEL_AT = 121;
    private static final int SUM_AT = BYTES - Integer.BYTES;
    private static final NodeId FIRST = NodeId.of(1);

    public DiskHeader {
        if (!label.matches("[A-Za-z0-9._-]{0,%d}".formatted(LABEL_LIMIT))) {
            throw new IllegalArgumentException("label \"%s\" is not of at most %d letters, digits, dots, dashes and underscores"
                    .formatted(label, LABEL_LIMIT));
        }
        if (acceptorId == 0 || sequence < 1) {
            throw new IllegalArgumentException("acceptor %d, sequence %d".formatted(acceptorId, sequence));
        }
        if (diskBytes < DiskLayout.CONTROL_BYTES || diskBytes % BYTES != 0) {
            throw new IllegalArgumentException("a disk of %d bytes: at least %d, in blocks of %d"
                    .formatted(diskBytes, DiskLayout.CONTROL_BYTES, BYTES));
        }
    }

    /** True when both are of the same formatting of the same disk. */
    public boolean sameDisk(DiskHeader other) {
        return disk.equals(other.disk) && cluster.equals(other.cluster) && acceptorId == other.acceptorId;
    }

    /** One copy; {@link #BYTES} long. */
    public byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        out.put(MAGIC).putShort((short) FORMAT).putShort((short) 0).putInt(BYTES);
        out.putLong(disk.high()).putLong(disk.low()).putLong(cluster.high()).putLong(cluster.low());
        out.putLong(acceptorId).putLong(sequence).putLong(createdAtMs).putLong(diskBytes);
        putLayout(out);
        out.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
        return sealed(out.array());
    }

    /** Reads one copy, whatever lies there. @param block {@link #BYTES} long */
    public static HeaderCopy decode(byte[] block) {
        if (block.length != BYTES) {
            return new HeaderCopy.Damaged("%d bytes were read".formatted(block.length));
        }
        if (isZero(block)) {
            return new HeaderCopy.Empty();
        }
        ByteBuffer in = ByteBuffer.wrap(block);
        byte[] magic = new byte[MAGIC.length];
        in.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            return new HeaderCopy.Foreign();
        }
        if (in.getInt(SUM_AT) != sum(block)) {
            return new HeaderCopy.Damaged("its checksum is wrong");
        }
        int format = in.getShort() & 0xFFFF;
        if (format != FORMAT) {
            return new HeaderCopy.OtherFormat(format);
        }
        in.position(16);
        DiskId disk = new DiskId(in.getLong(), in.getLong());
        ClusterId cluster = new ClusterId(in.getLong(), in.getLong());
        long acceptor = in.getLong();
        long sequence = in.getLong();
        long created = in.getLong();
        long bytes = in.getLong();
        int length = block[LABEL_AT - 1];
        if (length < 0 || length > LABEL_LIMIT) {
            return new HeaderCopy.Damaged("its label has %d characters".formatted(length));
        }
        try {
            DiskHeader header = new DiskHeader(disk, cluster, acceptor, sequence, created, bytes,
                    new String(block, LABEL_AT, length, StandardCharsets.US_ASCII));
            return Arrays.equals(header.encode(), block) ? new HeaderCopy.Sound(header)
                    : new HeaderCopy.Damaged("it describes another layout than this program's");
        } catch (IllegalArgumentException e) {
            return new HeaderCopy.Damaged(e.getMessage());
        }
    }

    static boolean isZero(byte[] block) {
        for (byte each : block) {
            if (each != 0) {
                return false;
            }
        }
        return true;
    }

    private static void putLayout(ByteBuffer out) {
        out.putLong(DiskLayout.heartbeat(FIRST)).putLong(DiskLayout.mail(FIRST)).putLong(DiskLayout.ledgerHead(FIRST, 0));
        out.putInt(DiskLayout.LEDGER_SLOT_BYTES).putInt(DiskLayout.LEDGER_STATE_BYTES).putLong(DiskLayout.CONTROL_BYTES);
    }

    private static byte[] sealed(byte[] block) {
        ByteBuffer.wrap(block).putInt(SUM_AT, sum(block));
        return block;
    }

    private static int sum(byte[] block) {
        CRC32C crc = new CRC32C();
        crc.update(block, 0, SUM_AT);
        return (int) crc.getValue();
    }
}
