package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Lone;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Of two nodes at most one goes on alone, and only when the life it is about has ended in truth (rules T1, T2, S4).
 */
public final class OneLoneSide implements Checker {

    private final Truth truth;
    private final TreeSet<NodeId> alone = new TreeSet<>();

    public OneLoneSide(Truth truth) {
        this.truth = truth;
    }

    /** Whether a version was chosen that needs both votes, with this life in and that one the newest of its node (T1). */
    private boolean entered(Incarnation life, Incarnation other) {
        long newest = truth.chosen().newest().version();
        for (long version = newest; version > 0; version--) {
            ClusterState state = truth.chosen().at(version).orElseThrow();
            if (state.isMember(life) && state.electorate().votes().size() == 2
                    && state.lastLives().getOrDefault(other.node(), 0L) == other.life()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void durable(NodeId node, AcceptorRecord record) {
        Optional<Lone> line = record.lone().filter(Lone::alone);
        if (line.isEmpty()) {
            alone.remove(node);
            return;
        }
        Violation.unless(!truth.alive(line.get().other()) || truth.liedAbout(line.get().other()), name(),
                "%s goes on alone, and %s runs", node, line.get().other());
        Incarnation life = line.get().since().orElseThrow().ballot().leader();
        Violation.unless(alone.contains(node) || entered(life, line.get().other()), name(),
                "%s goes on without %s, and no chosen version has them both", life, line.get().other());
        alone.add(node);
        Violation.unless(alone.size() == 1, name(), "%s all go on alone", alone);
    }
}
