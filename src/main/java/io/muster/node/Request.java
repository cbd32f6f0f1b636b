package io.muster.node;

import io.muster.base.Bytes;
import io.muster.base.NodeId;
import io.muster.ledger.BarrierName;
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

    /** Send bytes to a port of a member. */
    record SendTo(NodeId node, int port, Bytes content) implements Request {}

    /** A person lets all fences go that are held back now. */
    record OpenFences(String person, String remark) implements Request {}

    /** What is said to the members of a group. */
    sealed interface ToGroup extends Request {}

    /** A message to all members of a group. @param ticket comes back with what became of it ({@code group.sent}) */
    record SendToGroup(GroupName group, long ticket, Bytes content) implements ToGroup {}

    /** Wait in a barrier until all members of its group have entered ({@code barrier.passed}). */
    record EnterBarrier(BarrierName barrier) implements ToGroup {}

    /** Change who votes, with which votes, and by which policy. */
    record ChangeVoters(VoterChange change, String person) implements Request {}
}
