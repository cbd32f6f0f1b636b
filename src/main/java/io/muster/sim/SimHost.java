package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** One simulated machine: its disk, its clock of this boot, and the process that runs on it. */
final class SimHost {

    private final NodeId node;
    private final SimDisk disk;
    private SimClock clock;
    private boolean up = true;
    private long boots = 1;
    private Optional<SimProcess> process = Optional.empty();
    private final TreeMap<Incarnation, SimProcess> former = new TreeMap<>();
    private boolean recordLost;
    private boolean carrier = true;

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

    /** Whether its cable is in. */
    boolean carrier() {
        return carrier;
    }

    void carrier(boolean there) {
        carrier = there;
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

    /** The process of this life, also when a later one has taken the node's place. */
    Optional<SimProcess> process(Incarnation life) {
        Optional<SimProcess> older = Optional.ofNullable(former.get(life));
        return older.isPresent() ? older : process.filter(running -> running.life().equals(life));
    }

    /** Processes that lost their folder and their addresses to a later life, and have not ended. */
    List<SimProcess> former() {
        return List.copyOf(former.values());
    }

    /** The process loses its folder and its addresses, and goes on (rule F5, attack S7). */
    void loosens() {
        process.ifPresent(old -> former.put(old.life(), old));
        process = Optional.empty();
    }

    void ended(SimProcess gone) {
        former.remove(gone.life());
        process = process.filter(running -> running != gone);
    }

    /** Its disk forgot the record: it cannot vote, and does not start (rule L8). */
    boolean recordLost() {
        return recordLost;
    }

    void losesRecord() {
        recordLost = true;
    }

    void holds(SimProcess started) {
        process = Optional.of(started);
    }
}
