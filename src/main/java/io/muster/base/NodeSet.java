package io.muster.base;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.StringJoiner;

/**
 * An immutable set of nodes, and of disks where it is a set of voters; always walked in ascending order, disks last.
 *
 * @param bits  bit i is set when the node with number i is in the set; for node 64, bit 0
 * @param disks bit i is set when disk i is in the set
 */
public record NodeSet(long bits, int disks) implements Iterable<NodeId> {

    public static final NodeSet NONE = new NodeSet(0);

    /** Of nodes alone. */
    public NodeSet(long bits) {
        this(bits, 0);
    }

    public static NodeSet of(NodeId... nodes) {
        return of(Arrays.asList(nodes));
    }

    public static NodeSet of(Iterable<NodeId> nodes) {
        long bits = 0;
        int disks = 0;
        for (NodeId node : nodes) {
            bits |= bit(node);
            disks |= diskBit(node);
        }
        return new NodeSet(bits, disks);
    }

    public boolean contains(NodeId node) {
        return (bits & bit(node)) != 0 || (disks & diskBit(node)) != 0;
    }

    public boolean containsAll(NodeSet other) {
        return (other.bits & ~bits) == 0 && (other.disks & ~disks) == 0;
    }

    public boolean isEmpty() {
        return bits == 0 && disks == 0;
    }

    public int count() {
        return Long.bitCount(bits) + Integer.bitCount(disks);
    }

    public NodeSet with(NodeId node) {
        return new NodeSet(bits | bit(node), disks | diskBit(node));
    }

    public NodeSet without(NodeId node) {
        return new NodeSet(bits & ~bit(node), disks & ~diskBit(node));
    }

    public NodeSet union(NodeSet other) {
        return new NodeSet(bits | other.bits, disks | other.disks);
    }

    public NodeSet intersect(NodeSet other) {
        return new NodeSet(bits & other.bits, disks & other.disks);
    }

    public NodeSet minus(NodeSet other) {
        return new NodeSet(bits & ~other.bits, disks & ~other.disks);
    }

    /** The nodes in it, without the disks. */
    public NodeSet nodesOnly() {
        return disks == 0 ? this : new NodeSet(bits);
    }

    /** The disks in it, without the nodes. */
    public NodeSet disksOnly() {
        return bits == 0 ? this : new NodeSet(0, disks);
    }

    /**
     * The member with the smallest number.
     *
     * @throws NoSuchElementException when the set is empty
     */
    public NodeId lowest() {
        if (isEmpty()) {
            throw new NoSuchElementException("an empty set has no lowest node");
        }
        return lowestOf(bits, disks);
    }

    @Override
    public Iterator<NodeId> iterator() {
        return new Iterator<>() {
            private long left = bits;
            private int disksLeft = disks;

            @Override
            public boolean hasNext() {
                return left != 0 || disksLeft != 0;
            }

            @Override
            public NodeId next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                NodeId node = lowestOf(left, disksLeft);
                left &= ~bit(node);
                disksLeft &= ~diskBit(node);
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

    private static NodeId lowestOf(long bits, int disks) {
        if (bits == 0) {
            return NodeId.ofDisk(Integer.numberOfTrailingZeros(disks));
        }
        // Bit 0 stands for the highest number and comes last.
        long others = bits & ~1L;
        return new NodeId(others == 0 ? Long.SIZE : Long.numberOfTrailingZeros(others));
    }

    /** A shift by 64 is one by 0: that is what makes bit 0 node 64. */
    private static long bit(NodeId node) {
        return node.isDisk() ? 0 : 1L << node.number();
    }

    private static int diskBit(NodeId node) {
        return node.isDisk() ? 1 << node.number() - NodeId.LIMIT + 1 : 0;
    }
}
