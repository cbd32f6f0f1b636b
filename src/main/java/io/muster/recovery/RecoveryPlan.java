package io.muster.recovery;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.GroupName;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One change of a group to recover from, the same on every survivor.
 *
 * @param survivors the members of this generation
 * @param departed  lives to recover from
 * @param replayer  of each departed life: the one node that replays what it left (rule R11)
 */
public record RecoveryPlan(
        GroupName group,
        long generation,
        SortedMap<NodeId, Incarnation> survivors,
        SortedSet<Incarnation> departed,
        SortedMap<Incarnation, NodeId> replayer) {

    public RecoveryPlan {
        survivors = Collections.unmodifiableSortedMap(new TreeMap<>(survivors));
        departed = Collections.unmodifiableSortedSet(new TreeSet<>(departed));
        replayer = Collections.unmodifiableSortedMap(new TreeMap<>(replayer));
    }
}
