package io.muster.group;

import io.muster.base.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The messages that this node has for one group and does not know the fate of, oldest first. Pure. A message is given
 * to one generation only; what becomes of it there is told, and sending it again is a message anew.
 */
final class Outgoing {

    /** @param generation it was given to; 0 while it waits for the group to run */
    record Pending(long ticket, long number, Bytes content, long since, long generation) {}

    private final ArrayDeque<Pending> pending = new ArrayDeque<>();

    boolean isFull() {
        return pending.size() >= GroupChannels.PENDING_LIMIT;
    }

    boolean isEmpty() {
        return pending.isEmpty();
    }

    int size() {
        return pending.size();
    }

    /** Since when the oldest waits. */
    long since() {
        return pending.getFirst().since();
    }

    void add(long ticket, long number, Bytes content, long now) {
        pending.add(new Pending(ticket, number, content, now, 0));
    }

    /** All that waits belongs to this generation from here on. */
    void giveTo(long generation) {
        for (int left = pending.size(); left > 0; left--) {
            Pending one = pending.removeFirst();
            pending.addLast(one.generation() != 0 ? one
                    : new Pending(one.ticket(), one.number(), one.content(), one.since(), generation));
        }
    }

    /** What was given to this generation, each with the number of the one before it there; 0 for the first. */
    List<Pending> givenTo(long generation) {
        return pending.stream().filter(one -> one.generation() == generation).toList();
    }

    /** This node delivered its own message: it is not pending any more. */
    List<Pending> settle(long number) {
        return takeOut(pending.stream().filter(one -> one.number() == number).toList());
    }

    /** Nothing more is delivered of this generation or an older one. */
    List<Pending> closed(long generation) {
        return takeOut(pending.stream()
                .filter(one -> one.generation() != 0 && one.generation() <= generation).toList());
    }

    List<Pending> all() {
        return takeOut(new ArrayList<>(pending));
    }

    private List<Pending> takeOut(List<Pending> out) {
        pending.removeAll(out);
        return out;
    }
}
