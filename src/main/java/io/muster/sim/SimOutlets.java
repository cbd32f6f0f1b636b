package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.fence.FenceLevel;
import io.muster.fence.Fencing;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The outlets of the simulated hosts. A host has power unless all outlets of some level of its node's plan are off; what
 * runs on it when the last goes off is ended, whichever life it is.
 */
final class SimOutlets {

    private record Outlet(NodeId node, String device) implements Comparable<Outlet> {

        @Override
        public int compareTo(Outlet other) {
            int byNode = node.compareTo(other.node);
            return byNode != 0 ? byNode : device.compareTo(other.device);
        }
    }

    private final VirtualTime time;
    private final SimFence.Reach reach;
    private final TreeSet<Outlet> off = new TreeSet<>();
    private final SortedMap<String, Long> switchesBackAfterNs = new TreeMap<>();
    private Fencing fencing = Fencing.flat(Collections.emptySortedMap());

    SimOutlets(VirtualTime time, SimFence.Reach reach) {
        this.time = time;
        this.reach = reach;
    }

    void wiredAs(Fencing plans) {
        fencing = plans;
    }

    /** From now on this outlet comes back by itself so long after it went off, as some do after a short cut; 0: never. */
    void switchesBack(String device, long afterNs) {
        switchesBackAfterNs.put(device, afterNs);
    }

    void off(Incarnation victim, String device) {
        boolean hadPower = hasPower(victim.node());
        off.add(new Outlet(victim.node(), device));
        if (hadPower && !hasPower(victim.node())) {
            reach.cutPower(victim);
        }
        long backNs = switchesBackAfterNs.getOrDefault(device, 0L);
        if (backNs > 0) {
            time.after(backNs, () -> on(victim.node(), device));
        }
    }

    void on(NodeId node, String device) {
        boolean hadPower = hasPower(node);
        off.remove(new Outlet(node, device));
        if (!hadPower && hasPower(node)) {
            reach.givePower(node);
        }
    }

    boolean isOff(NodeId node, String device) {
        return off.contains(new Outlet(node, device));
    }

    /** Somebody gave the host power by other means: all its outlets are on. */
    void allOn(NodeId node) {
        off.removeIf(outlet -> outlet.node().equals(node));
    }

    private boolean hasPower(NodeId node) {
        return fencing.plan(node).levels().stream().filter(level -> !level.devices().contains(SimFence.PROCESS))
                .noneMatch(level -> allOff(node, level));
    }

    private boolean allOff(NodeId node, FenceLevel level) {
        return level.devices().stream().allMatch(device -> isOff(node, device));
    }
}
