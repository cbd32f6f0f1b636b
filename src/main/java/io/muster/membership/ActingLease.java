package io.muster.membership;

import io.muster.base.Hash64;
import io.muster.base.TimeBudget;
import java.util.Arrays;

/**
 * Until when this node may act, by its own clock only (rules A1 to A6). Pure: nothing is sent here.
 *
 * <p>A member asks the leader with the stamp {@code s} of its own clock; the answer echoes it with the age of the
 * leader's proof: {@code actUntil = s - age * (1 + rho) + L}. However long the answer was under way, the lease ends
 * when it would have ended without the delay. An answer without a stamp that is outstanding renews nothing: not one
 * for a former life of this node (its clock was another), not one from before a pause (rule A6). The leader's own
 * lease follows its own proofs by the same rule (A5).
 */
final class ActingLease {

    /** So many asks are remembered; an answer to an older one would hardly renew anything. */
    static final int OUTSTANDING_LIMIT = 16;

    private static final long NO_STAMP = Long.MIN_VALUE;
    private static final long MILLION = 1_000_000;

    private final long leaseNs;
    private final long clockErrorPpm;
    private final long[] stamps = new long[OUTSTANDING_LIMIT];
    private int nextStamp;
    private long freshFrom;
    private long until;
    private boolean ended;

    /** Begins shut: a boot is like a pause. */
    ActingLease(TimeBudget times, long now) {
        this.leaseNs = times.leaseNs();
        this.clockErrorPpm = times.clockErrorPpm();
        this.freshFrom = now;
        this.until = now;
        Arrays.fill(stamps, NO_STAMP);
    }

    /** @return the stamp to ask with */
    long ask(long now) {
        stamps[nextStamp] = now;
        nextStamp = (nextStamp + 1) % OUTSTANDING_LIMIT;
        return now;
    }

    /**
     * The leader answered.
     *
     * @param ageNs       of the leader's proof when it answered
     * @param version     the leader's version then
     * @param memberSince the version that made this life a member: an answer of an older one is for somebody else
     */
    void answered(long stamp, long ageNs, long version, long memberSince, long now) {
        if (outstanding(stamp) && stamp <= now && ageNs >= 0 && ageNs <= leaseNs && version >= memberSince) {
            renew(stamp, ageNs + driftNs(ageNs), now);
        }
    }

    /** A quorum answered the own beat that was sent at this moment: the leader's own round trip. */
    void proven(long sentAt, long now) {
        if (sentAt <= now) {
            renew(sentAt, 0, now);
        }
    }

    /** This node was away: nothing counts but what is asked from here on. */
    void paused(long now) {
        shut(now);
        freshFrom = now;
        Arrays.fill(stamps, NO_STAMP);
    }

    /** This node is out, or on its way out: nothing opens the gate again in this life. */
    void end(long now) {
        shut(now);
        ended = true;
    }

    /** The moment from which on this node may not act. */
    long until() {
        return until;
    }

    void digest(Hash64 into) {
        into.add(until).add(freshFrom).add(nextStamp).add(ended ? 1 : 0);
        for (long stamp : stamps) {
            into.add(stamp);
        }
    }

    private void renew(long sentAt, long ageNs, long now) {
        if (!ended && sentAt >= freshFrom && sentAt <= now) {
            until = Math.max(until, sentAt - ageNs + leaseNs);
        }
    }

    private void shut(long now) {
        until = Math.min(until, now);
    }

    private boolean outstanding(long stamp) {
        for (long asked : stamps) {
            if (asked == stamp && stamp != NO_STAMP) {
                return true;
            }
        }
        return false;
    }

    /** What the leader's clock may have run slow in this time; rounded up. */
    private long driftNs(long ageNs) {
        return ageNs / MILLION * clockErrorPpm + (ageNs % MILLION * clockErrorPpm + MILLION - 1) / MILLION;
    }
}
