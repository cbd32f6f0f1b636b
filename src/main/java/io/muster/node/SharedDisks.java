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
import io.muster.membership.DiskReach;
import io.muster.membership.MembershipMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What a node does on its shared disks: the heartbeat on each, the votes of those that vote, and the registry that joins what
 * network and disks say of the others (003-4). Without a disk it hands on what the network says.
 *
 * <p>Its outboxes line the news up; this class is told them again by the node's router, which tells the layers above what
 * follows.
 */
final class SharedDisks {

    private final Incarnation self;
    private NodeSet nodes;
    private final SortedMap<String, DiskHeartbeat> beats = new TreeMap<>();
    private final SortedMap<NodeId, DiskVoter> voters = new TreeMap<>();
    private final SortedMap<NodeId, String> disks = new TreeMap<>();
    private final SortedMap<NodeId, Ballot> leading = new TreeMap<>();
    private final Liveness liveness = new Liveness(new VerdictRule.All());
    private final List<LivenessNews> verdicts = new ArrayList<>();
    /** By disk, who is seen there. */
    private final SortedMap<String, NodeSet> seen = new TreeMap<>();
    private final Outbox<DiskBeatNews> fromBeats;
    private final Function<NodeId, Outbox<DiskVoterNews>> fromVoter;
    private final Outbox<LivenessNews> heard = new NewsOnly<>(verdicts);
    private DiskPayload carried = new DiskPayload(Optional.empty(), Optional.empty());
    private Optional<MembershipMessage.Row> row = Optional.empty();
    private HeartbeatNews.LinksChanged links = new HeartbeatNews.LinksChanged(NodeSet.NONE, NodeSet.NONE);
    private DiskSight told = DiskSight.NONE;

