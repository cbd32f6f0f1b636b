package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.DiskBeatNews;
import io.muster.heartbeat.LatencyPicture;
import io.muster.heartbeat.LivenessNews;
import io.muster.heartbeat.SlotFault;
import io.muster.heartbeat.Standing;
import io.muster.ledger.DiskVoterNews;
import java.util.Locale;
import java.util.Optional;

/** What happens on shared disks, in the words for people and outside stacks; docs/EVENTS.md lists them. */
final class DiskEvents {

    private DiskEvents() {}

    static NodeEvent of(LivenessNews.StandingChanged news, long version) {
        return NodeEvents.event("heartbeat.standing", version, "node", news.node(),
                "standing", news.standing().name().toLowerCase(Locale.ROOT).replace('_', '-'), "why", news.why());
    }

    static Optional<NodeEvent> of(NodeId voter, DiskVoterNews news, long version) {
        return switch (news) {
            case DiskVoterNews.Answered _ -> Optional.empty();
            case DiskVoterNews.Opened(long record) ->
                Optional.of(NodeEvents.event("disk.opened", version, "voter", voter, "record", record));
            case DiskVoterNews.Failed(String why) ->
                Optional.of(NodeEvents.event("disk.failed", version, "voter", voter, "why", why));
        };
    }

    static Optional<NodeEvent> of(DiskBeatNews news, long version) {
        return switch (news) {
            case DiskBeatNews.PeerUp(String disk, Incarnation who) ->
                Optional.of(NodeEvents.event("disk.heard", version, "disk", disk, "peer", who));
            case DiskBeatNews.PeerDown(String disk, NodeId node, _, String reason, long silentNs) ->
                Optional.of(NodeEvents.event("disk.silent", version, "disk", disk, "node", node, "reason", reason,
                        "silent_ms", silentNs / TimeBudget.MS));
            case DiskBeatNews.PeerTold _ -> Optional.empty();
            case DiskBeatNews.OwnSlotLate(String disk, long lateNs, String why) ->
                Optional.of(NodeEvents.event("disk.late", version, "disk", disk, "late_ms", lateNs / TimeBudget.MS, "why", why));
            case DiskBeatNews.StorageLost(String disk, long lostNs, String why) ->
                Optional.of(NodeEvents.event("disk.lost", version, "disk", disk, "lost_ms", lostNs / TimeBudget.MS, "why", why));
            case DiskBeatNews.StorageBack(String disk, long afterNs) ->
                Optional.of(NodeEvents.event("disk.back", version, "disk", disk, "after_ms", afterNs / TimeBudget.MS));
            case DiskBeatNews.OwnSlotStolen(String disk, boolean another, String what) ->
                Optional.of(NodeEvents.event("disk.stolen", version, "disk", disk, "another", another, "what", what));
            case DiskBeatNews.BlockFaulty(String disk, NodeId node, SlotFault fault, long count) ->
                Optional.of(NodeEvents.event("disk.block", version, "disk", disk, "node", node, "fault",
                        fault.toString(), "count", count));
            case DiskBeatNews.RegionSlow(String disk, var operation, LatencyPicture latency) ->
                Optional.of(NodeEvents.event("disk.slow", version, "disk", disk, "operation",
                        operation.name().toLowerCase(Locale.ROOT), "latency", latency.toString()));
            case DiskBeatNews.RegionFast(String disk, var operation, LatencyPicture latency) ->
                Optional.of(NodeEvents.event("disk.fast", version, "disk", disk, "operation",
                        operation.name().toLowerCase(Locale.ROOT), "latency", latency.toString()));
            case DiskBeatNews.PoisonPill(String disk, long intent, Incarnation asker) ->
                Optional.of(NodeEvents.event("disk.pill", version, "disk", disk, "intent", intent, "asker", asker));
            case DiskBeatNews.PillTaken(String disk, Incarnation victim, long intent) ->
                Optional.of(NodeEvents.event("disk.pill-taken", version, "disk", disk, "who", victim, "intent", intent));
            case DiskBeatNews.LastWord _ -> Optional.empty();
        };
    }
}
