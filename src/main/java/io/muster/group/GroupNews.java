package io.muster.group;

import io.muster.ledger.Group;
import io.muster.ledger.GroupName;

/** What the group manager announces about the groups that this node is in. */
public sealed interface GroupNews {

    /** The group has a new generation, or reached a phase; told in the order of versions, with the whole group. */
    record GroupChanged(Group group, long version) implements GroupNews {}

    /** This node is not in the group any more. */
    record GroupClosed(GroupName group) implements GroupNews {}
}
