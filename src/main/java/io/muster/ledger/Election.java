package io.muster.ledger;

import io.muster.base.Hash64;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;

/**
 * When this node may try to lead (rule L12 a and c): after silence, and a delay that lets the lowest node go first.
 * Whether it may at all is the caller's to say.
 *
 * <p>Quick when the leader is known to be gone, patient when nothing is known, and more patient with every attempt that
 * brought no leader, so that two candidates do not overtake each other for ever.
 */
final class Election {

    /** Between the turns of two candidates: an unhindered election of one is through, or seen, in that time. */
    static final long STAGGER_NS = 25 * TimeBudget.MS;
    /** The random part of a first attempt; doubles with every attempt that fails. */
    static final long JITTER_NS = 2 * TimeBudget.MS;
    /** Beats that a candidate gets to become a leader, and a leader to be heard by somebody who has just come. */
    static final int PATIENCE_BEATS = 3;
    /** Patience and jitter double this many times at most. */
    static final int DOUBLINGS_LIMIT = 4;

    private final TimeBudget times;
    private final Prng chance;
    private long quietSince;
    private long patienceNs;
    private long jitterNs;
    private int attempts;

    /** @param patienceNs silence to wait for at first */
    Election(TimeBudget times, Prng chance, long patienceNs, long now) {
        this.times = times;
        this.chance = chance;
        this.patienceNs = patienceNs;
        this.quietSince = now;
        drawJitter();
    }

    /** A leader was heard. */
    void leaderHeard(long now) {
        quietSince = now;
        patienceNs = times.leaderSilenceNs();
        if (attempts > 0) {
            attempts = 0;
            drawJitter();
        }
    }

    /** Somebody, this node included, tries to lead or did so in vain: it gets its time, longer each time. */
    void candidateHeard(long now) {
        quietSince = now;
        patienceNs = PATIENCE_BEATS * times.beatNs() << Math.min(attempts, DOUBLINGS_LIMIT);
        attempts++;
        drawJitter();
    }

    /** Somebody tries who has hardly a chance: it gets its time, but does not make this node more patient. */
    void outsiderHeard(long now) {
        quietSince = now;
        patienceNs = PATIENCE_BEATS * times.beatNs();
    }

    /** Whoever was waited for is not there any more: nobody to be patient with. */
    void awaitedGone(long now) {
        quietSince = now;
        patienceNs = 0;
        drawJitter();
    }

    /** A quorum has just come within reach, or this node itself was away: a leader gets the time to be heard. */
    void listen(long now) {
        long heardBy = now + PATIENCE_BEATS * times.beatNs();
        if (quietSince + patienceNs < heardBy) {
            quietSince = heardBy - patienceNs;
        }
    }

    /**
     * When this node may begin.
     *
     * @param notBefore the silence ends at this moment at the earliest
     * @param rank      how many others have their turn before this node
     */
    long startsAt(long notBefore, int rank) {
        return Math.max(quietSince + patienceNs, notBefore) + rank * STAGGER_NS + jitterNs;
    }

    void digest(Hash64 into) {
        into.add(quietSince).add(patienceNs).add(jitterNs).add(attempts);
    }

    private void drawJitter() {
        jitterNs = chance.between(0, JITTER_NS << Math.min(attempts, DOUBLINGS_LIMIT));
    }
}
