package io.muster.runtime;

import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.Heartbeat;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * On which links pulses of each peer come in right now, so that a stream that does not answer is given up only when its
 * peer is alive, and dialled again over a link that works. It decides nothing about nodes: verdicts are the heartbeat's.
 * Usable from any thread; times are of {@link System#nanoTime}.
 */
final class LinkWatch {

    /** So many pulses missing in a row are a gap: what is measured across one may be a pause of either side. */
    private static final int GAP_PULSES = 4;

    private long gapNs;
    private long answerLimitNs;
    private final long[] heardAt = new long[NodeId.LIMIT * Heartbeat.LINKS_LIMIT];
    private final boolean[] known = new boolean[NodeId.LIMIT * Heartbeat.LINKS_LIMIT];
    private final boolean[] hearsUs = new boolean[NodeId.LIMIT * Heartbeat.LINKS_LIMIT];
    private final long[] anyAt = new long[NodeId.LIMIT];
    private final long[] steadySince = new long[NodeId.LIMIT];
    private final boolean[] anyKnown = new boolean[NodeId.LIMIT];

    LinkWatch(TimeBudget times) {
        follow(times);
    }

    /** These are the times of the cluster. */
    synchronized void follow(TimeBudget times) {
        gapNs = GAP_PULSES * times.pulseNs();
        answerLimitNs = StreamAnswers.limitNs(times);
    }

    /** Whether a peer is alive by its pulses, without a gap, for longer than it may owe an answer on its stream. */
    synchronized boolean owes(NodeId peer, long overdueNs, long now) {
        return overdueNs > answerLimitNs && steadyNs(peer, now) > answerLimitNs;
    }

    /** A datagram of the peer came in. @param hearsUs whether it says that ours come there */
    synchronized void heard(NodeId peer, int link, boolean hearsUs, long now) {
        int at = at(peer, link);
        heardAt[at] = now;
        known[at] = true;
        this.hearsUs[at] = hearsUs;
        int node = peer.number();
        if (!anyKnown[node] || now - anyAt[node] > gapNs) {
            steadySince[node] = now;
        }
        anyKnown[node] = true;
        anyAt[node] = now;
    }

    /** How long the peer has been heard without a gap on some link, up to now; 0 when it is not heard. */
    synchronized long steadyNs(NodeId peer, long now) {
        int node = peer.number();
        return anyKnown[node] && now - anyAt[node] <= gapNs ? now - steadySince[node] : 0;
    }

    /**
     * The best way to a peer first: links on which both hear each other, then those on which it is heard, then the
     * others; of equal ones in ascending order.
     *
     * @param ways  how many there are; way i goes with link i
     * @param avoid the way that failed last, which goes behind its equals and all that are better; -1 when none did
     */
    synchronized List<Integer> order(NodeId peer, int ways, int avoid, long now) {
        List<Integer> order = new ArrayList<>();
        for (int way = 0; way < ways; way++) {
            order.add(way);
        }
        order.sort(Comparator.comparingInt((Integer way) -> way == avoid ? 3 : rank(peer, way, now)));
        return order;
    }

    private int rank(NodeId peer, int link, long now) {
        int at = at(peer, link);
        if (!known[at] || now - heardAt[at] > gapNs) {
            return 2;
        }
        return hearsUs[at] ? 0 : 1;
    }

    private static int at(NodeId peer, int link) {
        return peer.number() * Heartbeat.LINKS_LIMIT + link;
    }
}
