package io.muster.group;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.Group;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The messages of one generation of a group, as one member has them. Pure. It takes them in the order of their
 * positions without a gap, gives them out in that order once, and keeps those that were received and not given out:
 * others may still need them, and nobody needs those that were given out, because every member had them by then.
 */
final class ChannelLog {

    /** One message at its place. */
    record Said(long position, Incarnation sender, long number, Bytes content) {}

    private final long generation;
    private final SortedMap<NodeId, Incarnation> members;
    private final ArrayDeque<Said> kept = new ArrayDeque<>();
    private final TreeMap<Incarnation, Long> lastNumbers = new TreeMap<>();
    private long received;
    private long delivered;

    ChannelLog(Group group) {
        this.generation = group.generation();
        this.members = group.members();
    }

    long generation() {
        return generation;
    }

    SortedMap<NodeId, Incarnation> members() {
        return members;
    }

    boolean hasMember(Incarnation who) {
        return who.equals(members.get(who.node()));
    }

    /** All positions up to here are here. */
    long received() {
        return received;
    }

    /** All positions up to here were given out. */
    long delivered() {
        return delivered;
    }

    /** The number of the last message of this sender that is here; 0 when there is none. */
    long lastOf(Incarnation sender) {
        return lastNumbers.getOrDefault(sender, 0L);
    }

    /** @return whether it was the next one and there was room; everything else is told again when its turn comes */
    boolean append(Said said) {
        if (said.position() != received + 1 || !hasMember(said.sender()) || kept.size() >= GroupChannels.KEPT_LIMIT) {
            return false;
        }
        kept.add(said);
        lastNumbers.put(said.sender(), said.number());
        received++;
        return true;
    }

    /** What is kept behind this position, in order; empty when something between is not kept any more. */
    List<Said> after(long position) {
        if (position < delivered) {
            return List.of();
        }
        List<Said> rest = new ArrayList<>();
        for (Said said : kept) {
            if (said.position() > position) {
                rest.add(said);
            }
        }
        return rest;
    }

    /** The next message up to this position, which counts as given out from here on. */
    Optional<Said> deliverNext(long upTo) {
        if (delivered >= Math.min(upTo, received)) {
            return Optional.empty();
        }
        delivered++;
        return Optional.of(kept.removeFirst());
    }
}
