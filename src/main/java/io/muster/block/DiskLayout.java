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
 *   2.5 MiB     ledger heads, copy 0: node k at k * 4 KiB from here
 *   3 MiB       mail: the block that node k writes at k * 4 KiB from here, read by all
 *   3.5 MiB     ledger heads, copy 1
 *   4 MiB       states that the ledger heads name: node k at k * 512 KiB from here, two areas of two copies (rule D4)
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
    private static final long LEDGER_HEADS = 2 * MIB + 512 * KIB;
    private static final long LEDGER_HEADS_SECOND = 3 * MIB + 512 * KIB;
    /** From the states of one node to those of the next. */
    public static final int LEDGER_SLOT_BYTES = (int) (512 * KIB);
    /** Room for one copy of a state. */
    public static final int LEDGER_STATE_BYTES = LEDGER_SLOT_BYTES / 4;
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

    /** @param copy 0 or 1 */
    public static long ledgerHead(NodeId node, int copy) {
        return ledgerHeads(copy) + (long) node.number() * BLOCK_BYTES;
    }

    /** Where the head of number 0 would be: {@code NodeId.LIMIT} blocks from here hold all of one copy. */
    public static long ledgerHeads(int copy) {
        return copy == 0 ? LEDGER_HEADS : LEDGER_HEADS_SECOND;
    }

    /**
     * @param area 0 or 1: the head names the one it counts
     * @param copy 0 or 1
     */
    public static long ledgerState(NodeId node, int area, int copy) {
        return LEDGER + (long) node.number() * LEDGER_SLOT_BYTES + (2L * area + copy) * LEDGER_STATE_BYTES;
    }
}
