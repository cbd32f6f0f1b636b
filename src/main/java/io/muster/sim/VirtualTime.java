package io.muster.sim;

import io.muster.base.Invariant;
import java.util.PriorityQueue;

/**
 * True time of a simulated world, in nanoseconds from 0, and all that is still to happen. What happens at one moment
 * happens in the order in which it was planned, so a run is a function of its seed.
 */
final class VirtualTime {

    private record Planned(long at, long sequence, Runnable what) implements Comparable<Planned> {

        @Override
        public int compareTo(Planned other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }
    }

    /** Things that happen at one moment; more is a node that never rests. */
    private static final int MOMENT_LIMIT = 100_000;

    private final PriorityQueue<Planned> queue = new PriorityQueue<>();
    private long now;
    private long sequence;
    private long happened;
    private long momentFirst;

    long now() {
        return now;
    }

    /** How many things have happened so far. */
    long happened() {
        return happened;
    }

    /** Plans something for a moment that is not past. */
    void at(long time, Runnable what) {
        Invariant.holds(time >= now, "planned for %d ns, and it is %d ns", time, now);
        queue.add(new Planned(time, sequence++, what));
    }

    void after(long delayNs, Runnable what) {
        at(now + delayNs, what);
    }

    /**
     * Lets the next thing happen when it is due at or before {@code limit}; otherwise time moves to {@code limit}.
     *
     * @return whether something happened
     */
    boolean step(long limit) {
        Planned next = queue.peek();
        if (next == null || next.at() > limit) {
            now = Math.max(now, limit);
            return false;
        }
        queue.poll();
        if (next.at() != now) {
            momentFirst = happened;
        } else if (happened - momentFirst > MOMENT_LIMIT) {
            throw new IllegalStateException("%d things happened at %d ns: somebody never rests".formatted(MOMENT_LIMIT, now));
        }
        now = next.at();
        happened++;
        next.what().run();
        return true;
    }
}
