package io.muster.membership;

/**
 * How a node wants views to be chosen when not all members hear each other (rule V2). The judgement is the leader's
 * alone (rule V7), so settings that differ from node to node are a matter of taste and not of safety.
 *
 * @param policy what counts first
 * @param weight what this node itself is worth under {@link Policy#WEIGHT}: 1 for most, 0 for a {@link #witness}
 * @param diskSilenceNs how long after its death a node may still look alive on a shared disk (rule B2); 0 without one
 */
public record ViewSettings(Policy policy, int weight, long diskSilenceNs) {

    public static final int WEIGHT_LIMIT = ViewChoice.WORTH_LIMIT;
    public static final ViewSettings DEFAULT = new ViewSettings(Policy.SIZE, 1);

    /** What counts first of two sets that both can decide. */
    public enum Policy {
        /** How many nodes are in. */
        SIZE,
        /** The sum of their weights; then how many they are. */
        WEIGHT
    }

    /** Without a shared disk. */
    public ViewSettings(Policy policy, int weight) {
        this(policy, weight, 0);
    }

    public ViewSettings {
        if (weight < 0 || weight > WEIGHT_LIMIT) {
            throw new IllegalArgumentException("a node's weight is %d; 0 to %d are allowed".formatted(
                    weight, WEIGHT_LIMIT));
        }
    }

    /** The same beside such a disk. */
    public ViewSettings withDisks(long silenceNs) {
        return new ViewSettings(policy, weight, silenceNs);
    }

    /** A node of weight 0 is a witness: it may vote, it joins no group, and so it never has to be fenced (rule F9). */
    public boolean witness() {
        return weight == 0;
    }
}
