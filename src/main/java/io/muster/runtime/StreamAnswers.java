package io.muster.runtime;

import io.muster.base.TimeBudget;

/**
 * Whether the peer still answers on one outgoing stream. A link that is cut without a word leaves TCP hanging for
 * minutes; so who reads a stream says so with one byte ({@link #BYTE}), at most every {@link #EVERY_NS}.
 *
 * <p>The reader promises to answer a frame that comes later than {@link #EVERY_NS} after its last answer. A frame that is
 * written twice that time after the last answer was seen is such a frame, whatever the ways took: only for those an
 * answer is asked. A peer that never answers at all is not asked, as it may not know how.
 *
 * <p>For one thread at a time.
 */
final class StreamAnswers {

    /** What a reader says. */
    static final int BYTE = 'A';
    static final long EVERY_NS = 50_000_000L;

    private boolean answers;
    private long answeredAt;
    private boolean asked;
    private long askedAt;

    /** Half of the time in which a follower misses its leader: so that a stream is there again before it does. */
    static long limitNs(TimeBudget times) {
        return times.leaderSilenceNs() / 2;
    }

    StreamAnswers(long openedAt) {
        this.answeredAt = openedAt - 2 * EVERY_NS;
    }

    void written(long now) {
        if (!asked && now - answeredAt >= 2 * EVERY_NS) {
            asked = true;
            askedAt = now;
        }
    }

    void answered(long now) {
        answers = true;
        asked = false;
        answeredAt = now;
    }

    /** For how long an answer is overdue; 0 when none is. */
    long overdueNs(long now) {
        return answers && asked ? now - askedAt : 0;
    }
}
