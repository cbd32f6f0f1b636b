package io.muster.node;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.block.DiskHeader;
import io.muster.block.HeaderCopy;
import io.muster.heartbeat.DiskBeatInput;
import io.muster.heartbeat.DiskBeatNews;
import io.muster.heartbeat.DiskHeartbeat;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.heartbeat.Liveness;
import io.muster.heartbeat.LivenessInput;
import io.muster.heartbeat.LivenessNews;
import io.muster.heartbeat.Standing;
import io.muster.heartbeat.VerdictRule;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.DiskVoter;
import io.muster.ledger.DiskVoterInput;
import io.muster.ledger.DiskVoterNews;
import io.muster.ledger.LedgerMessage;
import io.muster.machine.Completion;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import io.muster.membership.MembershipMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;

/**
 * What a node does on its shared disks: the heartbeat on each, the votes of those that vote, and the registry that joins what
 * network and disks say of the others (003-4). Without a disk it hands on what the network says.
 *
 * <p>Its outboxes line the news up; this class is told them again by the node's router, which tells the layers above what
 * follows.
 */
final class SharedDisks {

    private final Incarnation self;
    private final SortedMap<String, DiskHeartbeat> beats = new TreeMap<>();
    private final SortedMap<NodeId, DiskVoter> voters = new TreeMap<>();
    private final SortedMap<NodeId, String> disks = new TreeMap<>();
    private final SortedMap<NodeId, Ballot> leading = new TreeMap<>();
    private final Liveness liveness = new Liveness(new VerdictRule.All());
    private final List<LivenessNews> verdicts = new ArrayList<>();
    private final Outbox<DiskBeatNews> fromBeats;
    private final BiFunction<NodeId, DiskVoter, Outbox<DiskVoterNews>> fromVoter;
    private DiskPayload carried = new DiskPayload(Optional.empty(), Optional.empty());
    private NodeSet reached = NodeSet.NONE;

    /** @param founding the founding state of the ledger that this node keeps to */
    SharedDisks(NodeConfig config, ClusterState founding, Outbox<DiskBeatNews> fromBeats,
            BiFunction<NodeId, DiskVoter, Outbox<DiskVoterNews>> fromVoter, long now) {
        this.self = config.self();
        this.fromBeats = fromBeats;
        this.fromVoter = fromVoter;
        int index = 0;
        for (var entry : config.disks().entrySet()) {
            String name = entry.getKey();
            NodeDisk use = entry.getValue();
            beats.put(name, new DiskHeartbeat(self, config.peers(), founding.cluster().ofLedger(founding.voting().ledger()), name,
                    index++, self.life(), use.times(), config.times().pauseNs(), now));
            liveness.step(new LivenessInput.Register(Liveness.DISK, name), now, heard);
            use.voter().ifPresent(id -> {
                disks.put(id, name);
                voters.put(id, new DiskVoter(self, id, name, founding, SharedDisks::acceptorId, use.times().limitNs(),
                        config.times().askNs(), now));
            });
        }
        verdicts.clear();
    }

    /** The disks that may vote, by configuration. */
    static NodeSet voters(NodeConfig config) {
        NodeSet voters = NodeSet.NONE;
        for (NodeDisk disk : config.disks().values()) {
            voters = disk.voter().map(voters::with).orElse(voters);
        }
        return voters;
    }

    /** What network and disks together say, now that the network has said this. */
    List<HeartbeatNews> network(HeartbeatNews news, long now) {
        if (beats.isEmpty()) {
            return List.of(news);
        }
        liveness.step(new LivenessInput.OfNetwork(news), now, heard);
        return taken();
    }

    /** Likewise for a disk. */
    List<HeartbeatNews> disk(DiskBeatNews news, long now) {
        liveness.step(new LivenessInput.OfDisk(news), now, heard);
        if (news instanceof DiskBeatNews.PeerDown(_, NodeId node, _, _, _)) {
            leading.remove(node);
        }
        return taken();
    }

    /** Somebody's slot, read: kept for who leads there. Empty for what makes no sense. */
    Optional<DiskPayload> told(Incarnation who, Bytes payload) {
        Optional<DiskPayload> told = DiskPayload.decode(payload);
        told.flatMap(DiskPayload::leading).ifPresentOrElse(
                ballot -> leading.put(who.node(), ballot), () -> leading.remove(who.node()));
        return told;
    }

    /** The network heartbeat's links, with the disks that this node reaches among those it hears both ways. */
    HeartbeatNews withDisks(HeartbeatNews.LinksChanged links) {
        return new HeartbeatNews.LinksChanged(links.heard(), links.twoWay().union(reachable()));
    }

