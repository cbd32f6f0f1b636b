package io.muster.quorum;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Two sets of acceptors that share nobody and that could both decide: what a threshold of half of the votes or less is
 * refused with (rule Q1, 001-24), so that nobody has to believe in arithmetic. Pure.
 */
public record TwoSides(NodeSet one, int votesOfOne, NodeSet other, int votesOfOther) {

    /**
     * Finds two such sets that together are all acceptors, the first with as few votes as decide.
     *
     * @return empty when no two disjoint sets both have {@code threshold} votes
     */
    static Optional<TwoSides> of(SortedMap<NodeId, Integer> votes, int threshold) {
        int total = votes.values().stream().mapToInt(Integer::intValue).sum();
        if (threshold < 1 || 2L * threshold > total) {
            return Optional.empty();
        }
        List<NodeId> nodes = new ArrayList<>(votes.keySet());
        // addedBy[s]: the acceptor by which a set first reached s votes, counted from 1; 0 while no set has s votes.
        int[] addedBy = new int[total + 1];
        addedBy[0] = -1;
        for (int i = 0; i < nodes.size(); i++) {
            int own = votes.get(nodes.get(i));
            for (int sum = total - own; sum >= 0; sum--) {
                if (addedBy[sum] != 0 && addedBy[sum + own] == 0) {
                    addedBy[sum + own] = i + 1;
                }
            }
        }
        for (int sum = threshold; sum <= total - threshold; sum++) {
            if (addedBy[sum] != 0) {
                NodeSet one = NodeSet.NONE;
                for (int left = sum; left > 0; left -= votes.get(nodes.get(addedBy[left] - 1))) {
                    one = one.with(nodes.get(addedBy[left] - 1));
                }
                return Optional.of(new TwoSides(one, sum, NodeSet.of(nodes).minus(one), total - sum));
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return "%s with %d votes and %s with %d votes".formatted(one, votesOfOne, other, votesOfOther);
    }
}
