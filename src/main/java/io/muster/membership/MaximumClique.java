package io.muster.membership;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.Optional;

/**
 * The largest set of nodes that all have two-way links with each other and hold a quorum of votes (rule V2); ties by
 * continuity, then lowest ids. Pure, and a constant matrix gives a constant answer, so views do not flap.
 *
 * <p>Of two equally large sets the one with more nodes of the continuity set wins; then, at the lowest node in which
 * they differ, the one that has it.
 *
 * <p>Method: walk all cliques, lowest node first, so that of equals the right one comes first; leave out what cannot
 * win any more, by a bound from greedy colouring (nodes without links between them: at most one of them can be in).
 * The walk ends after {@link #STEPS_LIMIT} steps with the best set so far, which is a valid one; sixteen nodes never
 * come near that.
 *
 * @see "Tomita, Seki: An Efficient Branch-and-Bound Algorithm for Finding a Maximum Clique (DMTCS 2003)"
 */
final class MaximumClique {

    static final int STEPS_LIMIT = 200_000;

    /** One node more weighs more than all ties together. */
    private static final int SIZE_WEIGHT = NodeId.LIMIT;

    private final long[] links;
    private final long continuity;
    private final int[] votes = new int[NodeId.LIMIT];
    private final int threshold;
    private final int outsideVotes;
    private int steps;
    private long best;
    private int bestWeight = -1;

    private MaximumClique(long[] links, NodeSet continuity, Electorate electorate, NodeSet outside) {
        this.links = links;
        this.continuity = continuity.bits();
        this.threshold = electorate.threshold();
        this.outsideVotes = electorate.votesOf(outside);
        electorate.votes().forEach((node, count) -> votes[node.number()] = count);
    }

    /**
     * @param candidates who may be in
     * @param links      bit j of {@code links[i]} is set when i and j have a two-way link; symmetric
     * @param continuity whose staying is worth more among equals
     * @param outside    nodes that vote and are within reach without being candidates
     * @return the winner, perhaps without anybody in it; empty when no set has a quorum
     */
    static Optional<NodeSet> of(
            NodeSet candidates, long[] links, NodeSet continuity, Electorate electorate, NodeSet outside) {
        MaximumClique search = new MaximumClique(links, continuity, electorate, outside.minus(candidates));
        search.walk(0, candidates.bits());
        return search.bestWeight < 0 ? Optional.empty() : Optional.of(new NodeSet(search.best));
    }

    /** Looks at {@code clique} and at all that can be made of it with nodes of {@code open}, which all link to it. */
    private void walk(long clique, long open) {
        if (++steps > STEPS_LIMIT
                || votesOf(clique | open) < threshold
                || weight(clique) + bound(open) <= bestWeight) {
            return;
        }
        if (votesOf(clique) >= threshold && weight(clique) > bestWeight) {
            best = clique;
            bestWeight = weight(clique);
        }
        if (open != 0) {
            int node = NodeSet.numberAt(Long.numberOfTrailingZeros(open));
            long bit = 1L << node;
            walk(clique | bit, open & links[node] & ~bit);
            walk(clique, open & ~bit);
        }
    }

    /** At most this weight can be gained from these nodes. */
    private int bound(long open) {
        int sum = 0;
        for (long left = open; left != 0; ) {
            long strangers = left;
            int heaviest = 0;
            while (strangers != 0) {
                int node = NodeSet.numberAt(Long.numberOfTrailingZeros(strangers));
                heaviest = Math.max(heaviest, weight(1L << node));
                left &= ~(1L << node);
                strangers &= ~links[node] & ~(1L << node);
            }
            sum += heaviest;
        }
        return sum;
    }

    private int weight(long set) {
        return Long.bitCount(set) * SIZE_WEIGHT + Long.bitCount(set & continuity);
    }

    private int votesOf(long set) {
        int sum = outsideVotes;
        for (long left = set; left != 0; left &= left - 1) {
            sum += votes[NodeSet.numberAt(Long.numberOfTrailingZeros(left))];
        }
        return sum;
    }
}
