package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import java.util.List;

/**
 * How far a planned leave is: first out of all groups, each with its participants stopped and drained, then out of the
 * cluster. Derived from the state each time, so that nothing is forgotten when a version overtakes another.
 */
enum PlannedLeave {
    NOT_WANTED,
    LEAVING_GROUPS,
    LEAVING_CLUSTER;

    PlannedLeave next(Incarnation self, ClusterState state) {
        return switch (this) {
            case NOT_WANTED -> NOT_WANTED;
            case LEAVING_GROUPS -> groupsOf(self, state).isEmpty() ? LEAVING_CLUSTER : LEAVING_GROUPS;
            case LEAVING_CLUSTER -> LEAVING_CLUSTER;
        };
    }

    static List<GroupName> groupsOf(Incarnation self, ClusterState state) {
        return state.groups().values().stream().filter(group -> group.has(self)).map(Group::name).toList();
    }
}
