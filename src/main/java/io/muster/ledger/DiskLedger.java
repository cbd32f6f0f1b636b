package io.muster.ledger;

import io.muster.base.ClusterId;
import io.muster.base.NodeId;
import io.muster.block.DiskLayout;
import io.muster.wire.ByteReader;
import io.muster.wire.MalformedFrame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What lies in the ledger slots of a voting disk, for whoever looks at it from outside. Pure. */
public final class DiskLedger {

    /** Reads bytes of the disk, as they lie on the medium. */
    public interface Medium {
        byte[] read(long offset, int length);
    }

    /**
     * One node's slot; only what both copies say.
     *
     * @param state what it accepted, where it can be read
     */
    public record Slot(NodeId node, Optional<Ballot> promised, Optional<Ballot> accepted, Optional<ClusterState> state) {}

    private DiskLedger() {}

    /** The highest ballot in any slot, in whichever copy; empty when nobody has promised anything. */
    public static Optional<Ballot> highest(Medium disk, ClusterId ledger, long acceptorId) {
        return DiskSlots.read(copies(disk), ledger, acceptorId).highest();
    }

    /** The slots of which both copies say the same. */
    public static List<Slot> read(Medium disk, ClusterId ledger, long acceptorId) {
        byte[][] copies = copies(disk);
        List<Slot> slots = new ArrayList<>();
        for (int number = 1; number < NodeId.LIMIT; number++) {
            NodeId node = NodeId.of(number);
            int at = number * DiskLayout.BLOCK_BYTES;
            if (DiskHead.read(copies[0], at, node, ledger, acceptorId) instanceof DiskHead.Copy.Good(DiskHead head)
                    && Arrays.equals(copies[0], at, at + DiskLayout.BLOCK_BYTES, copies[1], at, at + DiskLayout.BLOCK_BYTES)) {
                slots.add(new Slot(node, head.promised(), head.accepted().map(DiskHead.Accepted::ballot),
                        head.accepted().flatMap(accepted -> state(disk, node, accepted))));
            }
        }
        return slots;
    }

    private static byte[][] copies(Medium disk) {
        int length = NodeId.LIMIT * DiskLayout.BLOCK_BYTES;
        return new byte[][] {disk.read(DiskLayout.ledgerHeads(0), length), disk.read(DiskLayout.ledgerHeads(1), length)};
    }

    private static Optional<ClusterState> state(Medium disk, NodeId node, DiskHead.Accepted accepted) {
        for (int copy = 0; copy < 2; copy++) {
            byte[] bytes = disk.read(DiskLayout.ledgerState(node, accepted.area(), copy), accepted.length());
            if (DiskHead.crc(bytes, 0, accepted.length()) == accepted.crc()) {
                try {
                    return Optional.of(StateCodec.decode(new ByteReader(bytes, 0, accepted.length())));
                } catch (MalformedFrame e) {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }
}
