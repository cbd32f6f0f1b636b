package io.muster.group;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.GroupName;
import io.muster.machine.Message;

/**
 * What members of a group tell each other so that all deliver the same messages in the same order. Each names the
 * generation in which it was said; of any other it means nothing (rules R2, R9). All may be lost, doubled and late.
 */
public sealed interface ChannelMessage extends Message {

    GroupName group();

    long generation();

    /**
     * To the node that orders: the sender has this to say.
     *
     * @param previous number of what the sender said before it in this generation; 0 when nothing
     * @param number   of this life of the sender, growing
     */
    record Submit(GroupName group, long generation, long previous, long number, Bytes content)
            implements ChannelMessage {}

    /**
     * From the node that orders: this stands at this position, from 1 in each generation.
     *
     * @param stable all members have all positions up to here
     */
    record Ordered(GroupName group, long generation, long position, Incarnation sender, long number, long stable,
            Bytes content) implements ChannelMessage {}

    /** To the node that orders: the sender has received, and has delivered, all positions up to these. */
    record Have(GroupName group, long generation, long received, long delivered) implements ChannelMessage {}

    /**
     * From the node that orders: all members have all positions up to this one, which may be delivered.
     *
     * @param missing members that do not have all that was ordered; for people
     */
    record Stable(GroupName group, long generation, long position, NodeSet missing) implements ChannelMessage {}

    /**
     * To the lowest member, in STOP of this generation: the sender takes nothing more by way of order.
     *
     * @param log      the generation whose messages it holds; 0 when none
     * @param received all positions of that generation up to here
     */
    record Stopped(GroupName group, long generation, long log, long received) implements ChannelMessage {}

    /**
     * From the lowest member, which was told by all: the union of what they hold ends here.
     *
     * @param holder a member that holds all of it
     * @param held   all members that hold messages of {@code log} hold all of it: it may be delivered
     */
    record Union(GroupName group, long generation, long log, long position, NodeId holder, boolean held)
            implements ChannelMessage {}

    /** To a holder: the sender has the positions of generation {@code log} up to this one and needs the rest. */
    record Want(GroupName group, long generation, long log, long received) implements ChannelMessage {}

    /** From a holder: a message of generation {@code log}, copied during STOP of a later one. */
    record Copy(GroupName group, long generation, long log, long position, Incarnation sender, long number,
            Bytes content) implements ChannelMessage {}
}
