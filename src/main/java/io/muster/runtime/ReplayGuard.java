package io.muster.runtime;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;

/**
 * Finds datagrams that were caught and sent again, on one link. Each carries a number that its sender never uses twice in
 * a life; of each node the newest life and the last {@link #WINDOW} numbers are remembered, as a link may change the order
 * (RFC 4303 section 3.4.3). For one thread.
 *
 * <p>Relies on: the numbers are covered by the seal. What it cannot know is a life of which this process has heard nothing
 * yet: the first datagram of it, also an old one, passes.
 */
final class ReplayGuard {

    static final int WINDOW = 64;

    /** What is known of a number. */
    enum Verdict { FRESH, REPLAYED, FORMER_LIFE }

    private final long[] lives = new long[NodeId.LIMIT];
    private final long[] highest = new long[NodeId.LIMIT];
    /** Bit i: the number {@code highest - i} was seen. */
    private final long[] seen = new long[NodeId.LIMIT];

    Verdict judge(Incarnation from, long number) {
        int node = from.node().number();
        if (from.life() < lives[node]) {
            return Verdict.FORMER_LIFE;
        }
        if (from.life() > lives[node]) {
            lives[node] = from.life();
            highest[node] = number;
            seen[node] = 1;
            return Verdict.FRESH;
        }
        long ahead = number - highest[node];
        if (ahead > 0) {
            seen[node] = ahead >= WINDOW ? 1 : seen[node] << ahead | 1;
            highest[node] = number;
            return Verdict.FRESH;
        }
        if (ahead <= -WINDOW || (seen[node] >>> -ahead & 1) != 0) {
            return Verdict.REPLAYED;
        }
        seen[node] |= 1L << -ahead;
        return Verdict.FRESH;
    }
}
