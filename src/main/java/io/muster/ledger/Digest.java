package io.muster.ledger;

/** The first 128 bits of the SHA-256 of a state's bytes: it names the parent of the next version (rule L1). */
public record Digest(long high, long low) {

    /** The parent of version 0. */
    public static final Digest NONE = new Digest(0, 0);

    @Override
    public String toString() {
        return "%016x".formatted(high);
    }
}
