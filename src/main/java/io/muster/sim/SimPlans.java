package io.muster.sim;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.fence.FenceDevice;
import io.muster.fence.FenceLevel;
import io.muster.fence.FenceLimits;
import io.muster.fence.FencePlan;
import io.muster.fence.Fencing;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How nodes of simulated clusters are fenced. A calm cluster has the device {@code process} alone; where things happen,
 * a seed may give it one outlet or two power supplies for each node in front of that.
 */
final class SimPlans {

    /** Longer than any command of a simulated device is late. */
    static final long SETTLE_NS = 4 * TimeBudget.SECOND;
    private static final long WINDOW_NS = 6 * TimeBudget.SECOND;
    private static final long DRAIN_NS = TimeBudget.SECOND / 2;

    private SimPlans() {}

    static Fencing of(SimSettings settings, NodeSet nodes) {
        FenceLevel process = FenceLevel.of(SimFence.PROCESS);
        if (settings.acts().isEmpty()) {
            return all(nodes, List.of(process), false, FenceLimits.NONE);
        }
        Prng chance = new Prng(settings.seed()).fork("plans");
        List<FenceLevel> levels = switch (chance.nextInt(4)) {
            case 0 -> List.of(FenceLevel.of("outlet"), process);
            case 1 -> List.of(FenceLevel.of("psu-a", "psu-b"), process);
            case 2 -> List.of(FenceLevel.of("psu-a", "psu-b"), FenceLevel.of("outlet"), process);
            default -> List.of(process);
        };
        return all(nodes, levels, chance.nextInt(3) == 0, limits(nodes.count()));
    }

    /** The same plan for all. */
    static Fencing all(NodeSet nodes, List<FenceLevel> levels, boolean fixedHost, FenceLimits limits) {
        SortedMap<NodeId, FencePlan> plans = new TreeMap<>();
        nodes.forEach(node -> plans.put(node, new FencePlan(levels, 0, 0, 0, List.of(), fixedHost)));
        return new Fencing(plans, devices(), limits);
    }

    static FenceLimits limits(int nodes) {
        return new FenceLimits(
                FenceLimits.shippedNodes(nodes), WINDOW_NS, 0, DRAIN_NS, SETTLE_NS, FenceLimits.weakest());
    }

    /** What the simulated devices can do: all but {@code process} cut whole hosts off. */
    static SortedMap<String, FenceDevice> devices() {
        SortedMap<String, FenceDevice> devices = new TreeMap<>();
        devices.put(SimFence.PROCESS, new FenceDevice(SimFence.PROCESS, true, true, false, false));
        for (String outlet : List.of("outlet", "psu-a", "psu-b")) {
            devices.put(outlet, new FenceDevice(outlet, false, true, true, false));
        }
        devices.put("port", new FenceDevice("port", false, false, false, true));
        return devices;
    }
}
