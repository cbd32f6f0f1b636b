package io.muster.group;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the lowest member of a generation keeps beside its log to order the messages of all. Pure. It takes the messages
 * of a sender in the order of their numbers without a gap, gives out positions while at most
 * {@link GroupChannels#WINDOW} are unstable, and knows how far every member is.
 */
final class Ordering {

    /** A message that waits for its position. */
    record Waiting(Incarnation sender, long number, Bytes content) {}

    private final ChannelLog log;
    private final TreeMap<Incarnation, Long> received = new TreeMap<>();
    private final TreeMap<Incarnation, Long> accepted = new TreeMap<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    Ordering(Incarnation self, ChannelLog log) {
        this.log = log;
        log.members().values().stream().filter(who -> !who.equals(self)).forEach(who -> received.put(who, 0L));
    }

    /** Takes a message in, if it is the next of its sender and there is room; its sender tells it again otherwise. */
    void submit(Incarnation sender, long previous, long number, Bytes content) {
        boolean next = previous == accepted.getOrDefault(sender, 0L) && number > previous;
        if (next && waiting.size() < GroupChannels.WAITING_LIMIT && log.hasMember(sender)) {
            accepted.put(sender, number);
            waiting.add(new Waiting(sender, number, content));
        }
    }

    /** A member tells how far it is. What it cannot have is not believed. */
    void has(Incarnation who, long upTo) {
        if (upTo <= log.received() && received.getOrDefault(who, Long.MAX_VALUE) < upTo) {
            received.put(who, upTo);
        }
    }

    /** The next message to get a position, while the window is open; it is out of here then. */
    Optional<Waiting> next() {
        return log.received() - stable() < GroupChannels.WINDOW ? Optional.ofNullable(waiting.poll()) : Optional.empty();
    }

    /** All members have all positions up to here. */
    long stable() {
        long least = log.received();
        for (long upTo : received.values()) {
            least = Math.min(least, upTo);
        }
        return least;
    }

    long receivedBy(Incarnation who) {
        return received.getOrDefault(who, 0L);
    }

    /** Who does not have all that was ordered. */
    NodeSet missing() {
        NodeSet missing = NodeSet.NONE;
        for (var entry : received.entrySet()) {
            missing = entry.getValue() < log.received() ? missing.with(entry.getKey().node()) : missing;
        }
        return missing;
    }

    int waiting() {
        return waiting.size();
    }
}
