package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Phase;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * What is so in the simulated world, whatever its nodes believe: which lives run, what lies on the disks, what was
 * chosen. The simulation keeps it; checkers read it.
 */
public final class Truth {

    private final SortedMap<String, EnumSet<Phase>> participants;
    private final ChosenStates chosen;
    private final TreeSet<Incarnation> alive = new TreeSet<>();
    private final TreeSet<Incarnation> liedAbout = new TreeSet<>();
    private final TreeMap<Incarnation, Long> actUntil = new TreeMap<>();
    private final TreeMap<NodeId, AcceptorRecord> records = new TreeMap<>();
    /** Voters whose record is lost, and who have no other one yet that the state knows. */
    private final TreeSet<NodeId> recordLost = new TreeSet<>();
    private final LongSupplier now;
    private final TreeSet<Incarnation> paused = new TreeSet<>();
    private long disturbedAt;

    /**
     * @param participants the participants of every node, with the phases that they take part in
     * @param founding     version 0
     * @param now          true time
     */
    public Truth(SortedMap<String, EnumSet<Phase>> participants, ClusterState founding, LongSupplier now) {
        this.participants = Collections.unmodifiableSortedMap(new TreeMap<>(participants));
        this.chosen = new ChosenStates(founding);
        this.now = now;
    }

    public SortedMap<String, EnumSet<Phase>> participants() {
        return participants;
    }

    public ChosenStates chosen() {
        return chosen;
    }

    public long now() {
        return now.getAsLong();
    }

    /** Whether this life has a process that could still do something, be it stopped or cut off. */
    public boolean alive(Incarnation life) {
        return alive.contains(life);
    }

    public void begins(Incarnation life) {
        alive.add(life);
    }

    public void ends(Incarnation life) {
        alive.remove(life);
        paused.remove(life);
        actUntil.remove(life);
    }

    /** Whether a device said that this life had ended while it ran: then only a sign of life can show it. */
    public boolean liedAbout(Incarnation life) {
        return liedAbout.contains(life);
    }

    public void lieAbout(Incarnation life) {
        liedAbout.add(life);
    }

    /** Something from outside happened to the cluster just now: a cut, a mend, a death, a loss, a slow disk. */
    public void disturbed() {
        disturbedAt = now();
    }

    public void pauses(Incarnation life) {
        paused.add(life);
        disturbed();
    }

    public void goesOn(Incarnation life) {
        paused.remove(life);
        disturbed();
    }

    /** For how long nothing has happened to the cluster but what it does by itself; 0 while a process is stopped. */
    public long undisturbedNs() {
        return paused.isEmpty() ? now() - disturbedAt : 0;
    }

    /** Whether this life may act now, by what it was last told. */
    public boolean mayAct(Incarnation life) {
        return alive(life) && actUntil.getOrDefault(life, 0L) > now();
    }

    public void actsUntil(Incarnation life, long until) {
        actUntil.put(life, until);
    }

    /** What a start of this node would load from its disk. */
    public Optional<AcceptorRecord> record(NodeId node) {
        return Optional.ofNullable(records.get(node));
    }

    /** This node lost its record and is given another one (rule L8): what comes is compared with nothing before. */
    public void recordIsNew(NodeId node) {
        records.remove(node);
    }

    public void recordIs(NodeId node, AcceptorRecord record) {
        records.put(node, record);
        if (Long.valueOf(record.recordId()).equals(record.state().recordIds().get(node))) {
            recordLost.remove(node);
        }
    }

    /**
     * Whether the records of the others make a quorum by every configuration that is chosen or may still be: without one
     * nothing is agreed any more, which is no fault of anybody (docs/LIMITS.md, voters). Voters that change may have
     * become so few that the record of one is one too many, and of two that of either is.
     */
    public boolean canSpare(NodeId node) {
        ClusterState newest = chosen.newest();
        return decidesWithout(node, newest) && records.values().stream().map(AcceptorRecord::state)
                .allMatch(state -> state.version() < newest.version() || decidesWithout(node, state));
    }

    private boolean decidesWithout(NodeId node, ClusterState state) {
        return state.decidedBy(state.voters().minus(NodeSet.of(recordLost)).without(node));
    }

    /** The disk of this node has forgotten its record: nothing that it says as an acceptor stands on anything. */
    public void recordIsLost(NodeId node) {
        records.remove(node);
        recordLost.add(node);
    }
}
