package io.muster.daemon;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.membership.ViewSettings;
import io.muster.node.NodeConfig;
import io.muster.runtime.RuntimeConfig;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A configuration file that was read and checked; docs/CONFIG.md lists the keys.
 *
 * @param self         whose daemon this is
 * @param fenceMethods names of the fence methods of each node, first choice first
 * @param machine      addresses and files; all nodes, this one included
 * @param view         how this node wants views to be chosen
 */
public record DaemonConfig(
        ClusterId cluster,
        NodeId self,
        TimeBudget times,
        SortedMap<NodeId, List<String>> fenceMethods,
        RuntimeConfig machine,
        ViewSettings view) {

    public static final int FORMAT = 1;
    public static final String FILE = "muster.toml";

    public DaemonConfig {
        TreeMap<NodeId, List<String>> copy = new TreeMap<>();
        fenceMethods.forEach((node, methods) -> copy.put(node, List.copyOf(methods)));
        fenceMethods = Collections.unmodifiableSortedMap(copy);
    }

    /** With views chosen by size, and a node that is worth as much as the others. */
    public DaemonConfig(
            ClusterId cluster, NodeId self, TimeBudget times, SortedMap<NodeId, List<String>> fenceMethods,
            RuntimeConfig machine) {
        this(cluster, self, times, fenceMethods, machine, ViewSettings.DEFAULT);
    }

    /** What the node's machines have to know, in one life. */
    NodeConfig forLife(long life, HostProcess process) {
        return new NodeConfig(cluster, new Incarnation(self, life), process, machine.nodeSet(),
                machine.nodes().get(self).links().size(), times, fenceMethods, view);
    }
}
