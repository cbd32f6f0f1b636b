package io.muster.machine;

import io.muster.base.NodeId;

/** What one step wants done, and what it announces upward. The driver drains it after each step, in order. */
public interface Outbox<N> {

    /** Sends over the stream to a peer: in order while it lasts, lost when it breaks. */
    void send(NodeId to, Message message);

    /**
     * Sends one datagram over one link: may be lost, doubled, late. The machine may fill the message anew in its next
     * step: who keeps it longer keeps a copy.
     */
    void cast(NodeId to, int link, Message message);

    /** Asks the driver for something that takes time; the answer is a {@link Completion} with the same ticket. */
    void perform(Effect effect);

    /** Tells the layer above. */
    void announce(N news);
}
