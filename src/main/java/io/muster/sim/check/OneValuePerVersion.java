package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerNews;

/**
 * One value per version: {@link ChosenStates} finds two values on the disks; here, nobody applies what was not chosen
 * (rules L5, L9).
 */
public final class OneValuePerVersion implements Checker {

    private final Truth truth;

    public OneValuePerVersion(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void applied(Incarnation life, LedgerNews.Applied news) {
        ClusterState state = news.state();
        var chosen = truth.chosen().at(state.version());
        Violation.unless(chosen.isPresent(), name(), "%s applied version %d, which no quorum holds", life, state.version());
        Violation.unless(chosen.get().equals(state), name(),
                "%s applied a version %d that is not the chosen one", life, state.version());
    }
}
