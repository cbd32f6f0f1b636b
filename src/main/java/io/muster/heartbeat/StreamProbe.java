package io.muster.heartbeat;

import io.muster.machine.Machine;

/**
 * The quick path to a verdict on one peer, from the end of its stream.
 *
 * <p>A closed stream alone is never proof: middleboxes, an error of ours and a restart of the stream look the same. And
 * a process that is only paused (SIGSTOP, a long pause of its memory manager) has a kernel that goes on accepting
 * connections for it, as its listening socket still stands. So what tells an ended process from a paused one is that
 * its host <em>refuses</em> a new stream: the kernel answers, and says that nobody listens. Together with silence on
 * all links and probes that nobody answers, that is a verdict long before the silence limit:
 *
 * <ol>
 *   <li>the stream was closed and has not been opened since;
 *   <li>since then the host has refused a new one at least once;
 *   <li>nothing was heard on any link for {@code probeNs};
 *   <li>at least {@link #PROBES} probes were sent in that silence, each long enough ago to have been answered.
 * </ol>
 *
 * <p>A pulse that comes soon after the close may have been under way when its sender died, so it only starts the
 * silence again; one that comes later than {@code probeNs} after it was sent by a living process and ends the
 * probing, and silence is left to the ordinary limit.
 */
final class StreamProbe {

    /** Probes that have to stay unanswered. */
    static final int PROBES = 3;
    /** Probes in one {@code probeNs}. */
    private static final int PROBES_PER_LIMIT = 4;

    private final long probeNs;
    private final long stepNs;
    private boolean streamClosed;
    private long refusals;
    private boolean probing;
    private long begunAt;
    private long quietSince;
    private long probes;
    private long nextAt = Machine.NEVER;

    StreamProbe(long probeNs) {
        this.probeNs = probeNs;
        this.stepNs = stepNs(probeNs);
    }

    /** @param heard whether the peer is heard now: who is lost already needs no probing */
    void closed(boolean heard, long now) {
        streamClosed = true;
        refusals = 0;
        if (heard) {
            begin(now);
        }
    }

    void opened() {
        streamClosed = false;
        refusals = 0;
        stop();
    }

    /** A refusal while the stream is down is as good a reason to probe as its end was. */
    void refused(boolean heard, long now) {
        if (!streamClosed) {
            return;
        }
        refusals++;
        if (heard && !probing) {
            begin(now);
        }
    }

    /** Something was heard of the peer, on whatever link. */
    void heard(long now) {
        if (!probing) {
            return;
        }
        if (now - begunAt > probeNs) {
            stop();
        } else {
            quietSince = now;
            probes = 0;
        }
    }

    /** This node itself was away: what was not heard meanwhile proves nothing. */
    void startAnew(long now) {
        if (probing) {
            begin(now);
        }
    }

    void stop() {
        probing = false;
        nextAt = Machine.NEVER;
    }

    /** True when the peer's process has ended, as far as can be told from here. Asked before {@link #probe}. */
    boolean ended(long now) {
        return probing && streamClosed && refusals > 0 && probes >= PROBES && now - quietSince >= probeNs
                && now >= nextAt;
    }

    /** @return true when a probe is to be sent now; it counts as sent */
    boolean probe(long now) {
        if (!probing || now < nextAt) {
            return false;
        }
        probes++;
        nextAt = now + stepNs;
        return true;
    }

    long nextAt() {
        return nextAt;
    }

    /** Time between two probes; the answer to one is expected in it. */
    static long stepNs(long probeNs) {
        return Math.max(1, probeNs / PROBES_PER_LIMIT);
    }

    /** For people, after {@link #ended}. */
    String reason(long now) {
        return "its stream was closed, its host refused a new one %d times, %d probes in %d ms stayed unanswered"
                .formatted(refusals, probes, (now - quietSince) / 1_000_000);
    }

    /** A word for the trace hash. */
    long fingerprint() {
        return refusals << 16 | probes << 2 | (probing ? 2 : 0) | (streamClosed ? 1 : 0);
    }

    private void begin(long now) {
        probing = true;
        begunAt = now;
        quietSince = now;
        probes = 0;
        nextAt = now;
    }
}
