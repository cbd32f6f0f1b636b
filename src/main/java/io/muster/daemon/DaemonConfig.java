package io.muster.daemon;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.fence.Fencing;
import io.muster.membership.ViewSettings;
import io.muster.node.NodeConfig;
import io.muster.node.NodeDisk;
import io.muster.runtime.RuntimeConfig;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A configuration file that was read and checked; docs/CONFIG.md lists the keys.
 *
 * @param self         whose daemon this is
 * @param fencing      how each node is fenced
 * @param machine      addresses and files; all nodes, this one included
 * @param view         how this node wants views to be chosen
 * @param tree         where the control tree is served; empty for nowhere
 */
public record DaemonConfig(
        ClusterId cluster,
        NodeId self,
        TimeBudget times,
        Fencing fencing,
        RuntimeConfig machine,
        ViewSettings view,
        Optional<Path> tree) {

    public static final int FORMAT = 1;
    public static final String FILE = "muster.toml";

    /** Without a control tree. */
    public DaemonConfig(ClusterId cluster, NodeId self, TimeBudget times, Fencing fencing, RuntimeConfig machine,
            ViewSettings view) {
        this(cluster, self, times, fencing, machine, view, Optional.empty());
    }

    /** With views chosen by size, and a node that is worth as much as the others. */
    public DaemonConfig(ClusterId cluster, NodeId self, TimeBudget times, Fencing fencing, RuntimeConfig machine) {
        this(cluster, self, times, fencing, machine, ViewSettings.DEFAULT);
    }

    /** What the node's machines have to know, in one life. */
    NodeConfig forLife(long life, HostProcess process) {
        TreeMap<String, NodeDisk> disks = new TreeMap<>();
        machine.disks().forEach((name, disk) -> disks.put(name, disk.use()));
        return new NodeConfig(cluster, new Incarnation(self, life), process, machine.nodeSet(),
                machine.nodes().get(self).links().size(), times, fencing, view, disks);
    }
}
