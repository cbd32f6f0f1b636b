package io.muster.node;

import io.muster.base.NodeId;
import io.muster.fence.FenceNews;
import io.muster.fence.LoneNews;
import io.muster.group.BarrierNews;
import io.muster.group.ChannelNews;
import io.muster.group.GroupNews;
import io.muster.heartbeat.DiskBeatNews;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.DiskVoterNews;
import io.muster.ledger.LedgerNews;
import io.muster.machine.Outbox;
import io.muster.membership.MembershipNews;
import io.muster.recovery.RecoveryNews;
import java.util.ArrayDeque;
import java.util.function.Function;
import java.util.function.Supplier;

/** One outbox a layer, all with one queue of news on its way up. */
final class LayerOutlets {

    final ArrayDeque<LayerNews> rising = new ArrayDeque<>();
    final LayerOutbox<HeartbeatNews> heartbeat;
    final LayerOutbox<LedgerNews> ledger;
    final LayerOutbox<MembershipNews> membership;
    final LayerOutbox<FenceNews> fencer;
    final LayerOutbox<GroupNews> groups;
    final LayerOutbox<RecoveryNews> recovery;
    final LayerOutbox<LoneNews> loneFence;
    final LayerOutbox<ChannelNews> channels;
    final LayerOutbox<BarrierNews> barriers;
    final LayerOutbox<DiskBeatNews> disks;
    final LayerOutbox<Void> voters;
    private final Supplier<Outbox<NodeNews>> driver;

    /** @param driver of the step that is being taken */
    LayerOutlets(Supplier<Outbox<NodeNews>> driver) {
        this.driver = driver;
        heartbeat = outbox(LayerNews.OfHeartbeat::new);
        ledger = outbox(LayerNews.OfLedger::new);
        membership = outbox(LayerNews.OfMembership::new);
        fencer = outbox(LayerNews.OfFence::new);
        groups = outbox(LayerNews.OfGroup::new);
        recovery = outbox(LayerNews.OfRecovery::new);
        loneFence = outbox(LayerNews.OfLone::new);
        channels = outbox(LayerNews.OfChannel::new);
        barriers = outbox(LayerNews.OfBarrier::new);
        disks = outbox(LayerNews.OfDisk::new);
        voters = outbox(news -> {
            throw new IllegalStateException("the keeper of the electorate announces nothing: " + news);
        });
    }

    LayerOutbox<DiskVoterNews> ofVoter(NodeId voter) {
        return outbox(news -> new LayerNews.OfVoter(voter, news));
    }

    private <N> LayerOutbox<N> outbox(Function<N, LayerNews> label) {
        return new LayerOutbox<>(label, rising, driver);
    }
}
