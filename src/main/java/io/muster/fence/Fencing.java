package io.muster.fence;

import io.muster.base.NodeId;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that is configured about fencing; the same on every node.
 *
 * @param plans   by node; a node without one can only be acknowledged by hand
 * @param devices what is known of each device; one that is missing is taken to cut a whole node off
 */
public record Fencing(SortedMap<NodeId, FencePlan> plans, SortedMap<String, FenceDevice> devices, FenceLimits limits) {

    public Fencing {
        plans = Collections.unmodifiableSortedMap(new TreeMap<>(plans));
        devices = Collections.unmodifiableSortedMap(new TreeMap<>(devices));
    }

    /** Each device a level of its own, nothing known of any of them, and no limit. */
    public static Fencing flat(SortedMap<NodeId, List<String>> methods) {
        TreeMap<NodeId, FencePlan> plans = new TreeMap<>();
        methods.forEach((node, devices) -> plans.put(node, FencePlan.flat(devices)));
        return new Fencing(plans, Collections.emptySortedMap(), FenceLimits.NONE);
    }

    /** The same with what the devices say of themselves, which is known only when they are prepared. */
    public Fencing with(SortedMap<String, FenceDevice> known) {
        return new Fencing(plans, known, limits);
    }

    /** The same with other plans; devices are prepared, and limits set, at a start only. */
    public Fencing withPlans(SortedMap<NodeId, FencePlan> next) {
        return new Fencing(next, devices, limits);
    }

    public FencePlan plan(NodeId node) {
        return plans.getOrDefault(node, FencePlan.NONE);
    }

    public FenceDevice device(String name) {
        return devices.getOrDefault(name, FenceDevice.unknown(name));
    }

    /** Whether every device of the level is bound to the life that it is told (rule F5a). */
    boolean oneLife(FenceLevel level) {
        return level.devices().stream().allMatch(name -> device(name).oneLife());
    }
}
