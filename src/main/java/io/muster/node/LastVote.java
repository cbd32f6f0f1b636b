package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.ledger.ClusterState;
import io.muster.membership.VoterKeeper;

/**
 * A node that has left as planned, its gate shut for good, stays for one thing: the version that takes it out of the
 * voters, which may need its vote (rule Q5). Not for ever, as those who would propose that may be gone.
 *
 * @param until by this node's clock
 */
record LastVote(String reason, long until) {

    boolean isOver(Incarnation self, ClusterState state, long now) {
        return now >= until || !VoterKeeper.votesLast(self.node(), state);
    }
}
