package io.muster.heartbeat;

import io.muster.base.Hash64;

/**
 * Whether this node itself reaches one disk: counted from when the last request was <em>sent</em> that got through, so that the
 * answer says something of all the time since (rule B3). Pure.
 */
final class StorageReach {

    private final long lateNs;
    private long wroteAt;
    private long lookedAt;
    private long badSince;
    private boolean slotLate;
    private boolean lost;

    StorageReach(long lateNs, long now) {
        this.lateNs = lateNs;
        wroteAt = now;
        lookedAt = now;
    }

    /** A write of the own slot got through in time. */
    void wrote(long sentAt) {
        wroteAt = Math.max(wroteAt, sentAt);
    }

    /** All slots were read in time. @return true when more than {@code late} lies between this look and the last */
    boolean looked(long sentAt, long now) {
        boolean gap = now - lookedAt > lateNs;
        lookedAt = Math.max(lookedAt, sentAt);
        return gap;
    }

    /** @return true when the own slot has become late by now */
    boolean slotBecomesLate(long now) {
        boolean begins = !slotLate && now - wroteAt > lateNs;
        if (begins) {
            badSince = lost ? badSince : wroteAt;
            slotLate = true;
        }
        return begins;
    }

    /** @return true when the disk has become out of reach of reads by now */
    boolean becomesLost(long now) {
        boolean begins = !lost && now - lookedAt > lateNs;
        if (begins) {
            badSince = slotLate ? badSince : lookedAt;
            lost = true;
        }
        return begins;
    }

    /** @return true when all is in time again, which was not so before */
    boolean comesBack(long now) {
        boolean back = !sees() && now - wroteAt <= lateNs && now - lookedAt <= lateNs;
        if (back) {
            slotLate = false;
            lost = false;
        }
        return back;
    }

    /** While it does not, what it shows of others means nothing: what stands still for us may stand still for all. */
    boolean sees() {
        return !slotLate && !lost;
    }

    long slotLateNs(long now) {
        return now - wroteAt;
    }

    long lostNs(long now) {
        return now - lookedAt;
    }

    /** After {@link #comesBack}: how long it was not so. */
    long awayNs(long now) {
        return now - badSince;
    }

    /** When one of them becomes late. */
    long checkAt() {
        long at = Long.MAX_VALUE;
        if (!slotLate) {
            at = wroteAt + lateNs + 1;
        }
        return lost ? at : Math.min(at, lookedAt + lateNs + 1);
    }

    void digest(Hash64 into) {
        into.add(wroteAt).add(lookedAt).add((slotLate ? 1 : 0) + (lost ? 2 : 0));
    }
}
