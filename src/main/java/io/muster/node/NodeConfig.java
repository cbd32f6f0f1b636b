package io.muster.node;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.fence.Fencing;
import io.muster.heartbeat.Heartbeat;
import io.muster.membership.ViewSettings;
import java.util.List;
import java.util.SortedMap;

/**
 * The whole configuration of a node, checked as a whole.
 *
 * @param self         this life
 * @param nodes        all configured nodes, this one included
 * @param links        how many links each peer has; link numbers are 0 to {@code links} - 1
 * @param fencing      how each node is fenced; one without a plan can only be acknowledged by hand
 * @param view         how views are chosen when not all members hear each other
 */
public record NodeConfig(
        ClusterId cluster,
        Incarnation self,
        HostProcess process,
        NodeSet nodes,
        int links,
        TimeBudget times,
        Fencing fencing,
        ViewSettings view) {

    public static final int LINKS_LIMIT = Heartbeat.LINKS_LIMIT;

    public NodeConfig {
        if (!nodes.contains(self.node())) {
            throw new IllegalArgumentException("node %s is not among the configured nodes %s".formatted(self.node(), nodes));
        }
        if (links < 1 || links > LINKS_LIMIT) {
            throw new IllegalArgumentException("%d links; 1 to %d are allowed".formatted(links, LINKS_LIMIT));
        }
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
                fencing.withPlans(next.plans()), view);
    }

    /** The same with another plan for fences. */
    public NodeConfig with(Fencing next) {
        return new NodeConfig(cluster, self, process, nodes, links, times, next, view);
    }

    public NodeSet peers() {
        return nodes.without(self.node());
    }
}
