package io.muster.quorum;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who votes with how many votes, and how many votes decide. Two disjoint sets can never both decide, because
 * {@code 2 * threshold > votes} is checked here, when the configuration is read (rule Q1, 001-24).
 *
 * @param votes     votes of each acceptor, each at least 1
 * @param threshold votes that make a quorum
 */
public record Electorate(SortedMap<NodeId, Integer> votes, int threshold) {

    /** Votes of one acceptor, at most. */
    public static final int VOTES_LIMIT = 1_000;

    public Electorate {
        votes = Collections.unmodifiableSortedMap(new TreeMap<>(votes));
        if (votes.isEmpty()) {
            throw new IllegalArgumentException("an electorate needs at least one acceptor");
        }
        int total = 0;
        for (var entry : votes.entrySet()) {
            if (entry.getValue() < 1 || entry.getValue() > VOTES_LIMIT) {
                throw new IllegalArgumentException("%s has %d votes; 1 to %d are allowed".formatted(
                        entry.getKey(), entry.getValue(), VOTES_LIMIT));
            }
            total += entry.getValue();
        }
        // In long: twice a threshold near the end of int would wrap around and let a negative one pass.
        if (2L * threshold <= total || threshold > total) {
            String why = threshold > total
                    ? "not even all together could decide"
                    : TwoSides.of(votes, threshold).map(sides -> "both " + sides + " could decide")
                            .orElse("two sides could decide");
            throw new IllegalArgumentException("threshold %d of %d votes: %s; it must be %d to %d".formatted(
                    threshold, total, why, total / 2 + 1, total));
        }
    }

    /** More than half of these votes decide. */
    public static Electorate majorityOf(SortedMap<NodeId, Integer> votes) {
        return new Electorate(votes, votes.values().stream().mapToInt(Integer::intValue).sum() / 2 + 1);
    }

    /** One vote each; a majority decides. */
    public static Electorate majorityOf(NodeSet nodes) {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        nodes.forEach(node -> votes.put(node, 1));
        return new Electorate(votes, nodes.count() / 2 + 1);
    }

    public NodeSet acceptors() {
        return NodeSet.of(votes.keySet());
    }

    public int total() {
        return votes.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Votes held by these nodes together. */
    public int votesOf(NodeSet nodes) {
        int sum = 0;
        for (var entry : votes.entrySet()) {
            if (nodes.contains(entry.getKey())) {
                sum += entry.getValue();
            }
        }
        return sum;
    }

    /** Votes of the one node; 0 when it has none. */
    public int votesOf(NodeId node) {
        return votes.getOrDefault(node, 0);
    }

    public boolean isQuorum(NodeSet nodes) {
        return votesOf(nodes) >= threshold;
    }
}
