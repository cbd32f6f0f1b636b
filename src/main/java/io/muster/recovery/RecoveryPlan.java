package io.muster.recovery;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import java.util.Collections;
import java.util.List;
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

    /**
     * The plan of a group's generation as it stands at STOP. It follows from the agreed state alone, so that every
     * survivor has the same; the departed are dealt out to the survivors in ascending order.
     */
    public static RecoveryPlan of(Group group) {
        List<NodeId> survivors = List.copyOf(group.members().keySet());
        TreeMap<Incarnation, NodeId> replayer = new TreeMap<>();
        if (!survivors.isEmpty()) {
            for (Incarnation departed : group.departed()) {
                replayer.put(departed, survivors.get(replayer.size() % survivors.size()));
            }
        }
        return new RecoveryPlan(group.name(), group.generation(), group.members(), group.departed(), replayer);
    }
}
