package io.muster.base;

/**
 * The identity of one ledger, drawn once when a cluster is founded. Frames and data folders of another id are refused,
 * so two clusters with the same name never mix.
 */
public record ClusterId(long high, long low) {

    /** Reads the 32 hexadecimal digits of {@link #toString()}. */
    public static ClusterId parse(String text) {
        if (!text.matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException("\"%s\" is not a cluster id of 32 hexadecimal digits".formatted(text));
        }
        return new ClusterId(
                Long.parseUnsignedLong(text.substring(0, 16), 16), Long.parseUnsignedLong(text.substring(16), 16));
    }

    /**
     * What frames and introductions name instead, once lost voters were given up (rule Q6): no byte of the ledger before is
     * taken for one of this. The first half stays, so that the two can be told from another cluster.
     *
     * @param ledger 0 for the ledger that the cluster was founded with
     */
    public ClusterId ofLedger(long ledger) {
        return new ClusterId(high, low ^ ledger);
    }

    /** Whether the other one is the same cluster with another ledger. */
    public boolean isOtherLedgerOf(ClusterId other) {
        return high == other.high && low != other.low;
    }

    @Override
    public String toString() {
        return "%016x%016x".formatted(high, low);
    }
}
