package io.muster.quorum;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.TreeMap;

/**
 * The electorate of nodes that hold the data themselves, striped over {@code n = 2^k + 1} of them so that any
 * {@code m = 2^k} are enough to read all of it (001-20 to 001-22): 2 of 3, 4 of 5, 8 of 9. They alone vote, one vote
 * each, and m of them decide. So a side that decides has all data, no two sides ever do as {@code 2 m > n}, and nodes
 * without data come and go as they like (001-23, 001-24). Pure.
 *
 * @param order k
 */
public record DataNodes(int order) {

    /** 33 data nodes; the next order would be more than there can be nodes. */
    public static final int ORDER_LIMIT = 5;

    /** @throws IllegalArgumentException for order 0, with the two sides that could both go on, and beyond the limit */
    public DataNodes {
        if (order == 0) {
            TreeMap<NodeId, Integer> two = new TreeMap<>();
            two.put(NodeId.of(1), 1);
            two.put(NodeId.of(2), 1);
            throw new IllegalArgumentException(("order 0 is a mirror, where 1 of 2 data nodes is enough to go on: both %s "
                    + "could decide; take order 1 with three data nodes, or let two nodes vote by the policy two-node")
                    .formatted(TwoSides.of(two, 1).orElseThrow()));
        }
        if (order < 0 || order > ORDER_LIMIT) {
            throw new IllegalArgumentException("order %d of data nodes; 1 to %d are allowed".formatted(order, ORDER_LIMIT));
        }
    }

    /** m: data nodes that are enough. */
    public int needed() {
        return 1 << order;
    }

    /** n: data nodes there are. */
    public int count() {
        return (1 << order) + 1;
    }

    /** @throws IllegalArgumentException unless these are exactly as many as this order has */
    public Electorate electorate(NodeSet dataNodes) {
        if (dataNodes.count() != count()) {
            throw new IllegalArgumentException("order %d needs %d data nodes, and these are %d: %s".formatted(
                    order, count(), dataNodes.count(), dataNodes));
        }
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        dataNodes.forEach(node -> votes.put(node, 1));
        return new Electorate(votes, needed());
    }
}