    /** @param founding the founding state of the ledger that this node keeps to */
    SharedDisks(NodeConfig config, ClusterState founding, Outbox<DiskBeatNews> fromBeats,
            Function<NodeId, Outbox<DiskVoterNews>> fromVoter, long now) {
        this.self = config.self();
        this.nodes = config.peers();
        this.fromBeats = fromBeats;
        this.fromVoter = fromVoter;
        ClusterId ledgerId = founding.cluster().ofLedger(founding.voting().ledger());
        int index = 0;
        for (var entry : config.disks().entrySet()) {
            String name = entry.getKey();
            NodeDisk use = entry.getValue();
            beats.put(name, new DiskHeartbeat(self, config.peers(), ledgerId, name,
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

    /** What network and disks together say, now that the network has said this; links are told by {@link #sight}. */
    List<LivenessNews> network(HeartbeatNews news, long now) {
        if (beats.isEmpty()) {
            return List.of(new LivenessNews.Verdict(news));
        }
        liveness.step(new LivenessInput.OfNetwork(news), now, heard);
        return taken();
    }

    /** Likewise for a disk. */
    List<LivenessNews> disk(DiskBeatNews news, long now) {
        NodeSet here = seen.getOrDefault(news.region(), NodeSet.NONE);
        switch (news) {
            case DiskBeatNews.PeerUp(String region, Incarnation who) -> seen.put(region, here.with(who.node()));
            case DiskBeatNews.PeerDown(String region, NodeId node, _, _, _) -> {
                seen.put(region, here.without(node));
                if (seen.values().stream().noneMatch(nodes -> nodes.contains(node))) {
                    leading.remove(node);
                }
            }
            default -> { /* of the disk itself, or for the layers above */ }
        }
        liveness.step(new LivenessInput.OfDisk(news), now, heard);
        return taken();
    }

    /** Somebody's slot, read: kept for who leads there. Empty for what makes no sense. */
    Optional<DiskPayload> told(Incarnation who, Bytes payload) {
        Optional<DiskPayload> read = DiskPayload.decode(payload);
        read.flatMap(DiskPayload::leading).filter(ballot -> ballot.leader().equals(who)).ifPresentOrElse(
                ballot -> leading.put(who.node(), ballot), () -> leading.remove(who.node()));
        return read;
    }

    /** The ballot in which this life leads, as it says in its slot. */
    Optional<Ballot> leads(Incarnation who) {
        return Optional.ofNullable(leading.get(who.node())).filter(ballot -> ballot.leader().equals(who));
    }

    /** A voting disk as the ledger hears it: it has no lives. */
    static Incarnation voice(NodeId disk) {
        return new Incarnation(disk, 1);
    }

    /** Nodes out of two-way reach that say on a disk that they lead; as of the last {@link #sight}. */
    NodeSet leadersAway() {
        return told.leadersAway();
    }

    /** What this node sees of the others and of its disks, when it is not what was told last; never without a disk. */
    Optional<DiskSight> sight() {
        if (beats.isEmpty()) {
            return Optional.empty();
        }
        DiskSight now = look();
        if (now.equals(told)) {
            return Optional.empty();
        }
        told = now;
        return Optional.of(now);
    }

    private DiskSight look() {
        NodeSet cutOff = NodeSet.NONE;
        NodeSet leaders = NodeSet.NONE;
        TreeMap<NodeId, NodeSet> reach = new TreeMap<>();
        for (NodeId node : nodes) {
            cutOff = liveness.standing(node) == Standing.CUT_OFF ? cutOff.with(node) : cutOff;
            leaders = leading.containsKey(node) && !links.twoWay().contains(node) ? leaders.with(node) : leaders;
            for (var entry : disks.entrySet()) {
                if (seen.getOrDefault(entry.getValue(), NodeSet.NONE).contains(node)) {
                    reach.merge(node, NodeSet.of(entry.getKey()), NodeSet::union);
                }
            }
        }
        NodeSet own = reachable();
        reach.put(self.node(), own);
        return new DiskSight(new HeartbeatNews.LinksChanged(links.heard(), links.twoWay().union(own)), leaders,
                new DiskReach(cutOff, reach));
    }

    void ask(NodeId disk, LedgerMessage message, ClusterState newest, long now) {
        DiskVoter voter = voters.get(disk);
        if (voter != null) {
            voter.step(new DiskVoterInput.Known(newest), now, fromVoter.apply(disk));
            voter.step(new DiskVoterInput.Asked(message), now, fromVoter.apply(disk));
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
        voters.forEach((id, voter) -> voter.step(new DiskVoterInput.Completed(completion), now, fromVoter.apply(id)));
    }

    /** Whom this node hears, for its slots. */
    void row(MembershipMessage.Row told) {
        row = Optional.of(told);
    }

    /** What is told in the own slots from now on, with the newest row. */
    void carry(Optional<Ballot> ballot, long now) {
        if (beats.isEmpty()) {
            return;
        }
        DiskPayload next = new DiskPayload(ballot, row);
        if (!next.equals(carried)) {
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

    /** A planned end: nobody needs to wait for this node's silence. */
    void signOff(long now) {
        beats.values().forEach(beat -> beat.step(new DiskBeatInput.SignOff(), now, fromBeats));
    }

    void configured(NodeSet peers, long now) {
        nodes = peers;
        beats.values().forEach(beat -> beat.step(new DiskBeatInput.Configured(peers), now, fromBeats));
    }

    void due(long now) {
        beats.values().stream().filter(beat -> beat.deadline() <= now).forEach(beat -> beat.due(now, fromBeats));
        voters.forEach((id, voter) -> {
            if (voter.deadline() <= now) {
                voter.due(now, fromVoter.apply(id));
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
            seen.values().forEach(here -> into.add(here.bits()));
        }
    }

    Incarnation self() {
        return self;
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

    private List<LivenessNews> taken() {
        List<LivenessNews> all = new ArrayList<>();
        for (LivenessNews news : verdicts) {
            if (news instanceof LivenessNews.Verdict(HeartbeatNews.LinksChanged changed)) {
                links = changed;
            } else {
                all.add(news);
            }
        }
        verdicts.clear();
        return all;
    }

    private static OptionalLong acceptorId(Bytes block, ClusterId cluster) {
        return DiskHeader.decode(block.toArray()) instanceof HeaderCopy.Sound(DiskHeader header)
                && header.cluster().equals(cluster) ? OptionalLong.of(header.acceptorId()) : OptionalLong.empty();
    }
}
