package io.muster.node;

import io.muster.fence.FenceNews;
import io.muster.group.BarrierNews;
import io.muster.group.ChannelNews;
import io.muster.fence.LoneNews;
import io.muster.group.GroupNews;
import io.muster.heartbeat.HeartbeatNews;
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
}
