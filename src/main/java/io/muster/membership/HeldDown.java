package io.muster.membership;

import io.muster.base.Hash64;

/**
 * A small number that is seen at any time and published only once it has been the same for a while (rule V3): whatever
 * flickers quicker than that changes nothing, and what is published changes at most once in that while. Pure.
 */
final class HeldDown {

    private final long holdNs;
    private int published;
    private int seen;
    private long seenSince;

    /** Begins with a value that is published at once. */
    HeldDown(int first, long holdNs, long now) {
        this.holdNs = holdNs;
        this.published = first;
        this.seen = first;
        this.seenSince = now;
    }

    void see(int value, long now) {
        settle(now);
        if (value != seen) {
            seen = value;
            seenSince = now;
        }
    }

    int published(long now) {
        settle(now);
        return published;
    }

    void digest(Hash64 into) {
        into.add(published).add(seen).add(seenSince);
    }

    private void settle(long now) {
        if (seen != published && now - seenSince >= holdNs) {
            published = seen;
        }
    }
}
