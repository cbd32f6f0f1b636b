package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;

/**
 * A constant link matrix gives a constant view (rules V3, V5, 001-7): once nothing was done to the cluster for
 * {@link #REST_NS}, nobody who runs is put out any more for what others hear of it. That a person wants it out, or that
 * its service is late in a recovery, are reasons of another kind; that it died or was fenced has ended it.
 */
public final class QuietLinksQuietView implements Checker {

    /** Silence, hold-down, an election or two, and the version itself. */
    public static final long REST_NS = 8 * TimeBudget.SECOND;

    private final Truth truth;

    public QuietLinksQuietView(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void chosen(Ballot ballot, ClusterState state) {
        for (LedgerEvent event : state.events()) {
            if (event instanceof LedgerEvent.MemberEvicted(Incarnation who, String reason)) {
                putOut(ballot, state.version(), who, reason);
            } else if (event instanceof LedgerEvent.MemberDropped(Incarnation who, String reason)) {
                putOut(ballot, state.version(), who, reason);
            }
        }
    }

    private void putOut(Ballot ballot, long version, Incarnation who, String reason) {
        boolean otherwise = reason.startsWith("asked for by") || reason.startsWith("RECOVERY-2");
        Violation.unless(otherwise || !truth.alive(who) || truth.undisturbedNs() < REST_NS, name(),
                "%s puts %s out in version %d (%s), and nothing has changed for %d ms",
                ballot, who, version, reason, truth.undisturbedNs() / TimeBudget.MS);
    }
}
