package io.muster.membership;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What shared disks show of the others.
 *
 * @param cutOff nodes that are silent on the network and alive on a disk
 * @param reach  by node, this one included: the voting disks that it reaches, as far as this node sees it there
 */
public record DiskReach(NodeSet cutOff, SortedMap<NodeId, NodeSet> reach) {

    public static final DiskReach NONE = new DiskReach(NodeSet.NONE, Collections.emptySortedMap());

    public DiskReach {
        reach = Collections.unmodifiableSortedMap(new TreeMap<>(reach));
    }

    NodeSet of(NodeId node) {
        return reach.getOrDefault(node, NodeSet.NONE);
    }
}
