package io.muster.node;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.fence.Fencing;
import io.muster.heartbeat.DiskHeartbeat;
import io.muster.heartbeat.Heartbeat;
import io.muster.membership.ViewSettings;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The whole configuration of a node, checked as a whole.
 *
 * @param self         this life
 * @param nodes        all configured nodes, this one included
 * @param links        how many links each peer has; link numbers are 0 to {@code links} - 1
 * @param fencing      how each node is fenced; one without a plan can only be acknowledged by hand
 * @param view         how views are chosen when not all members hear each other
 * @param disks        shared disks, by name
 */
public record NodeConfig(
        ClusterId cluster,
        Incarnation self,
        HostProcess process,
        NodeSet nodes,
        int links,
        TimeBudget times,
        Fencing fencing,
        ViewSettings view,
        SortedMap<String, NodeDisk> disks) {

    public static final int LINKS_LIMIT = Heartbeat.LINKS_LIMIT;

    public NodeConfig {
        disks = Collections.unmodifiableSortedMap(new TreeMap<>(disks));
        if (disks.size() > DiskHeartbeat.DISKS_LIMIT) {
            throw new IllegalArgumentException("%d disks; %d are allowed".formatted(disks.size(), DiskHeartbeat.DISKS_LIMIT));
        }
        if (!nodes.contains(self.node())) {
            throw new IllegalArgumentException("node %s is not among the configured nodes %s".formatted(self.node(), nodes));
        }
        if (links < 1 || links > LINKS_LIMIT) {
            throw new IllegalArgumentException("%d links; 1 to %d are allowed".formatted(links, LINKS_LIMIT));
        }
    }

    /** Without a shared disk. */
    public NodeConfig(
            ClusterId cluster, Incarnation self, HostProcess process, NodeSet nodes, int links, TimeBudget times,
            Fencing fencing, ViewSettings view) {
        this(cluster, self, process, nodes, links, times, fencing, view, Collections.emptySortedMap());
    }

    /** With devices that are levels of their own, of which nothing is known, and views chosen by size. */
    public NodeConfig(
            ClusterId cluster, Incarnation self, HostProcess process, NodeSet nodes, int links, TimeBudget times,
            SortedMap<NodeId, List<String>> fenceMethods) {
        this(cluster, self, process, nodes, links, times, Fencing.flat(fenceMethods), ViewSettings.DEFAULT);
    }

    /** The same life with other nodes. */
    NodeConfig with(NodeInput.Configured next) {
        return new NodeConfig(cluster, self, process, next.nodes(), next.links(), times,
                fencing.withPlans(next.plans()), view, disks);
    }

    /** The same with another plan for fences. */
    public NodeConfig with(Fencing next) {
        return new NodeConfig(cluster, self, process, nodes, links, times, next, view, disks);
    }

    /** The same with these shared disks. */
    public NodeConfig with(SortedMap<String, NodeDisk> all) {
        return new NodeConfig(cluster, self, process, nodes, links, times, fencing, view, all);
    }

    /** The disks that may vote. */
    public NodeSet votingDisks() {
        return NodeSet.of(disks.values().stream().flatMap(disk -> disk.voter().stream()).toList());
    }

    /** Whoever may vote: nodes and disks. */
    NodeSet voters() {
        return nodes.union(votingDisks());
    }

    /** How long after a death a disk may still show its node alive (rule B2); 0 without a disk. */
    public long diskSilenceNs() {
        return disks.values().stream().mapToLong(disk -> disk.times().silentWithinNs()).max().orElse(0);
    }

    public NodeSet peers() {
        return nodes.without(self.node());
    }
}
