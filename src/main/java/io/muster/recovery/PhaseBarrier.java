package io.muster.recovery;

import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.ledger.Group;
import io.muster.ledger.Phase;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who is through the phase that a group is in. Pure. It is about one generation and one phase and takes no word about
 * any other, and it counts lives, not nodes: what a former life of a member said holds for nobody (rule R2).
 */
record PhaseBarrier(long generation, Phase phase, SortedSet<Incarnation> through) {

    PhaseBarrier {
        through = Collections.unmodifiableSortedSet(new TreeSet<>(through));
    }

    /** Nobody is through yet. */
    static PhaseBarrier before(Group group) {
        return new PhaseBarrier(group.generation(), group.phase(), new TreeSet<>());
    }

    boolean isOf(Group group) {
        return generation == group.generation() && phase == group.phase();
    }

    /** With this life through; unchanged when it speaks of another generation or phase. */
    PhaseBarrier with(Incarnation who, long itsGeneration, Phase itsPhase) {
        if (itsGeneration != generation || itsPhase != phase || through.contains(who)) {
            return this;
        }
        TreeSet<Incarnation> more = new TreeSet<>(through);
        more.add(who);
        return new PhaseBarrier(generation, phase, more);
    }

    /** Members that are not through; when there are none, the barrier is passed. */
    SortedSet<Incarnation> missing(Group group) {
        TreeSet<Incarnation> missing = new TreeSet<>(group.members().values());
        missing.removeAll(through);
        return missing;
    }

    boolean passed(Group group) {
        return isOf(group) && missing(group).isEmpty();
    }

    static NodeSet nodesOf(Iterable<Incarnation> lives) {
        NodeSet nodes = NodeSet.NONE;
        for (Incarnation life : lives) {
            nodes = nodes.with(life.node());
        }
        return nodes;
    }
}
