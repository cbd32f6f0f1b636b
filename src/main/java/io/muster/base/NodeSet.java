package io.muster.base;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.StringJoiner;

/**
 * An immutable set of nodes, always walked in ascending order.
 *
 * @param bits bit i is set when the node with number i is in the set; for node 64, bit 0
 */
public record NodeSet(long bits) implements Iterable<NodeId> {

    public static final NodeSet NONE = new NodeSet(0);

    public static NodeSet of(NodeId... nodes) {
        long bits = 0;
        for (NodeId node : nodes) {
            bits |= bit(node);
        }
        return new NodeSet(bits);
    }

    public static NodeSet of(Iterable<NodeId> nodes) {
        long bits = 0;
        for (NodeId node : nodes) {
            bits |= bit(node);
        }
        return new NodeSet(bits);
    }

    public boolean contains(NodeId node) {
        return (bits & bit(node)) != 0;
    }

    public boolean containsAll(NodeSet other) {
        return (other.bits & ~bits) == 0;
    }

    public boolean isEmpty() {
        return bits == 0;
    }

    public int count() {
        return Long.bitCount(bits);
    }

    public NodeSet with(NodeId node) {
        return new NodeSet(bits | bit(node));
    }

    public NodeSet without(NodeId node) {
        return new NodeSet(bits & ~bit(node));
    }

    public NodeSet union(NodeSet other) {
        return new NodeSet(bits | other.bits);
    }

    public NodeSet intersect(NodeSet other) {
        return new NodeSet(bits & other.bits);
    }

    public NodeSet minus(NodeSet other) {
        return new NodeSet(bits & ~other.bits);
    }

    /**
     * The member with the smallest number.
     *
     * @throws NoSuchElementException when the set is empty
     */
    public NodeId lowest() {
        if (bits == 0) {
            throw new NoSuchElementException("an empty set has no lowest node");
        }
        return lowestOf(bits);
    }

    @Override
    public Iterator<NodeId> iterator() {
        return new Iterator<>() {
            private long left = bits;

            @Override
            public boolean hasNext() {
                return left != 0;
            }

            @Override
            public NodeId next() {
                if (left == 0) {
                    throw new NoSuchElementException();
                }
                NodeId node = lowestOf(left);
                left &= ~bit(node);
                return node;
            }
        };
    }

    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(" ", "{", "}");
        forEach(node -> text.add(node.toString()));
        return text.toString();
    }

    /** The number of the node that this bit of {@link #bits} stands for, 0 to 63. */
    public static int numberAt(int bit) {
        return bit == 0 ? Long.SIZE : bit;
    }

    private static NodeId lowestOf(long bits) {
        // Bit 0 stands for the highest number and comes last.
        long others = bits & ~1L;
        return new NodeId(others == 0 ? Long.SIZE : Long.numberOfTrailingZeros(others));
    }

    /** A shift by 64 is one by 0: that is what makes bit 0 node 64. */
    private static long bit(NodeId node) {
        return 1L << node.number();
    }
}
