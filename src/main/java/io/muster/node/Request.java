package io.muster.node;

import io.muster.base.NodeId;
import io.muster.ledger.GroupName;
import io.muster.membership.VoterChange;

/** What people and programs ask of a node. Each is a wish that stays until it is true; status shows how far it is. */
public sealed interface Request {

    record JoinGroup(GroupName group) implements Request {}

    record LeaveGroup(GroupName group) implements Request {}

    /** Leave all groups, then the cluster, then end. */
    record LeaveCluster() implements Request {}

    /** Put a member out and fence it. */
    record EvictNode(NodeId node, String person, String reason) implements Request {}

    /** A person says that this node is off. */
    record Acknowledge(NodeId node, String person, String remark) implements Request {}

    /** Change who votes, with which votes, and by which policy. */
    record ChangeVoters(VoterChange change, String person) implements Request {}
}
