package io.muster.group;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.ledger.GroupName;

/** What the channels announce. */
public sealed interface ChannelNews {

    /**
     * The next message of a group; every member of the generation gets it at this position, or dies before.
     *
     * @param number of the sender's life: with it the message has its name, once for ever
     */
    record Delivered(GroupName group, long generation, long position, Incarnation sender, long number, Bytes content)
            implements ChannelNews {}

    /**
     * What became of a message of this node.
     *
     * @param generation in which it was delivered, or was not; 0 when it was never given to anybody
     * @param position   0 unless it was delivered
     */
    record Settled(GroupName group, long ticket, long number, Fate fate, long generation, long position)
            implements ChannelNews {}

    /** In STOP of this generation: all survivors hold and this node has delivered the same of the older ones. */
    record Flushed(GroupName group, long generation) implements ChannelNews {}

    /** How it ends for a message. */
    enum Fate {
        /** Every member of the generation has received it, and every survivor delivers it. */
        DELIVERED,
        /** Nobody has delivered it and nobody will: sending it again cannot make two of it. */
        NOT_DELIVERED,
        /** This node left the group before it could know. */
        UNKNOWN
    }
}
