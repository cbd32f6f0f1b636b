package io.muster.daemon;

import io.muster.node.Rehearsal;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Walks a few deaths through in memory once this node is a member, on a thread of low priority beside it, so that the
 * first real one finds everything loaded and compiled (000-16). The start itself is not held up by it.
 */
final class Rehearsing {

    private static final int DEATHS = 4;
    /** Other nodes of this machine may still be starting, as in the demo: they go first. */
    private static final long PAUSE_BEFORE_NS = 700_000_000L;

    private final AtomicBoolean begun = new AtomicBoolean();
    private volatile boolean done;

    /** Begins when it has not begun yet. Never blocks. */
    void begin() {
        if (begun.compareAndSet(false, true)) {
            Thread.ofPlatform().daemon().name("rehearsal").priority(Thread.MIN_PRIORITY).start(this::rehearse);
        }
    }

    boolean done() {
        return done;
    }

    private void rehearse() {
        LockSupport.parkNanos(PAUSE_BEFORE_NS);
        try {
            Rehearsal.run(DEATHS);
        } catch (RuntimeException e) {
            // It touches nothing of this node; a real death will only be a little slower.
            System.getLogger(Rehearsing.class.getName()).log(System.Logger.Level.WARNING, "the rehearsal failed", e);
        }
        done = true;
    }
}
