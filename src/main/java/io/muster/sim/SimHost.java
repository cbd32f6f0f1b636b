package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Optional;

/** One simulated machine: its disk, its clock of this boot, and the process that runs on it. */
final class SimHost {

    private final NodeId node;
    private final SimDisk disk;
    private SimClock clock;
    private boolean up = true;
    private long boots = 1;
    private Optional<SimProcess> process = Optional.empty();

    SimHost(NodeId node, SimDisk disk, SimClock clock) {
        this.node = node;
        this.disk = disk;
        this.clock = clock;
    }

    NodeId node() {
        return node;
    }

    SimDisk disk() {
        return disk;
    }

    SimClock clock() {
        return clock;
    }

    boolean up() {
        return up;
    }

    String bootId() {
        return "boot-" + node + "-" + boots;
    }

    void goesDown() {
        up = false;
    }

    /** A boot changes the clock (rule A6). */
    void boots(SimClock next) {
        if (!up) {
            up = true;
            boots++;
            clock = next;
        }
    }

    Optional<SimProcess> process() {
        return process;
    }

    boolean runs(Incarnation life) {
        return process.isPresent() && process.get().life().equals(life);
    }

    void holds(SimProcess started) {
        process = Optional.of(started);
    }

    void empties() {
        process = Optional.empty();
    }
}
