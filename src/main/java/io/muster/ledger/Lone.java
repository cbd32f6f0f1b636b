package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import java.util.Optional;

/**
 * What one of two nodes notes in its own record, because with the other dead nothing can be chosen that would say it
 * (rule T8): first that it is about to fence the other, and then that it goes on without it (rule T3).
 *
 * <p>While a record is alone it promises and accepts in ballots of its own node only. So only this node can propose the
 * version by which the other has its vote again; and as it offers that to the newcomer first and to itself last, its
 * record says "alone" for exactly as long as that version is not chosen. At any crash it either still may go on
 * without the other, or was entered with it (rules T4, T5).
 *
 * @param other  whom this is about: the life it was entered with (rule T1)
 * @param intent number of the fence intent, which the first version made alone will commit
 * @param since  empty while the fence is only intended
 */
public record Lone(Incarnation other, long intent, Optional<Since> since) {

    /**
     * The other is known to be harmless: its fence stands in for its promise and its accepts (rule T2).
     *
     * @param ballot the first one alone; names this node
     */
    public record Since(Ballot ballot, EvidenceClass evidence, String proof) {

        public Since {
            proof = LedgerEvent.bounded(proof);
        }
    }

    /** Whether this says more than an intent. */
    public boolean alone() {
        return since.isPresent();
    }

    /** Whether a ballot is one of this node's own; while alone it takes part in no other. */
    boolean allows(Ballot ballot) {
        return since.isEmpty() || since.get().ballot().leader().node().equals(ballot.leader().node());
    }

    /**
     * Whose vote about a state the fence stands in for: the other's, but only of the life that was fenced. What a state
     * asks of a later life has to come from that life.
     */
    public NodeSet standsInFor(ClusterState state) {
        boolean fenced = alone() && state.lastLives().getOrDefault(other.node(), 0L) == other.life();
        return fenced ? NodeSet.of(other.node()) : NodeSet.NONE;
    }

    /** Whether the line is over with a record that has accepted this state (rule T4). */
    boolean endsWith(ClusterState accepted) {
        if (alone()) {
            return accepted.electorate().votes().containsKey(other.node()) && standsInFor(accepted).isEmpty();
        }
        return !accepted.isMember(other);
    }
}
