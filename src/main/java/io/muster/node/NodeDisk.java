package io.muster.node;

import io.muster.base.DiskTimes;
import io.muster.base.NodeId;
import java.util.Optional;

/**
 * How a node uses one shared disk.
 *
 * @param voter its number among the voters; empty when it may not vote
 * @param times of its heartbeat
 */
public record NodeDisk(Optional<NodeId> voter, DiskTimes times) {

    public NodeDisk {
        if (voter.filter(id -> !id.isDisk()).isPresent()) {
            throw new IllegalArgumentException("%s is a node: disks vote as d1 to d%d".formatted(
                    voter.get(), NodeId.DISKS_LIMIT));
        }
    }
}
