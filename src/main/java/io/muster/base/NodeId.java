package io.muster.base;

/**
 * Who has a number in a cluster: a node, written {@code n3}, or a disk that votes, written {@code d1}. Numbers are small so that
 * sets fit in a word. A disk is only ever an acceptor of the ledger: it is no member, has no lives and sends nothing.
 *
 * @param number 1 to {@link #LIMIT} - 1 for nodes; {@link #LIMIT} to {@link #VOTERS_LIMIT} - 1 for disks
 */
public record NodeId(int number) implements Comparable<NodeId> {

    /** Numbers of nodes lie below this. */
    public static final int LIMIT = 65;
    /** Disks that may vote in one cluster, at most. */
    public static final int DISKS_LIMIT = 8;
    /** Numbers of voters, nodes and disks, lie below this. */
    public static final int VOTERS_LIMIT = LIMIT + DISKS_LIMIT;

    public NodeId {
        if (number < 1 || number >= VOTERS_LIMIT) {
            throw new IllegalArgumentException("node number %d is not in 1 to %d".formatted(number, LIMIT - 1));
        }
    }

    /** @throws IllegalArgumentException when the number is none of a node */
    public static NodeId of(int number) {
        if (number >= LIMIT) {
            throw new IllegalArgumentException("node number %d is not in 1 to %d".formatted(number, LIMIT - 1));
        }
        return new NodeId(number);
    }

    /** @param number 1 to {@link #DISKS_LIMIT} */
    public static NodeId ofDisk(int number) {
        if (number < 1 || number > DISKS_LIMIT) {
            throw new IllegalArgumentException("disk number %d is not in 1 to %d".formatted(number, DISKS_LIMIT));
        }
        return new NodeId(LIMIT - 1 + number);
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
        return NodeId.of(Integer.parseInt(text.substring(1)));
    }

    /**
     * Reads {@code n3} or {@code d1}.
     *
     * @throws IllegalArgumentException when the text names neither a node nor a disk
     */
    public static NodeId parseVoter(String text) {
        if (text.matches("d[1-9]")) {
            return ofDisk(Integer.parseInt(text.substring(1)));
        }
        if (!text.startsWith("n")) {
            throw new IllegalArgumentException("\"%s\" is no voter: write n1 to n%d for a node, d1 to d%d for a disk".formatted(
                    text, LIMIT - 1, DISKS_LIMIT));
        }
        return parse(text);
    }

    public boolean isDisk() {
        return number >= LIMIT;
    }

    @Override
    public int compareTo(NodeId other) {
        return Integer.compare(number, other.number);
    }

    @Override
    public String toString() {
        return isDisk() ? "d" + (number - LIMIT + 1) : "n" + number;
    }
}
