package io.muster.group;

import io.muster.ledger.BarrierName;

/** What the barrier keeper announces; that a barrier was passed is an event of the ledger, which every node tells. */
public sealed interface BarrierNews {

    /** This node has entered and waits for the others. */
    record Entered(BarrierName barrier) implements BarrierNews {}

    /** This node waits no more, and nobody can say whether it got through: it is out of the group, or missed too much. */
    record GivenUp(BarrierName barrier, String why) implements BarrierNews {}
}
