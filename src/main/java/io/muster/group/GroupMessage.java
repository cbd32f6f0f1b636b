package io.muster.group;

import io.muster.ledger.GroupName;
import io.muster.machine.Message;

/**
 * What nodes ask of the leader about groups. An ask names the group's generation that the sender sees and counts only
 * while that is the newest one, so that an ask that comes late, after the sender joined or left, does nothing.
 */
public sealed interface GroupMessage extends Message {

    /**
     * The sender wants to be in the group; told until it is.
     *
     * @param generation of the group; of a group that does not exist, the generation floor of the state
     */
    record JoinAsk(GroupName group, long generation) implements GroupMessage {}

    /** The sender has shut and drained what it did in this group and wants out; told until it is. */
    record LeaveAsk(GroupName group, long generation) implements GroupMessage {}
}
