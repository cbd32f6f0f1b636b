package io.muster.ledger;

import java.util.List;

/** What the ledger announces. */
public sealed interface LedgerNews {

    /**
     * A chosen state was applied. Delivered events add up to the state (rule L10).
     *
     * @param before    the state applied before; for the first one of a life, the founding state
     * @param events    what leads from {@code before} to {@code state}
     * @param compacted the events are the difference of the two states, not the versions' own: steps in between were
     *                  missed, yet every life and generation that changed is named
     */
    record Applied(ClusterState before, ClusterState state, List<LedgerEvent> events, boolean compacted)
            implements LedgerNews {}

    /** This node leads: its ballot is promised by a quorum and the adopted state is chosen again in it (rule L5). */
    record Leading(Ballot ballot) implements LedgerNews {}

    /** This node does not lead (any more). */
    record NotLeading(String reason) implements LedgerNews {}

    /** Somebody else's beat of this ballot was heard; told when it changes. */
    record Following(Ballot ballot) implements LedgerNews {}

    /**
     * Leader only: a quorum, this node included where it votes, answered the beat of this ballot that was sent at
     * {@code sentAt} of the own clock (rule A1).
     */
    record Proven(Ballot ballot, long sentAt) implements LedgerNews {}

    /** The own record says durably that the other of two is about to be fenced, or was (rules T3, T8); told once each. */
    record LoneNoted(Lone line) implements LedgerNews {}

    /** The own record cannot be written: this node must not answer any more and has to end. */
    record RecordFailed(String why) implements LedgerNews {}
}
