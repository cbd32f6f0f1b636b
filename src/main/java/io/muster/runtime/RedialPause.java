package io.muster.runtime;

/**
 * How long to wait before a peer is dialled again: not at all after a stream that had settled, then ever longer. For
 * one thread.
 *
 * <p>In the first second after such a stream the pauses stay short. A process that dies closes its sockets one by one,
 * and may still take a connection and drop it; what is wanted is the word of its host that nobody listens, and that
 * comes a moment later.
 */
final class RedialPause {

    static final long FIRST_NS = 1_000_000L;
    static final long FRESH_MAX_NS = 10_000_000L;
    static final long MAX_NS = 500_000_000L;
    /** A stream that lasted this long has settled; one that did not is no reason to dial at once. */
    static final long SETTLED_NS = 100_000_000L;
    /** So long after its end the loss is fresh. */
    static final long FRESH_NS = 1_000_000_000L;

    private long pauseNs;
    private boolean lostOne;
    private long lostAt;

    /** What to wait now. */
    long pauseNs() {
        return pauseNs;
    }

    /** The peer was not reached. @param now of {@link System#nanoTime} */
    void missed(long now) {
        boolean fresh = lostOne && now - lostAt < FRESH_NS;
        pauseNs = Math.min(fresh ? FRESH_MAX_NS : MAX_NS, Math.max(FIRST_NS, 2 * pauseNs));
    }

    /** A stream to the peer has ended. */
    void lost(long openedAt, long now) {
        if (now - openedAt < SETTLED_NS) {
            missed(now);
            return;
        }
        lostOne = true;
        lostAt = now;
        pauseNs = 0;
    }
}
