package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.DiskBeatNews;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.heartbeat.LivenessNews;
import io.muster.ledger.DiskVoterNews;
import io.muster.ledger.Ledger;
import io.muster.ledger.LedgerInput;
import io.muster.ledger.LedgerMessage;
import io.muster.membership.Membership;
import io.muster.membership.MembershipInput;
import io.muster.membership.MembershipMessage;
import io.muster.membership.VoterInput;
import io.muster.membership.VoterKeeper;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** The part of a node's router that is about shared disks: whose news goes where. It decides nothing but its own end. */
final class DiskDesk {

    /** Something that happens at a moment. */
    interface Told<T> {
        void told(T news, long now);
    }

    /** A row, read on a disk. */
    interface RowRead {
        void row(Incarnation from, MembershipMessage.Row row, long now);
    }

    /**
     * The rest of the router.
     *
     * @param heard what network and disks together say
     * @param shut  the gate, at this moment
     */
    record Above(Told<HeartbeatNews> heard, Consumer<NodeEvent> happened, RowRead rows, LongConsumer shut,
            Consumer<SelfFence.Verdict> stop) {}

    private final SharedDisks disks;
    private final Ledger ledger;
    private final VoterKeeper voters;
    private final Membership membership;
    private final LayerOutlets outlets;
    private final Above above;
    private Optional<SelfFence.Verdict> pill = Optional.empty();

    DiskDesk(SharedDisks disks, Ledger ledger, VoterKeeper voters, Membership membership, LayerOutlets outlets, Above above) {
        this.disks = disks;
        this.ledger = ledger;
        this.voters = voters;
        this.membership = membership;
        this.outlets = outlets;
        this.above = above;
    }

    /** A pill was found: the gate stays shut from there on. */
    boolean pilled() {
        return pill.isPresent();
    }

    void network(HeartbeatNews news, long now) {
        joined(disks.network(news, now), now);
    }

    void voted(NodeId disk, DiskVoterNews news, long now) {
        switch (news) {
            case DiskVoterNews.Answered(LedgerMessage answer) ->
                ledger.step(new LedgerInput.Arrived(SharedDisks.voice(disk), answer), now, outlets.ledger);
            case DiskVoterNews.Opened(long record) ->
                voters.step(new VoterInput.DiskShown(disk, record), now, outlets.voters);
            case DiskVoterNews.Failed _ -> { /* for people: it is tried again */ }
        }
        DiskEvents.of(disk, news, version()).ifPresent(above.happened);
    }

    void told(DiskBeatNews news, long now) {
        DiskEvents.of(news, version()).ifPresent(above.happened);
        joined(disks.disk(news, now), now);
        switch (news) {
            case DiskBeatNews.PeerTold(_, Incarnation who, var payload) ->
                disks.told(who, payload).ifPresent(told -> toldOnDisk(who, told, now));
            case DiskBeatNews.PoisonPill(String disk, long intent, Incarnation asker) -> take(disk, intent, asker, now);
            case DiskBeatNews.LastWord _ -> pill.ifPresent(above.stop);
            case DiskBeatNews.OwnSlotStolen(String disk, boolean another, String what) when another ->
                above.stop.accept(new SelfFence.Verdict(SelfFence.Cause.NOT_ALONE, "on disk %s %s".formatted(disk, what)));
            default -> { /* of the disk itself: for people */ }
        }
    }

    /** Tells the layers what this node sees of the others and of its disks, when that is new. */
    void see(long now) {
        disks.sight().ifPresent(sight -> {
            membership.step(new MembershipInput.Disks(sight.reach()), now, outlets.membership);
            above.heard.told(sight.links(), now);
        });
    }

    private void joined(List<LivenessNews> all, long now) {
        for (LivenessNews news : all) {
            switch (news) {
                case LivenessNews.Verdict(HeartbeatNews verdict) -> above.heard.told(verdict, now);
                case LivenessNews.StandingChanged changed -> above.happened.accept(DiskEvents.of(changed, version()));
                case LivenessNews.CalledUp _, LivenessNews.CalledDown _ -> { /* nobody has subscribed */ }
            }
        }
    }

    /** What only a disk carries between two nodes: that one leads, and its row (rules L12, V1). */
    private void toldOnDisk(Incarnation who, DiskPayload told, long now) {
        disks.leads(who).ifPresent(
                ballot -> ledger.step(new LedgerInput.LeaderOnDisk(ballot), now, outlets.ledger));
        told.row().ifPresent(row -> above.rows.row(who, row, now));
    }

    /** This life is to end: first the gate, then the last word, if it is true that nothing is under way (rule B7). */
    private void take(String disk, long intent, Incarnation asker, long now) {
        SelfFence.Verdict verdict = new SelfFence.Verdict(SelfFence.Cause.PILL,
                "%s fences it by intent %d, with a pill on disk %s".formatted(asker, intent, disk));
        pill = Optional.of(verdict);
        above.shut.accept(now);
        ledger.step(new LedgerInput.StandDown(verdict.reason()), now, outlets.ledger);
        if (ledger.state().groups().values().stream().anyMatch(group -> group.has(disks.self()))) {
            above.stop.accept(verdict); // what its services have under way is not drained: no word of it counts as evidence
        } else {
            disks.dieByPill(disk, intent, now);
        }
    }

    private long version() {
        return ledger.state().version();
    }
}
