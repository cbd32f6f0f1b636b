package io.muster.group;

import io.muster.base.NodeSet;
import io.muster.ledger.BarrierName;
import io.muster.machine.Message;

/** What members and the leader tell each other about public barriers. */
public sealed interface BarrierMessage extends Message {

    /**
     * To the leader: the sender has entered and waits; told until it has applied that the barrier was passed.
     *
     * @param since in all versions up to this one, which it has applied, it had not got through
     */
    record Enter(BarrierName barrier, long since) implements BarrierMessage {}

    /** From the leader: these have not entered; for people. */
    record Missing(BarrierName barrier, NodeSet nodes) implements BarrierMessage {}
}
