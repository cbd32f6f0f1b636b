package io.muster.membership;

import io.muster.base.Hash64;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.heartbeat.Recorded;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Digest;
import io.muster.ledger.Draft;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.membership.MembershipInput.Agreed;
import io.muster.membership.MembershipInput.Arrived;
import io.muster.membership.MembershipInput.Heard;
import io.muster.membership.MembershipNews.ActUntil;
import io.muster.membership.MembershipNews.SelfOut;
import io.muster.membership.MembershipNews.ViewFormed;
import io.muster.membership.MembershipNews.ViewInstalled;
import io.muster.ledger.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Membership machines of a whole cluster over a toy of the layers below: a heartbeat that follows a matrix of one-way
 * links after the silence limit, streams that stand where both ways do, and a ledger whose leader is the lowest (or
 * highest) running node with a quorum around it and whose versions are chosen at once.
 */
final class ToyCluster {

    static final TimeBudget LAN = TimeBudget.lan();
    private static final long TICK_NS = 25 * TimeBudget.MS;

    final TreeMap<NodeId, Membership> machines = new TreeMap<>();
    final TreeMap<NodeId, View> views = new TreeMap<>();
    final TreeMap<NodeId, Long> actUntil = new TreeMap<>();
    final Hash64 trace = new Hash64();
    ClusterState state;
    long now;
    /** Versions that put somebody out. */
    int viewChanges;

    /** Pairs that some proposal lacked a link between. */
    final List<String> lacking = new ArrayList<>();

    private final boolean highestLeads;
    private final TreeMap<NodeId, ClusterState> applied = new TreeMap<>();
    private final TreeMap<NodeId, NodeSet> heard = new TreeMap<>();
    private final TreeMap<NodeId, NodeSet> told = new TreeMap<>();
    private final boolean[][] link;
    private final long[][] cutAt;
    private Optional<NodeId> leader = Optional.empty();
    private Ballot ballot = new Ballot(1, Incarnation.of(1, 1));

    /** @param highestLeads who is elected of those who can lead: the highest, or the lowest */
    ToyCluster(int count, boolean highestLeads) {
        this.highestLeads = highestLeads;
        this.state = Bench.founded(count);
        this.link = new boolean[count + 1][count + 1];
        this.cutAt = new long[count + 1][count + 1];
        for (NodeId node : Bench.nodes(count)) {
            machines.put(node, new Membership(
                    Incarnation.of(node.number(), 1), HostProcess.UNKNOWN, Bench.nodes(count), LAN, 0));
            applied.put(node, state);
            heard.put(node, NodeSet.NONE);
            told.put(node, NodeSet.NONE);
            java.util.Arrays.fill(link[node.number()], true);
            java.util.Arrays.fill(cutAt[node.number()], Long.MIN_VALUE / 2);
        }
    }

    /** Whether datagrams get through from one node to another. */
    void link(int from, int to, boolean up) {
        if (link[from][to] && !up) {
            cutAt[from][to] = now;
        }
        link[from][to] = up;
    }

    /** What a node sees of its own links. */
    void linksUp(NodeId node, int count) {
        tell(node, new MembershipInput.LinksUp(count));
    }

    boolean bothWays(NodeId one, NodeId other) {
        return link[one.number()][other.number()] && link[other.number()][one.number()];
    }

    void runFor(long spanNs) {
        for (long end = now + spanNs; now < end; now += TICK_NS) {
            for (NodeId node : NodeSet.of(machines.keySet())) {
                hear(node);
            }
            elect();
            leader.ifPresent(this::lead);
            for (NodeId node : NodeSet.of(machines.keySet())) {
                Membership machine = machines.get(node);
                if (machine != null && machine.deadline() <= now) {
                    Recorded<MembershipNews> out = new Recorded<>();
                    machine.due(now, out);
                    deliver(node, out);
                }
            }
        }
    }