    /** Leaders that are cut off from this node and say on a disk that they lead: it waits for them (rule L12). */
    NodeSet leadersCutOff() {
        NodeSet nodes = NodeSet.NONE;
        for (NodeId node : leading.keySet()) {
            nodes = liveness.standing(node) == Standing.CUT_OFF ? nodes.with(node) : nodes;
        }
        return nodes;
    }

    /** Whether the disks within reach are others than when this was asked last. */
    boolean reachChanged() {
        NodeSet before = reached;
        reached = reachable();
        return !before.equals(reached);
    }

    void ask(NodeId disk, LedgerMessage message, ClusterState newest, long now) {
        DiskVoter voter = voters.get(disk);
        if (voter != null) {
            voter.step(new DiskVoterInput.Known(newest), now, fromVoter.apply(disk, voter));
            voter.step(new DiskVoterInput.Asked(message), now, fromVoter.apply(disk, voter));
        }
    }

    void completed(Completion.OfDisk completion, long now) {
        if (DiskHeartbeat.owns(completion.ticket())) {
            int index = DiskHeartbeat.indexOf(completion.ticket());
            List<DiskHeartbeat> all = List.copyOf(beats.values());
            if (index < all.size()) {
                all.get(index).step(new DiskBeatInput.Done(completion), now, fromBeats);
            }
            return;
        }
        // Tickets tell the disks apart: the others know none of it.
        voters.forEach((id, voter) -> voter.step(new DiskVoterInput.Completed(completion), now, fromVoter.apply(id, voter)));
    }

    /** What is told in the own slots from now on. */
    void carry(Optional<Ballot> ballot, Optional<MembershipMessage.Row> row, long now) {
        DiskPayload next = new DiskPayload(ballot, row);
        if (!beats.isEmpty() && !next.equals(carried)) {
            carried = next;
            Bytes payload = next.encode();
            beats.values().forEach(beat -> beat.step(new DiskBeatInput.Carry(payload), now, fromBeats));
        }
    }

    /** Takes the pill: the last word of this life on that disk (rule B7). */
    void dieByPill(String region, long intent, long now) {
        beats.get(region).step(new DiskBeatInput.DeadByPill(intent), now, fromBeats);
    }

    void putPill(String region, Incarnation victim, long intent, long now) {
        beats.get(region).step(new DiskBeatInput.PutPill(victim, intent), now, fromBeats);
    }

    void removePill(String region, long intent, long now) {
        beats.get(region).step(new DiskBeatInput.RemovePill(intent), now, fromBeats);
    }

    void configured(NodeSet peers, long now) {
        beats.values().forEach(beat -> beat.step(new DiskBeatInput.Configured(peers), now, fromBeats));
    }

    void due(long now) {
        beats.values().stream().filter(beat -> beat.deadline() <= now).forEach(beat -> beat.due(now, fromBeats));
        voters.forEach((id, voter) -> {
            if (voter.deadline() <= now) {
                voter.due(now, fromVoter.apply(id, voter));
            }
        });
    }

    long deadline() {
        long next = Machine.NEVER;
        for (DiskHeartbeat beat : beats.values()) {
            next = Math.min(next, beat.deadline());
        }
        for (DiskVoter voter : voters.values()) {
            next = Math.min(next, voter.deadline());
        }
        return next;
    }

    void digest(Hash64 into) {
        if (!beats.isEmpty()) {
            beats.values().forEach(beat -> beat.digest(into));
            voters.values().forEach(voter -> voter.digest(into));
            liveness.digest(into);
            leading.keySet().forEach(node -> into.add(node.number()));
        }
    }

    Liveness liveness() {
        return liveness;
    }

    SortedMap<String, DiskHeartbeat> beats() {
        return beats;
    }

    private NodeSet reachable() {
        NodeSet reachable = NodeSet.NONE;
        for (var entry : disks.entrySet()) {
            boolean seen = beats.get(entry.getValue()).sees() && voters.get(entry.getKey()).recordId().isPresent();
            reachable = seen ? reachable.with(entry.getKey()) : reachable;
        }
        return reachable;
    }

    private List<HeartbeatNews> taken() {
        List<HeartbeatNews> told = new ArrayList<>();
        for (LivenessNews news : verdicts) {
            if (news instanceof LivenessNews.Verdict(HeartbeatNews verdict)) {
                told.add(verdict);
            }
        }
        verdicts.clear();
        return told;
    }

    private static OptionalLong acceptorId(Bytes block, ClusterId cluster) {
        return DiskHeader.decode(block.toArray()) instanceof HeaderCopy.Sound(DiskHeader header)
                && header.cluster().equals(cluster) ? OptionalLong.of(header.acceptorId()) : OptionalLong.empty();
    }
}
