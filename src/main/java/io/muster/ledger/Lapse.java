package io.muster.ledger;

/**
 * How a node went out last without leaving as planned, and how often it did so lately. It stands in the agreed state, so
 * that the next leader makes a node that comes and goes wait as long as this one would (rule V4).
 *
 * @param life   which life of the node went out
 * @param fenced whether it had to be fenced; otherwise it held nothing
 * @param count  how often lately, this time included; at least 1
 * @param at     the version that put it out
 */
public record Lapse(long life, boolean fenced, int count, long at) {

    /** The count does not grow beyond this. */
    public static final int COUNT_LIMIT = 32;
    /** So many versions without a lapse of the node halve its count. */
    public static final long HALVING_VERSIONS = 256;

    public Lapse {
        if (count < 1 || count > COUNT_LIMIT || life < 1 || at < 1) {
            throw new IllegalArgumentException("lapse %d of life %d in version %d".formatted(count, life, at));
        }
    }

    /** The next one, in this version. A planned leave wipes the slate clean: then there is no lapse to follow on. */
    public Lapse again(long nextLife, boolean nextFenced, long version) {
        long halvings = Math.min(Integer.SIZE - 1, (version - at) / HALVING_VERSIONS);
        return new Lapse(nextLife, nextFenced, Math.min(COUNT_LIMIT, (count >> halvings) + 1), version);
    }
}
