package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A named set of lives that share something, and how far their recovery is.
 *
 * @param generation grows with every change of members; messages of an older one mean nothing
 * @param members    by node
 * @param departed   lives that left without a word and are not yet recovered from: the union over abandoned
 *                   generations until RESUME of a later one is agreed (rule R3)
 */
public record Group(
        GroupName name,
        long generation,
        Phase phase,
        SortedMap<NodeId, Incarnation> members,
        SortedSet<Incarnation> departed) {

    public Group {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        departed = Collections.unmodifiableSortedSet(new TreeSet<>(departed));
    }

    public boolean has(Incarnation who) {
        return who.equals(members.get(who.node()));
    }

    public NodeSet nodes() {
        return NodeSet.of(members.keySet());
    }
}
