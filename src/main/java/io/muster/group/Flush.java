package io.muster.group;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.Group;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the lowest member of a generation in STOP knows about what all members hold of older generations. Pure.
 *
 * <p>Why the newest log decides. A member opens the log of a generation when it applies LOCKS of it, so whoever has one
 * proves that all members of that generation were through its STOP: what there was of older logs is delivered
 * everywhere. Members with an older log, or none, hold nothing that anybody needs.
 */
final class Flush {

    private record Held(long log, long received) {}

    /** The union of what all hold, and whether all hold it; fields as in {@link ChannelMessage.Union}. */
    record Goal(long log, long position, NodeId holder, boolean held) {}

    private final long generation;
    private final SortedMap<NodeId, Incarnation> members;
    private final TreeMap<NodeId, Held> told = new TreeMap<>();
    private Optional<NodeId> holder = Optional.empty();

    Flush(Group group) {
        this.generation = group.generation();
        this.members = group.members();
    }

    long generation() {
        return generation;
    }

    /** @return false when this life has no part in it */
    boolean tell(Incarnation who, long log, long received) {
        if (!who.equals(members.get(who.node())) || log >= generation) {
            return false;
        }
        // What is held only grows; a word that was overtaken by a later one changes nothing.
        told.merge(who.node(), new Held(log, received), (one, other) ->
                other.log() == one.log() && other.received() < one.received() ? one : other);
        return true;
    }

    /** Empty until every member has told. */
    Optional<Goal> goal() {
        if (told.size() < members.size()) {
            return Optional.empty();
        }
        long log = told.values().stream().mapToLong(Held::log).max().orElse(0);
        long position = told.values().stream().filter(held -> held.log() == log).mapToLong(Held::received).max().orElse(0);
        boolean held = told.values().stream().allMatch(each -> each.log() < log || each.received() == position);
        if (holder.isEmpty()) {
            // The first one found stays the one that is asked.
            holder = told.entrySet().stream().filter(entry -> entry.getValue().equals(new Held(log, position)))
                    .map(Map.Entry::getKey).findFirst();
        }
        return Optional.of(new Goal(log, position, holder.orElseThrow(), held));
    }

    /** Members that have not told yet. */
    NodeSet silent() {
        NodeSet silent = NodeSet.of(members.keySet());
        for (NodeId node : told.keySet()) {
            silent = silent.without(node);
        }
        return silent;
    }
}
