package io.muster.recovery;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;

/** What the recovery coordinator announces. */
public sealed interface RecoveryNews {

    /** This node's participants begin a phase. */
    record Begin(Phase phase, RecoveryPlan plan) implements RecoveryNews {}

    /** This node's participants forget what they built for a generation. */
    record Abandon(GroupName group, long generation) implements RecoveryNews {}

    /** Everybody is through RESUME. */
    record Recovered(GroupName group, long generation) implements RecoveryNews {}

    /** A participant of this node failed; it is told to begin again. */
    record ParticipantFailed(
            String participant, GroupName group, long generation, Phase phase, int attempt, String why)
            implements RecoveryNews {}

    /** Leader: these members hold the barrier of a phase up. Told when it changes. */
    record Waiting(GroupName group, long generation, Phase phase, NodeSet forNodes) implements RecoveryNews {}

    /** This node's participants gave up; the group goes on without this node. */
    record SelfWithdrawn(GroupName group, NodeId self, String why) implements RecoveryNews {}

    /** This node's participants of a group are stopped and drained: the group may be left (rule R4). */
    record Closed(GroupName group) implements RecoveryNews {}
}
