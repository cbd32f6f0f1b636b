package io.muster.membership;

import io.muster.base.Incarnation;
import io.muster.ledger.View;

/** What the membership announces. */
public sealed interface MembershipNews {

    /** The agreed membership changed and somebody who left is not harmless yet: nobody may touch their data. */
    record ViewFormed(View view) implements MembershipNews {}

    /** The agreed view stands and is safe: everybody out has left cleanly or been made harmless (001-8, 001-9). */
    record ViewInstalled(View view) implements MembershipNews {}

    /**
     * This life is out, without a word, and harmless. Told on every survivor, once for each life.
     *
     * @param intent the fence that ended it; {@link #INTENT_MISSED} when it began and ended in versions missed here
     */
    record NodeDead(Incarnation who, long intent) implements MembershipNews {
        /** Intents count from 1. */
        public static final long INTENT_MISSED = 0;
    }

    /** This life is in. */
    record NodeJoined(Incarnation who) implements MembershipNews {}

    /** This life has left as planned. */
    record NodeLeft(Incarnation who) implements MembershipNews {}

    /**
     * This node may act until this moment of its own clock (rules A2, A5); told when it moves. It falls to now on
     * eviction and after a pause.
     */
    record ActUntil(long until) implements MembershipNews {}

    /** This node is out: it has to stop. @param planned whether it had asked to leave */
    record SelfOut(boolean planned, String reason) implements MembershipNews {}

    /** The row that is told to everybody from now on, for those whom only a disk reaches. */
    record RowTold(MembershipMessage.Row row) implements MembershipNews {}
}
