package io.muster.sim.check;

import io.muster.base.NodeSet;
import io.muster.ledger.Acceptors;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;

/**
 * Any quorum that decides about one version meets any that decides about the next, also where the voters change between
 * them (rule Q3); found out by trying all sets. The one exception is named in the version: of two nodes one goes on
 * alone, and the fence of the other stands in for its vote (rule T2).
 */
public final class AnyTwoQuorumsMeet implements Checker {

    private final Truth truth;

    public AnyTwoQuorumsMeet(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void chosen(Ballot ballot, ClusterState state) {
        ClusterState parent = truth.chosen().at(state.version() - 1).orElseThrow();
        boolean alone = state.events().stream().anyMatch(LedgerEvent.WentAlone.class::isInstance);
        if (alone || state.acceptors().equals(parent.acceptors())) {
            return;
        }
        NodeSet all = parent.voters().union(state.voters());
        for (long bits = all.bits(); bits != 0; bits = bits - 1 & all.bits()) {
            NodeSet one = new NodeSet(bits);
            NodeSet rest = all.minus(one);
            boolean apart = parent.electorate().isQuorum(one)
                    && state.configurations().stream().map(Acceptors::electorate).allMatch(each -> each.isQuorum(rest));
            Violation.unless(!apart, name(), "%s decide about version %d and %s about version %d",
                    one, parent.version(), rest, state.version());
        }
    }
}
