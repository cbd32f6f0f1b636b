package io.muster.group;

import io.muster.ledger.GroupName;
import io.muster.machine.Message;

/** What nodes ask of the leader about groups. */
public sealed interface GroupMessage extends Message {

    /** The sender wants to be in the group; told until it is. */
    record JoinAsk(GroupName group) implements GroupMessage {}

    /** The sender has shut and drained what it did in this group and wants out; told until it is. */
    record LeaveAsk(GroupName group) implements GroupMessage {}
}
