package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who is in, as agreed. {@code safe} says that everybody who left without a word has been made harmless (001-9).
 *
 * @param version the last version that changed members or safety
 */
public record View(long version, SortedMap<NodeId, Incarnation> members, boolean safe) {

    public View {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    }

    public NodeSet nodes() {
        return NodeSet.of(members.keySet());
    }

    public boolean has(Incarnation who) {
        return who.equals(members.get(who.node()));
    }
}
