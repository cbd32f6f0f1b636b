package io.muster.block;

import io.muster.base.NodeId;

/**
 * Where things lie on a disk of Muster. All offsets are in bytes and multiples of {@link #BLOCK_BYTES}.
 *
 * <pre>
 * offset        what
 *  0            64 KiB left to boot blocks and labels; formatting looks for traces of others there, and erases those it is
 *               told to
 *  64 KiB       header, copy 0
 *   1 MiB       header, copy 1
 *   2 MiB       heartbeat slots: node k at k * 4 KiB from here
 *   3 MiB       mail: the block that node k writes at k * 4 KiB from here, read by all
 *   4 MiB       ledger slots: node k at k * 512 KiB from here, in two copies 256 KiB apart (rule D4)
 *  39 MiB       header, copy 2
 *  40 MiB       the file system's space, to the end of the disk
 * </pre>
 *
 * A block or slot has one writer, the node whose number it has; only formatting writes them all.
 */
public final class DiskLayout {

    public static final int BLOCK_BYTES = 4096;

    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;

    private static final long HEARTBEATS = 2 * MIB;
    private static final long MAIL = 3 * MIB;
    private static final long LEDGER = 4 * MIB;
    /** From the slot of one node to that of the next. */
    public static final int LEDGER_SLOT_BYTES = (int) (512 * KIB);
    /** Room for one copy of a ledger record. */
    public static final int LEDGER_COPY_BYTES = LEDGER_SLOT_BYTES / 2;
    /** The file system's space begins here. */
    public static final long CONTROL_BYTES = 40 * MIB;

    public static final int HEADER_COPIES = 3;

    private DiskLayout() {}

    /** @param copy 0 to {@link #HEADER_COPIES} - 1 */
    public static long header(int copy) {
        return switch (copy) {
            case 0 -> 64 * KIB;
            case 1 -> MIB;
            case 2 -> 39 * MIB;
            default -> throw new IllegalArgumentException("there is no copy %d of the header".formatted(copy));
        };
    }

    public static long heartbeat(NodeId node) {
        return HEARTBEATS + (long) node.number() * BLOCK_BYTES;
    }

    public static long mail(NodeId node) {
        return MAIL + (long) node.number() * BLOCK_BYTES;
    }

    public static long ledger(NodeId node) {
        return LEDGER + (long) node.number() * LEDGER_SLOT_BYTES;
    }
}
