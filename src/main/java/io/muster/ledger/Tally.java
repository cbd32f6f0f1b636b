package io.muster.ledger;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;

/**
 * Phase two of a ballot: who accepted one state in it, durably. Pure. There is one open tally per ballot at most: the
 * next version is offered to nobody before this one is chosen (rule L6).
 */
record Tally(Ballot ballot, ClusterState state, NodeSet accepted) {

    static Tally of(Ballot ballot, ClusterState state) {
        return new Tally(ballot, state, NodeSet.NONE);
    }

    Tally with(NodeId node) {
        return new Tally(ballot, state, accepted.with(node));
    }

    boolean chosen() {
        return state.electorate().isQuorum(accepted);
    }
}
