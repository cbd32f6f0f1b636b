package io.muster.node;

import io.muster.base.NodeSet;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.membership.DiskReach;

/**
 * What a node with shared disks sees at one moment.
 *
 * @param links       whom it hears on the network, with the voting disks it reaches among those it has both ways
 * @param leadersAway nodes that it does not reach both ways, and that say on a disk that they lead (rule L12)
 * @param reach       who is cut off from it, and who reaches which voting disk
 */
record DiskSight(HeartbeatNews.LinksChanged links, NodeSet leadersAway, DiskReach reach) {

    static final DiskSight NONE = new DiskSight(new HeartbeatNews.LinksChanged(NodeSet.NONE, NodeSet.NONE), NodeSet.NONE,
            DiskReach.NONE);
}
