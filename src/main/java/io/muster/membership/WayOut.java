package io.muster.membership;

import io.muster.base.Incarnation;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.VotePolicy;

/** How a life is put out: to be fenced, or dropped as one that holds nothing. */
final class WayOut {

    private WayOut() {}

    /** @param leader who proposes it */
    static LedgerEvent of(Incarnation who, String reason, Incarnation leader, ClusterState state) {
        // Only who may hold something half-done has to be fenced (rule F9), and whose vote is to go with it (rule Q5).
        return state.mayHoldDirtyState(who) || losesItsVote(who, leader, state)
                ? new LedgerEvent.MemberEvicted(who, reason)
                : new LedgerEvent.MemberDropped(who, reason);
    }

    /** At a cold start, led by one who is no member yet, the vote of a former life is not missing: its node comes back. */
    private static boolean losesItsVote(Incarnation who, Incarnation leader, ClusterState state) {
        return state.voting().policy() == VotePolicy.DYNAMIC && state.voters().contains(who.node()) && state.isMember(leader);
    }
}
