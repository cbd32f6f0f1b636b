package io.muster.group;

import io.muster.base.Incarnation;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;

/** What the group manager is told. */
public sealed interface GroupInput {

    record Arrived(Incarnation from, GroupMessage message) implements GroupInput {}

    record Agreed(LedgerNews news) implements GroupInput {}

    /** This node wants to be in the group, and stays wanting. */
    record JoinWanted(GroupName group) implements GroupInput {}

    /** This node wants out of the group; what it does there is shut and drained. */
    record LeaveWanted(GroupName group) implements GroupInput {}
}
