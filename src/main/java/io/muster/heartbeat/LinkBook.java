package io.muster.heartbeat;

import java.util.Arrays;

/**
 * How each link to each peer stands and since when, for people: so that a link which is down is told while the others
 * still carry everything (001-1). No verdict on nodes hangs on it. All in arrays; allocates nothing.
 *
 * <p>A link is called down when the silence limit has passed, also when nothing ever came on it since its peer is heard
 * on another; it is called up at once.
 */
final class LinkBook {

    private static final LinkState[] STATES = LinkState.values();

    private final int capacity;
    private final long silenceNs;
    private final byte[] told;
    private final long[] toldAt;
    /** Since when the link is otherwise than told; meaningful while {@link #differs} says how. */
    private final long[] differsAt;
    private final byte[] differs;
    private final long[] arrivedAt;
    private final long[] losses;

    /** @param limit node numbers lie below this */
    LinkBook(int limit, int capacity, long silenceNs) {
        this.capacity = capacity;
        this.silenceNs = silenceNs;
        told = new byte[limit * capacity];
        toldAt = new long[limit * capacity];
        differsAt = new long[limit * capacity];
        differs = new byte[limit * capacity];
        arrivedAt = new long[limit * capacity];
        losses = new long[limit * capacity];
        Arrays.fill(arrivedAt, Long.MIN_VALUE);
    }

    /** Something came of a node on a link. */
    void arrived(int node, int link, long now) {
        arrivedAt[node * capacity + link] = now;
    }

    /** This node begins to hear a life of that node: nothing is known of its links but what comes from here on. */
    void begins(int node, long now) {
        for (int at = node * capacity; at < (node + 1) * capacity; at++) {
            become(at, LinkState.UNKNOWN, now);
        }
    }

    /** The whole node fell silent, which is told apart. */
    void lost(int node, long now) {
        for (int at = node * capacity; at < (node + 1) * capacity; at++) {
            if (told[at] == LinkState.UP.ordinal() || told[at] == LinkState.ONE_WAY.ordinal()) {
                losses[at]++;
            }
            become(at, LinkState.SILENT, now);
        }
    }

    /** This node itself was away: what it did not hear meanwhile says nothing. */
    void startAnew(int node, long now) {
        for (int at = node * capacity; at < (node + 1) * capacity; at++) {
            differsAt[at] = now;
        }
    }

    /**
     * Looks at one link of a node that is heard.
     *
     * @return true when its state is another one now, which is news; that a new life comes up on it is none
     */
    boolean look(int node, int link, boolean heard, boolean hearsUs, long now) {
        int at = node * capacity + link;
        LinkState is = !heard ? LinkState.SILENT : hearsUs ? LinkState.UP : LinkState.ONE_WAY;
        if (told[at] == is.ordinal()) {
            differs[at] = told[at];
            return false;
        }
        if (differs[at] != is.ordinal()) {
            differs[at] = (byte) is.ordinal();
            differsAt[at] = now;
        }
        // From up it falls by a silence that has been waited for already, here or at the peer.
        boolean waited = told[at] == LinkState.UP.ordinal() || is == LinkState.UP
                || told[at] == LinkState.ONE_WAY.ordinal() || now - differsAt[at] >= silenceNs;
        if (!waited) {
            return false;
        }
        if (is == LinkState.SILENT) {
            losses[at]++;
        }
        boolean news = told[at] != LinkState.UNKNOWN.ordinal() || is != LinkState.UP;
        become(at, is, now);
        return news;
    }

    LinkState state(int node, int link) {
        return STATES[told[node * capacity + link]];
    }

    /** When {@link #state} began. */
    long toldAt(int node, int link) {
        return toldAt[node * capacity + link];
    }

    long losses(int node, int link) {
        return losses[node * capacity + link];
    }

    /** Since it was last heard there; -1 when never. */
    long silentNs(int node, int link, long now) {
        long at = arrivedAt[node * capacity + link];
        return at == Long.MIN_VALUE ? -1 : now - at;
    }

    private void become(int at, LinkState next, long now) {
        told[at] = (byte) next.ordinal();
        toldAt[at] = now;
        differs[at] = told[at];
        differsAt[at] = now;
    }
}
