package io.muster.ledger;

/**
 * A layer that may want something agreed. It is asked on the leader whenever a version can be proposed, and derives
 * its wish from the state each time anew: a wish that came true, or was overtaken, is simply not uttered again.
 */
public interface Proposer {

    /** Adds the events that this layer wants now; cheap, and silent when there is nothing to change. */
    void wants(Draft draft, long now);
}
