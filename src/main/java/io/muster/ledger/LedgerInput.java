package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.machine.Completion;

/** What the ledger machine is told. */
public sealed interface LedgerInput {

    /** A message of a peer; its life is of this cluster, nothing more is known of it. */
    record Arrived(Incarnation from, LedgerMessage message) implements LedgerInput {}

    /** A write of the own record ended. */
    record Completed(Completion completion) implements LedgerInput {}

    /** Whom this node hears and who hears it, as the heartbeat has it now, without itself (rule L12 b). */
    record TwoWay(NodeSet peers) implements LedgerInput {}

    /**
     * Propose this as the next version. Taken only while {@link Ledger#proposable()} and when it was drafted from the
     * newest chosen state in the own ballot; ignored otherwise.
     */
    record Propose(Draft draft) implements LedgerInput {}

    /** Stop leading and do not try again: this node is about to end or was evicted (rule L11). */
    record StandDown(String reason) implements LedgerInput {}

    /** The configuration has changed. @param nodes all configured nodes from now on, this one included */
    record Configured(NodeSet nodes) implements LedgerInput {}

    /**
     * Note durably that the other of two is about to be fenced (rule T8): only while this life is entered with it.
     *
     * @param intent number that the intent will have when it can be agreed
     */
    record FenceNoted(Incarnation other, long intent) implements LedgerInput {}

    /** The fence that was noted has ended with this evidence: go on without the other (rules T2, T3). */
    record OtherFenced(Incarnation other, long intent, EvidenceClass evidence, String proof) implements LedgerInput {}

    /** A node that is cut off from this one says on a shared disk that it leads: others wait, as if it had beaten (L12). */
    record LeaderOnDisk(Ballot ballot) implements LedgerInput {}
}
