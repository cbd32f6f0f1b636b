package io.muster.heartbeat;

import io.muster.base.NodeSet;
import io.muster.machine.Message;

/** What travels on one link as datagrams. The sender's life is in the envelope. */
public sealed interface HeartbeatMessage extends Message {

    /**
     * A sign of life.
     *
     * @param sequence  counts up on each link in each life; an old or repeated one is ignored
     * @param heard     whom the sender hears on this link, itself not included: so each direction is measured alone
     * @param answer    whether the receiver is asked to pulse back at once (a probe)
     */
    record Pulse(long sequence, NodeSet heard, boolean answer) implements HeartbeatMessage {}
}
