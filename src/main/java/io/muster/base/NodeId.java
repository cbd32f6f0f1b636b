package io.muster.base;

/**
 * A member's number in its cluster, written {@code n3}. Numbers are small so that sets of nodes fit in one word.
 *
 * @param number 1 to {@link #LIMIT} - 1
 */
public record NodeId(int number) implements Comparable<NodeId> {

    /** Numbers lie below this. */
    public static final int LIMIT = 65;

    public NodeId {
        if (number < 1 || number >= LIMIT) {
            throw new IllegalArgumentException("node number %d is not in 1 to %d".formatted(number, LIMIT - 1));
        }
    }

    public static NodeId of(int number) {
        return new NodeId(number);
    }

    /**
     * Reads {@code n3}.
     *
     * @throws IllegalArgumentException when the text is not an {@code n} and a number in range
     */
    public static NodeId parse(String text) {
        if (!text.matches("n[1-9][0-9]?")) {
            throw new IllegalArgumentException("\"%s\" is not a node name: write n1 to n%d".formatted(text, LIMIT - 1));
        }
        return new NodeId(Integer.parseInt(text.substring(1)));
    }

    @Override
    public int compareTo(NodeId other) {
        return Integer.compare(number, other.number);
    }

    @Override
    public String toString() {
        return "n" + number;
    }
}
