package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.Optional;
import java.util.TreeMap;

/** Whom this node can reach both ways, in which lives it heard them, and what follows for who may lead (rule L11). */
final class Reach {

    private final Incarnation self;
    private NodeSet nodes;
    private final TreeMap<NodeId, Long> lives = new TreeMap<>();
    private NodeSet twoWay = NodeSet.NONE;
    /** The rank is asked for after every step: it is counted again when what it follows from has changed. */
    private Optional<ClusterState> ranked = Optional.empty();
    private int rank;

    /** @param nodes all configured nodes */
    Reach(Incarnation self, NodeSet nodes) {
        this.self = self;
        this.nodes = nodes;
    }

    NodeSet twoWay() {
        return twoWay;
    }

    /** @return who of those within reach is still configured: what {@link #changed} is to be told */
    NodeSet configured(NodeSet all) {
        nodes = all;
        return twoWay.intersect(all);
    }

    /** @return who is out of reach since */
    NodeSet changed(NodeSet peers) {
        NodeSet before = twoWay;
        twoWay = peers.intersect(nodes).without(self.node());
        ranked = Optional.empty();
        return before.minus(twoWay);
    }

    /** Whether a message of this life counts: of another configured node, and not older than a life heard already. */
    boolean hears(Incarnation from) {
        if (!nodes.contains(from.node()) || from.node().equals(self.node())) {
            return false;
        }
        long known = lives.getOrDefault(from.node(), 0L);
        if (from.life() > known) {
            lives.put(from.node(), from.life());
            ranked = Optional.empty();
        }
        return from.life() >= known;
    }

    /** Whether a later life of that node was heard. */
    boolean outlived(Incarnation who) {
        return lives.getOrDefault(who.node(), 0L) > who.life();
    }

    /** Whether this life may lead without more ado: it is a member, or nobody is. */
    boolean belongs(ClusterState state) {
        return state.isMember(self) || state.members().isEmpty();
    }

    /** Whether a life that is a member is within reach and was heard. */
    boolean hasMember(ClusterState state) {
        for (Member member : state.members().values()) {
            Incarnation who = member.who();
            if (twoWay.contains(who.node()) && lives.getOrDefault(who.node(), 0L) == who.life()) {
                return true;
            }
        }
        return false;
    }

    /** How many within reach have their turn to lead before this node: voters first, then by number. */
    int rank(ClusterState state) {
        if (ranked.isEmpty() || ranked.get() != state) {
            rank = countRank(state);
            ranked = Optional.of(state);
        }
        return rank;
    }

    private int countRank(ClusterState state) {
        NodeSet voters = state.electorate().acceptors();
        boolean selfVotes = voters.contains(self.node());
        int before = 0;
        for (NodeId node : twoWay.nodesOnly()) {
            boolean earlier = voters.contains(node) == selfVotes
                    ? node.compareTo(self.node()) < 0
                    : voters.contains(node);
            if (earlier && couldLead(node, state)) {
                before++;
            }
        }
        return before;
    }

    private boolean couldLead(NodeId node, ClusterState state) {
        Member member = state.members().get(node);
        return !belongs(state) || state.members().isEmpty() || member != null && !outlived(member.who());
    }
}
