package io.muster.ledger;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The leader's proof (rule A1): the own time at which it sent the newest beat that a quorum answered with "my promise
 * is still this ballot". An answer to a later beat covers the earlier ones, because a promise never returns to a ballot
 * that it left. Pure but for its own memory; one per ballot.
 */
final class Proof {

    /** Answers to beats older than this many are of no use any more. */
    static final int BEATS_KEPT = 64;

    private final long[] sentAt = new long[BEATS_KEPT];
    private final TreeMap<NodeId, Long> answered = new TreeMap<>();
    private long sent;
    private long proven;

    /** A beat goes out now. @return its sequence, counted from 1 */
    long send(long now) {
        sent++;
        sentAt[(int) (sent % BEATS_KEPT)] = now;
        return sent;
    }

    /**
     * @param standIn whose answer a fence stands in for (rule T2)
     * @return when the newest proven beat was sent, if it is newer than before this answer
     */
    OptionalLong answer(NodeId from, long sequence, Electorate electorate, NodeSet standIn) {
        if (sequence < 1 || sequence > sent || sequence <= sent - BEATS_KEPT) {
            return OptionalLong.empty();
        }
        answered.merge(from, sequence, Math::max);
        long best = proven;
        for (long candidate : answered.values()) {
            if (candidate > best && candidate > sent - BEATS_KEPT
                    && electorate.isQuorum(answeredSince(candidate).union(standIn))) {
                best = candidate;
            }
        }
        if (best == proven) {
            return OptionalLong.empty();
        }
        proven = best;
        return OptionalLong.of(sentAt[(int) (proven % BEATS_KEPT)]);
    }

    /** Who answered this beat or a later one. */
    NodeSet answeredSince(long sequence) {
        NodeSet nodes = NodeSet.NONE;
        for (var entry : answered.entrySet()) {
            if (entry.getValue() >= sequence) {
                nodes = nodes.with(entry.getKey());
            }
        }
        return nodes;
    }

    /** The sequence of the last beat, or 0. */
    long sent() {
        return sent;
    }
}
