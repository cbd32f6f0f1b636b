package io.muster.node;

import io.muster.base.NodeId;
import io.muster.fence.FenceNews;
import io.muster.group.BarrierNews;
import io.muster.group.ChannelNews;
import io.muster.fence.LoneNews;
import io.muster.group.GroupNews;
import io.muster.heartbeat.DiskBeatNews;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.DiskVoterNews;
import io.muster.ledger.LedgerMessage;
import io.muster.ledger.LedgerNews;
import io.muster.membership.MembershipNews;
import io.muster.recovery.RecoveryNews;

/** News on its way up, with the layer it comes from: one queue keeps the order in which it was told. */
sealed interface LayerNews {

    record OfHeartbeat(HeartbeatNews news) implements LayerNews {}

    record OfLedger(LedgerNews news) implements LayerNews {}

    record OfMembership(MembershipNews news) implements LayerNews {}

    record OfFence(FenceNews news) implements LayerNews {}

    record OfGroup(GroupNews news) implements LayerNews {}

    record OfRecovery(RecoveryNews news) implements LayerNews {}

    record OfChannel(ChannelNews news) implements LayerNews {}

    record OfBarrier(BarrierNews news) implements LayerNews {}

    record OfLone(LoneNews news) implements LayerNews {}

    record OfDisk(DiskBeatNews news) implements LayerNews {}

    /** @param voter whose news it is */
    record OfVoter(NodeId voter, DiskVoterNews news) implements LayerNews {}

    /** The ledger asks a disk as it asks a node; it answers through this node. */
    record ToDisk(NodeId voter, LedgerMessage message) implements LayerNews {}
}
