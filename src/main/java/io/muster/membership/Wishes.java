package io.muster.membership;

import io.muster.base.Hash64;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.VersionRange;
import io.muster.ledger.ClusterState;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the leader was asked for: lives that want in, lives that want out, lives that somebody wants out. A wish lives
 * as long as it is repeated; at most one of each kind for a node, so there are never more than nodes.
 */
final class Wishes {

    record Join(Incarnation who, HostProcess process, long since, long toldAt, VersionRange features) {}

    record Leave(Incarnation who, long toldAt) {}

    record Evict(Incarnation who, NodeId asker, String reason, long toldAt) {}

    private final long limitNs;
    private final SortedMap<NodeId, Join> joins = new TreeMap<>();
    private final SortedMap<NodeId, Leave> leaves = new TreeMap<>();
    private final SortedMap<NodeId, Evict> evicts = new TreeMap<>();

    /** @param limitNs a wish that was not repeated for this long is over */
    Wishes(long limitNs) {
        this.limitNs = limitNs;
    }

    void join(Incarnation who, HostProcess process, VersionRange features, long now) {
        Join known = joins.get(who.node());
        if (known == null || known.who().life() < who.life()) {
            joins.put(who.node(), new Join(who, process, now, now, features));
        } else if (known.who().equals(who)) {
            joins.put(who.node(), new Join(who, process, known.since(), now, features));
        }
    }

    void leave(Incarnation who, long now) {
        leaves.put(who.node(), new Leave(who, now));
    }

    void evict(Incarnation who, NodeId asker, String reason, long now) {
        evicts.put(who.node(), new Evict(who, asker, reason, now));
    }

    /** Forgets what came true, what was overtaken and what was not repeated. */
    void settle(ClusterState state, long now) {
        joins.values().removeIf(join -> state.isMember(join.who()) || state.isPast(join.who())
                || now - join.toldAt() > limitNs);
        leaves.values().removeIf(leave -> !state.isMember(leave.who()) || now - leave.toldAt() > limitNs);
        evicts.values().removeIf(evict -> !state.isMember(evict.who()) || now - evict.toldAt() > limitNs);
    }

    List<Join> joins() {
        return List.copyOf(joins.values());
    }

    List<Leave> leaves() {
        return List.copyOf(leaves.values());
    }

    /** The life of this node that wants in. */
    Optional<Join> join(NodeId node) {
        return Optional.ofNullable(joins.get(node));
    }

    Optional<Evict> evict(Incarnation who) {
        return Optional.ofNullable(evicts.get(who.node())).filter(evict -> evict.who().equals(who));
    }

    void digest(Hash64 into) {
        joins.values().forEach(join -> into.add(join.who().node().number()).add(join.who().life()).add(join.toldAt()));
        leaves.values().forEach(leave -> into.add(leave.who().node().number()).add(leave.toldAt()));
        evicts.values().forEach(evict -> into.add(evict.who().node().number()).add(evict.reason()).add(evict.toldAt()));
    }
}
