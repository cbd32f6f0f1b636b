package io.muster.membership;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.Arrays;
import java.util.Optional;

/**
 * Which set of nodes is the next view (rules V2, V3). Pure: the same question always has the same answer, so a constant
 * matrix gives a constant view.
 *
 * <p>A set may be chosen when all in it have two-way links with each other and it can decide: one of its nodes reaches
 * acceptors that are a quorum together with those in the set. The set that is there now stays when it may be chosen
 * and nobody of it is gone (continuity before evidence). Otherwise the first of these that differs decides:
 * <ol>
 *   <li>the weight of its nodes, 0 each unless the policy says otherwise;
 *   <li>its size;
 *   <li>the evidence for its nodes, added up;
 *   <li>continuity: how many of the nodes that are worth keeping are in;
 *   <li>at the lowest node in which two sets differ, the one that has it.
 * </ol>
 *
 * <p>Method: walk all cliques, lowest node first, so that of equals the right one comes first; leave out what cannot
 * win any more, by a bound from greedy colouring (nodes without links between them: at most one of them can be in).
 * The walk ends after {@link #STEPS_LIMIT} steps with the best set so far, which is a valid one; random matrices of 32
 * nodes never come near that.
 *
 * @see "Tomita, Seki: An Efficient Branch-and-Bound Algorithm for Finding a Maximum Clique (DMTCS 2003)"
 */
final class ViewChoice {

    static final int STEPS_LIMIT = 200_000;
    /** Weight and evidence of one node, at most. */
    static final int WORTH_LIMIT = 255;

    // 63 nodes of at most 255 take 14 bits, 63 nodes take 6.
    private static final int WEIGHT_SHIFT = 40;
    private static final int SIZE_SHIFT = 32;
    private static final int EVIDENCE_SHIFT = 8;

    private final long candidates;
    private final long[] links;
    private final Electorate electorate;
    private final NodeSet[] reach = new NodeSet[NodeId.LIMIT];
    private final long[] worth = new long[NodeId.LIMIT];
    private long current;
    private NodeSet outside = NodeSet.NONE;
    private NodeSet anyReach = NodeSet.NONE;
    private int steps;
    private long best;
    private long bestWorth = -1;

    /**
     * @param candidates who may be in
     * @param links      bit j of {@code links[i]} is set when i and j have a two-way link; symmetric
     */
    ViewChoice(NodeSet candidates, long[] links, Electorate electorate) {
        this.candidates = candidates.bits();
        this.links = links.clone();
        this.electorate = electorate;
        Arrays.fill(worth, 1L << SIZE_SHIFT);
        Arrays.fill(reach, NodeSet.NONE);
    }

    /** The set that is there now. */
    ViewChoice current(NodeSet view) {
        current = view.bits();
        return this;
    }

    /** Acceptors, disks among them, that a candidate reaches and that are no candidates themselves. */
    ViewChoice reach(NodeId node, NodeSet acceptors) {
        reach[node.number()] = acceptors.minus(new NodeSet(candidates));
        return this;
    }

    /** Acceptors that every set can count on, as who decides on it is none of the candidates and reaches them. */
    ViewChoice outside(NodeSet acceptors) {
        outside = acceptors.minus(new NodeSet(candidates));
        return this;
    }

    ViewChoice weight(NodeId node, int weight) {
        worth[node.number()] += (long) bounded(weight) << WEIGHT_SHIFT;
        return this;
    }

    ViewChoice evidence(NodeId node, int evidence) {
        worth[node.number()] += (long) bounded(evidence) << EVIDENCE_SHIFT;
        return this;
    }

    /** Whose staying is worth more among equals. */
    ViewChoice keep(NodeSet nodes) {
        nodes.forEach(node -> worth[node.number()]++);
        return this;
    }

    /** @return the winner, perhaps without anybody in it; empty when no set can decide */
    Optional<NodeSet> best() {
        if (current != 0 && (current & ~candidates) == 0 && isClique(current) && decides(current)) {
            return Optional.of(new NodeSet(current));
        }
        for (NodeId node : new NodeSet(candidates)) {
            anyReach = anyReach.union(reach[node.number()]);
        }
        walk(0, candidates);
        return bestWorth < 0 ? Optional.empty() : Optional.of(new NodeSet(best));
    }

    /** Looks at {@code clique} and at all that can be made of it with nodes of {@code open}, which all link to it. */
    private void walk(long clique, long open) {
        if (++steps > STEPS_LIMIT
                || worth(clique) + bound(open) <= bestWorth
                || !electorate.isQuorum(new NodeSet(clique | open).union(anyReach).union(outside))) {
            return;
        }
        if (worth(clique) > bestWorth && decides(clique)) {
            best = clique;
            bestWorth = worth(clique);
        }
        if (open != 0) {
            int node = NodeSet.numberAt(Long.numberOfTrailingZeros(open));
            long bit = 1L << node;
            walk(clique | bit, open & links[node] & ~bit);
            walk(clique, open & ~bit);
        }
    }

    private boolean decides(long set) {
        if (electorate.isQuorum(new NodeSet(set).union(outside))) {
            return true;
        }
        for (long left = set; left != 0; left &= left - 1) {
            NodeSet reached = reach[NodeSet.numberAt(Long.numberOfTrailingZeros(left))];
            if (!reached.isEmpty() && electorate.isQuorum(new NodeSet(set).union(reached))) {
                return true;
            }
        }
        return false;
    }

    private boolean isClique(long set) {
        for (long left = set; left != 0; left &= left - 1) {
            int node = NodeSet.numberAt(Long.numberOfTrailingZeros(left));
            if ((set & ~links[node] & ~(1L << node)) != 0) {
                return false;
            }
        }
        return true;
    }

    /** At most this much worth can be gained from these nodes. */
    private long bound(long open) {
        long sum = 0;
        for (long left = open; left != 0; ) {
            long strangers = left;
            long heaviest = 0;
            while (strangers != 0) {
                int node = NodeSet.numberAt(Long.numberOfTrailingZeros(strangers));
                heaviest = Math.max(heaviest, worth[node]);
                left &= ~(1L << node);
                strangers &= ~links[node] & ~(1L << node);
            }
            sum += heaviest;
        }
        return sum;
    }

    private long worth(long set) {
        long sum = 0;
        for (long left = set; left != 0; left &= left - 1) {
            sum += worth[NodeSet.numberAt(Long.numberOfTrailingZeros(left))];
        }
        return sum;
    }

    private static int bounded(int value) {
        return Math.max(0, Math.min(WORTH_LIMIT, value));
    }
}
