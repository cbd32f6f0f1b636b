package io.muster.heartbeat;

import io.muster.base.Hash64;
import java.util.Arrays;

/**
 * How long the last {@link #WINDOW} requests of one kind to one disk took, and whether that comes near their limit (rule B6).
 * Plain data: microseconds in a ring.
 *
 * <p>Slow begins when {@link #SLOW_LEAST} of them took half of the limit or longer, which with this window is more than one in
 * a hundred; it ends when of the last {@link #CALM} fewer than that took a quarter of it.
 */
final class Latencies {

    static final int WINDOW = 256;
    static final int SLOW_LEAST = 3;
    static final int CALM = 64;

    private final int limitUs;
    private final int[] ring = new int[WINDOW];
    private long total;
    private long since;
    private boolean slow;

    Latencies(long limitNs) {
        limitUs = microseconds(limitNs);
    }

    /** @return true when it begins or ends to be slow by this one */
    boolean took(long ns) {
        ring[(int) (total++ % WINDOW)] = microseconds(ns);
        boolean before = slow;
        slow = slow
                ? total - since < CALM || among(CALM, limitUs / 4) >= SLOW_LEAST
                : among(WINDOW, limitUs / 2) >= SLOW_LEAST;
        if (slow != before) {
            // What made it slow before is not held against it again.
            since = total;
        }
        return slow != before;
    }

    boolean slow() {
        return slow;
    }

    LatencyPicture picture() {
        int count = (int) Math.min(total, WINDOW);
        if (count == 0) {
            return new LatencyPicture(0, 0, 0, 0, limitUs, slow);
        }
        int[] sorted = Arrays.copyOf(ring, count);
        Arrays.sort(sorted);
        return new LatencyPicture(total, at(sorted, 50), at(sorted, 99), sorted[count - 1], limitUs, slow);
    }

    void digest(Hash64 into) {
        into.add(total).add(since).add(slow ? 1 : 0);
    }

    private int among(int last, int leastUs) {
        int found = 0;
        for (long i = Math.max(slow ? 0 : since, total - last); i < total; i++) {
            found += ring[(int) (i % WINDOW)] >= leastUs ? 1 : 0;
        }
        return found;
    }

    /** The smallest value that so many of a hundred do not exceed. */
    private static int at(int[] sorted, int percent) {
        return sorted[(sorted.length * percent + 99) / 100 - 1];
    }

    private static int microseconds(long ns) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(0, ns / 1_000));
    }
}
