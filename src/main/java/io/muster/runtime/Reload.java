package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.fence.FencePlan;
import io.muster.fence.Fencer;
import io.muster.node.ClusterNode;
import io.muster.node.NodeInput;
import io.muster.node.Refusal;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Takes up another configuration while the node runs: all that can be refused first, then the machine, then the links.
 * <ol>
 * <li>What needs a restart is found by comparing, and named.
 * <li>New addresses are opened; one that cannot be listened on ends it here.
 * <li>The machine is asked and told in one step, so that no member can be lost between the two.
 * <li>The links go over, which cannot fail.
 * </ol>
 */
final class Reload {

    private static final long STEP_LIMIT_MS = 5_000;

    private final Links links;
    private final NodeRuntime<ClusterNode> runtime;
    private RuntimeConfig current;

    Reload(RuntimeConfig current, Links links, NodeRuntime<ClusterNode> runtime) {
        this.current = current;
        this.links = links;
        this.runtime = runtime;
    }

    /** @throws ClusterFault what stands against it; nothing was changed */
    synchronized void to(RuntimeConfig next, NodeId self, SortedMap<NodeId, FencePlan> plans) {
        requireNoRestart(next, plans);
        if (!next.nodes().containsKey(self)) {
            throw refused("%s itself is not among the nodes %s".formatted(self, next.nodeSet()));
        }
        Links.Change change = links.prepare(next);
        boolean taken = false;
        try {
            tell(new NodeInput.Configured(next.nodeSet(), next.nodes().get(self).links().size(), plans));
            taken = true;
        } finally {
            if (!taken) {
                change.giveUp();
            }
        }
        change.commit();
        current = next;
    }

    private void requireNoRestart(RuntimeConfig next, SortedMap<NodeId, FencePlan> plans) {
        require("node.data", next.dataFolder().equals(current.dataFolder()));
        require("node.fence_jars", next.fencing().jarFolder().equals(current.fencing().jarFolder()));
        require("disk", next.disks().equals(current.disks()));
        require("watchdog", next.watchdog().equals(current.watchdog()));
        require("trust", next.tls().equals(current.tls()) && next.datagramKey().equals(current.datagramKey()));
        TreeSet<String> used = new TreeSet<>();
        plans.values().forEach(plan -> used.addAll(plan.devices()));
        used.remove(Fencer.MANUAL);
        used.addAll(next.fencing().methods().keySet());
        for (String method : used) {
            require("fence method \"" + method + "\"", current.fencing().methods().containsKey(method)
                    && current.fencing().methods().get(method).equals(next.fencing().methods().get(method)));
        }
    }

    private static void require(String key, boolean same) {
        if (!same) {
            throw refused(key + " is new or has changed, which needs a restart of this node");
        }
    }

    private void tell(NodeInput.Configured input) {
        try {
            Optional<Refusal> refusal = runtime.<Refusal>tellUnless(node -> node.refusal(input), input)
                    .get(STEP_LIMIT_MS, TimeUnit.MILLISECONDS);
            if (refusal.isPresent()) {
                throw new ClusterFault(refusal.get().code(), refusal.get().sentence() + "; nothing was changed.");
            }
        } catch (TimeoutException e) {
            throw new ClusterFault(FaultCode.CONFIG_4, ("the node did not come to it within %d ms, so nobody knows whether it"
                    + " will: look at its events for config.taken and reload again.").formatted(STEP_LIMIT_MS), e);
        } catch (ExecutionException e) {
            throw refused("the node has ended or is overrun: " + e.getCause().getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw refused("this daemon ends");
        }
    }

    private static ClusterFault refused(String why) {
        return new ClusterFault(FaultCode.CONFIG_4, why + "; nothing was changed.");
    }
}
