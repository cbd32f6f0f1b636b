package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.Optional;

/**
 * Phase two of a ballot: who accepted one state in it, durably. Pure. There is one open tally per ballot at most: the
 * next version is offered to nobody before this one is chosen (rule L6).
 *
 * <p>A version that adds acceptors is offered to these first, and to the others and the leader itself only when they
 * have it. So whoever comes in is among those who accept the adding version (rule Q4), and a newcomer that dies before
 * it answered holds nothing up: nobody else has heard of the version, and the next ballot goes on without it.
 *
 * @param lone the own right to go on without the other of two, when there is one (rule T2)
 */
record Tally(Ballot ballot, ClusterState state, NodeSet accepted, Optional<Lone> lone) {

    static Tally of(Ballot ballot, ClusterState state) {
        return of(ballot, state, Optional.empty());
    }

    static Tally of(Ballot ballot, ClusterState state, Optional<Lone> lone) {
        return new Tally(ballot, state, NodeSet.NONE, lone);
    }

    Tally with(NodeId node) {
        return new Tally(ballot, state, accepted.with(node), lone);
    }

    /** Chosen by those who decide in its configuration and, while it changes that, in the one before (rule Q3). */
    boolean chosen() {
        return newcomersMissing().isEmpty() && state.decidedBy(accepted.union(standIn()));
    }

    /** Who has to be asked now, of those who have not answered. */
    NodeSet toAsk() {
        NodeSet newcomers = newcomersMissing();
        return newcomers.isEmpty() ? state.voters().minus(accepted) : newcomers;
    }

    /** Newcomers that have not accepted yet. A later leader need not wait for them: they have it when others do. */
    NodeSet newcomersMissing() {
        boolean firstOffered = state.proposedBy().filter(ballot::equals).isPresent();
        return firstOffered ? state.newcomers().union(joiningOfTwo()).minus(accepted) : NodeSet.NONE;
    }

    /** Of two nodes also a life that joins comes first: see {@link TwoNodes}. */
    private NodeSet joiningOfTwo() {
        NodeSet joining = NodeSet.NONE;
        if (state.voting().policy() == VotePolicy.TWO_NODE) {
            for (LedgerEvent event : state.events()) {
                if (event instanceof LedgerEvent.MemberJoined(Incarnation who, _)
                        && !who.node().equals(ballot.leader().node())) {
                    joining = joining.with(who.node());
                }
            }
        }
        return joining.intersect(state.electorate().acceptors());
    }

    private NodeSet standIn() {
        return lone.map(line -> line.standsInFor(state)).orElse(NodeSet.NONE);
    }
}