    private void hear(NodeId self) {
        NodeSet hears = NodeSet.NONE;
        for (NodeId peer : machines.keySet()) {
            boolean fresh = link[peer.number()][self.number()]
                    || now - cutAt[peer.number()][self.number()] < LAN.silenceNs();
            if (!peer.equals(self) && fresh) {
                hears = hears.with(peer);
            }
        }
        for (NodeId peer : hears.minus(heard.get(self))) {
            tell(self, new Heard(new HeartbeatNews.PeerHeard(Incarnation.of(peer.number(), 1))));
        }
        for (NodeId peer : heard.get(self).minus(hears)) {
            tell(self, new Heard(new HeartbeatNews.PeerLost(Incarnation.of(peer.number(), 1), "silent", 1)));
        }
        heard.put(self, hears);
        NodeSet twoWay = NodeSet.NONE;
        for (NodeId peer : hears) {
            if (heard.get(peer).contains(self)) {
                twoWay = twoWay.with(peer);
            }
        }
        if (!twoWay.equals(told.put(self, twoWay))) {
            tell(self, new Heard(new HeartbeatNews.LinksChanged(hears, twoWay)));
        }
    }

    private void elect() {
        if (leader.isPresent() && machines.containsKey(leader.get()) && hasQuorum(leader.get())) {
            return;
        }
        leader.ifPresent(old -> tell(old, new Agreed(new LedgerNews.NotLeading("no quorum"))));
        leader = Optional.empty();
        for (NodeId node : highestLeads ? machines.descendingKeySet() : machines.navigableKeySet()) {
            if (hasQuorum(node)) {
                leader = Optional.of(node);
                ballot = new Ballot(ballot.round() + 1, Incarnation.of(node.number(), 1));
                catchUp(node);
                if (!machines.containsKey(node)) {
                    leader = Optional.empty();
                    return; // it learned just now that it is out
                }
                tell(node, new Agreed(new LedgerNews.Leading(ballot)));
                return;
            }
        }
    }

    private void lead(NodeId node) {
        tell(node, new Agreed(new LedgerNews.Proven(ballot, now)));
        for (NodeId peer : around(node)) {
            tell(peer, new Agreed(new LedgerNews.Following(ballot)));
            catchUp(peer);
        }
        Draft draft = state.draft(ballot);
        machines.get(node).wants(draft, now);
        if (!draft.isEmpty()) {
            machines.get(node).drafted(draft);
            state = draft.whole(Digest.NONE);
            viewChanges += state.events().stream().anyMatch(event -> event instanceof LedgerEvent.MemberEvicted
                    || event instanceof LedgerEvent.MemberDropped) ? 1 : 0;
            lacking.addAll(machines.get(node).proposal().map(ViewProposal::lacking).filter(text -> !text.isEmpty())
                    .stream().toList());
            trace.add(state.version()).add(state.events().toString()).add(now);
            catchUp(node);
            around(node).forEach(this::catchUp);
        }
    }

    private void catchUp(NodeId node) {
        ClusterState before = applied.get(node);
        if (machines.containsKey(node) && before.version() < state.version()) {
            boolean compacted = before.version() + 1 < state.version();
            applied.put(node, state);
            tell(node, new Agreed(new LedgerNews.Applied(before, state, state.events(), compacted)));
        }
    }

    private boolean hasQuorum(NodeId node) {
        return state.electorate().isQuorum(around(node).with(node));
    }

    private NodeSet around(NodeId node) {
        NodeSet around = NodeSet.NONE;
        for (NodeId peer : machines.keySet()) {
            if (!peer.equals(node) && bothWays(peer, node)) {
                around = around.with(peer);
            }
        }
        return around;
    }

    private void tell(NodeId node, MembershipInput input) {
        Membership machine = machines.get(node);
        if (machine != null) {
            Recorded<MembershipNews> out = new Recorded<>();
            machine.step(input, now, out);
            deliver(node, out);
        }
    }

    private void deliver(NodeId from, Recorded<MembershipNews> out) {
        for (MembershipNews news : out.takeNews()) {
            trace.add(from.number()).add(news.toString());
            switch (news) {
                case ViewFormed(View view) -> views.put(from, view);
                case ViewInstalled(View view) -> views.put(from, view);
                case ActUntil(long until) -> actUntil.put(from, until);
                case SelfOut _ -> machines.remove(from);
                case MembershipNews.NodeDead _, MembershipNews.NodeJoined _, MembershipNews.NodeLeft _,
                        MembershipNews.RowTold _ -> { }
            }
        }
        for (Recorded.Sent sent : out.takeSent()) {
            if (bothWays(from, sent.to())) {
                tell(sent.to(), new Arrived(Incarnation.of(from.number(), 1), (MembershipMessage) sent.message()));
            }
        }
    }
}
