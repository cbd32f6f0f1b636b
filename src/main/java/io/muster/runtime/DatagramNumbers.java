package io.muster.runtime;

import io.muster.base.Incarnation;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The numbers of one link's datagrams in this life, whichever socket it has: what goes out goes on above what went out before,
 * or the peers would drop it as caught and sent again; and what came in by the former address is known by the next one.
 */
final class DatagramNumbers {

    private final AtomicLong sent = new AtomicLong();
    private final ReplayGuard guard = new ReplayGuard();

    /** Never used twice. */
    long next() {
        return sent.incrementAndGet();
    }

    /** The sockets before and after a change of address are read by two threads for a moment. */
    synchronized ReplayGuard.Verdict judge(Incarnation from, long number) {
        return guard.judge(from, number);
    }
}
