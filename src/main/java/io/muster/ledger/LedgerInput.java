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
}
