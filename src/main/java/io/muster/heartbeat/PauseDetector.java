package io.muster.heartbeat;

/**
 * Asks "was I the one who was away?" before any verdict on others: who is run much later than it asked for has not
 * listened in between, and the silence it sees is its own.
 *
 * @param pauseNs being run later than this after a deadline is a pause
 */
record PauseDetector(long pauseNs) {

    /** @return how long this node was away for certain, or 0 when it was on time */
    long awayNs(long deadline, long now) {
        // In this order, so that a deadline that never comes does not overflow.
        return now > deadline && now - deadline > pauseNs ? now - deadline : 0;
    }
}
