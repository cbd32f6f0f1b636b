package io.muster.ledger;

import io.muster.base.ClusterId;
import io.muster.base.NodeId;
import io.muster.block.DiskLayout;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All heads of a voting disk as one look found them: the disk's own record is the maximum over all slots, also of nodes that
 * are out (rule D1). Pure.
 *
 * @param heads of the nodes that have written, the newest good copy of each
 * @param lost  a slot of which nothing can be believed: then the disk's record is not known (rule D3); for people
 */
record DiskSlots(SortedMap<NodeId, DiskHead> heads, Optional<NodeId> lost) {

    /** @param copies all heads of copy 0, then all of copy 1, from number 0 on */
    static DiskSlots read(byte[][] copies, ClusterId cluster, long acceptorId) {
        TreeMap<NodeId, DiskHead> heads = new TreeMap<>();
        Optional<NodeId> lost = Optional.empty();
        for (int number = 1; number < NodeId.LIMIT; number++) {
            NodeId node = NodeId.of(number);
            int at = number * DiskLayout.BLOCK_BYTES;
            DiskHead.Copy first = DiskHead.read(copies[0], at, node, cluster, acceptorId);
            DiskHead.Copy second = DiskHead.read(copies[1], at, node, cluster, acceptorId);
            Optional<DiskHead> newest = newest(first, second);
            newest.ifPresent(head -> heads.put(node, head));
            // The first copy is written first: torn in the very first write of a slot, it was never answered for.
            boolean firstWriteTorn = second instanceof DiskHead.Copy.Empty && first instanceof DiskHead.Copy.Bad;
            boolean empty = first instanceof DiskHead.Copy.Empty && second instanceof DiskHead.Copy.Empty;
            if (newest.isEmpty() && !empty && !firstWriteTorn) {
                lost = Optional.of(node);
            }
        }
        return new DiskSlots(heads, lost);
    }

    private static Optional<DiskHead> newest(DiskHead.Copy first, DiskHead.Copy second) {
        if (first instanceof DiskHead.Copy.Good(DiskHead one)) {
            return second instanceof DiskHead.Copy.Good(DiskHead other) && other.newerThan(one)
                    ? Optional.of(other) : Optional.of(one);
        }
        return second instanceof DiskHead.Copy.Good(DiskHead other) ? Optional.of(other) : Optional.empty();
    }

    /** The highest ballot that anybody has promised or accepted. */
    Optional<Ballot> highest() {
        Optional<Ballot> highest = Optional.empty();
        for (DiskHead head : heads.values()) {
            // Never below what it accepted.
            if (head.promised().isPresent() && (highest.isEmpty() || highest.get().compareTo(head.promised().get()) < 0)) {
                highest = head.promised();
            }
        }
        return highest;
    }

    /** Whose slot holds what the disk has accepted: the highest ballot, then version. */
    Optional<DiskHead> accepted() {
        Optional<DiskHead> newest = Optional.empty();
        for (DiskHead head : heads.values()) {
            if (head.accepted().isPresent() && (newest.isEmpty()
                    || newest.get().accepted().get().compareTo(head.accepted().get()) < 0)) {
                newest = Optional.of(head);
            }
        }
        return newest;
    }
}
