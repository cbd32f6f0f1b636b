package io.muster.heartbeat;

import io.muster.base.NodeSet;
import io.muster.machine.Machine;
import java.util.Arrays;

/**
 * Times of arrival in, who is heard out, for each link apart. Pure: no verdict on nodes, no messages.
 *
 * <p>A node is heard on a link from an arrival until it was silent there for {@code silenceNs}. All is kept in arrays
 * by node number and in one word of bits per link, so that an arrival allocates nothing.
 */
final class SilenceDetector {

    private final int links;
    private final long silenceNs;
    private final long[] arrivedAt;
    private final long[] heardOn;
    /** Silence before this moment does not count: this node itself was away (or not there yet). */
    private long freshAt = Long.MIN_VALUE;
    /** No link falls silent before this moment; arrivals only move the truth later, never earlier. */
    private long checkAt = Machine.NEVER;

    /** @param limit node numbers lie below this, at most 64 */
    SilenceDetector(int limit, int links, long silenceNs) {
        this.links = links;
        this.silenceNs = silenceNs;
        this.arrivedAt = new long[limit * links];
        this.heardOn = new long[links];
        Arrays.fill(arrivedAt, Long.MIN_VALUE);
    }

    void arrived(int node, int link, long now) {
        arrivedAt[node * links + link] = now;
        heardOn[link] |= 1L << node;
        checkAt = Math.min(checkAt, now + silenceNs);
    }

    /** Everybody who is heard now gets the whole time again, counted from {@code now}. */
    void startAnew(long now) {
        freshAt = now;
        // A moment left in the past would look like the next pause to whoever is run for the letters that still wait.
        checkAt = checkAt == Machine.NEVER ? checkAt : Math.max(checkAt, now + silenceNs);
    }

    /** A verdict was spoken, or another life begins: whatever came of this node before counts no more. */
    void forget(int node) {
        for (int link = 0; link < links; link++) {
            arrivedAt[node * links + link] = Long.MIN_VALUE;
            heardOn[link] &= ~(1L << node);
        }
    }

    /** This link is not looked at any more. */
    void forgetLink(int link) {
        heardOn[link] = 0;
    }

    /** Takes out who fell silent by now. */
    void expire(long now) {
        if (now < checkAt) {
            return;
        }
        checkAt = Machine.NEVER;
        for (int link = 0; link < links; link++) {
            for (long left = heardOn[link]; left != 0; left &= left - 1) {
                int node = NodeSet.numberAt(Long.numberOfTrailingZeros(left));
                long silentAt = Math.max(arrivedAt[node * links + link], freshAt) + silenceNs;
                if (silentAt <= now) {
                    heardOn[link] &= ~(1L << node);
                } else {
                    checkAt = Math.min(checkAt, silentAt);
                }
            }
        }
    }

    /** The earliest moment at which {@link #expire} may find something; it may find nothing. */
    long checkAt() {
        return checkAt;
    }

    /** Bits of the nodes heard on this link, as of the last {@link #expire}. */
    long heardOn(int link) {
        return heardOn[link];
    }

    /** Bits of the nodes heard on some link. */
    long heard() {
        long any = 0;
        for (int link = 0; link < links; link++) {
            any |= heardOn[link];
        }
        return any;
    }
}
