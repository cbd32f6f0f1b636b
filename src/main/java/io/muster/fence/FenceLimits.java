package io.muster.fence;

import io.muster.ledger.EvidenceClass;

/**
 * What holds for fences of all nodes.
 *
 * @param nodes           so many nodes may be shot and stay away within the window before acts are held (rule F6);
 *                        {@link #OFF} for no limit
 * @param windowNs        after which a fence does not count any more
 * @param priorityDelayNs waited before the more important side of an even split is shot
 * @param drainNs         how long storage may still apply what a machine sent before it ended (D of rule A3)
 * @param settleNs        how long a device may still carry out a command after who gave it gave up or died (rule F7)
 * @param least           evidence weaker than this is not taken (rule F3)
 */
public record FenceLimits(int nodes, long windowNs, long priorityDelayNs, long drainNs, long settleNs,
        EvidenceClass least) {

    /** No limit. */
    public static final int OFF = Integer.MAX_VALUE;
    public static final FenceLimits NONE = new FenceLimits(OFF, 1, 0, 0, 0, weakest());
    public static final long SHIPPED_WINDOW_NS = 60_000_000_000L;
    public static final long SHIPPED_DRAIN_NS = 5_000_000_000L;
    public static final long SHIPPED_SETTLE_NS = 10_000_000_000L;

    public FenceLimits {
        if (nodes < 1 || windowNs < 1 || priorityDelayNs < 0 || drainNs < 0 || settleNs < 0) {
            throw new IllegalArgumentException("%d nodes; window %d, priority delay %d, drain %d, settle %d ns".formatted(
                            nodes, windowNs, priorityDelayNs, drainNs, settleNs));
        }
    }

    /** The shipped settings for a cluster of so many nodes: fewer than half of them. */
    public static FenceLimits shipped(int nodeCount) {
        return new FenceLimits(shippedNodes(nodeCount), SHIPPED_WINDOW_NS, 0, SHIPPED_DRAIN_NS, SHIPPED_SETTLE_NS, weakest());
    }

    public static int shippedNodes(int nodeCount) {
        return Math.max(1, (nodeCount - 1) / 2);
    }

    /** Every class is taken. */
    public static EvidenceClass weakest() {
        return EvidenceClass.values()[EvidenceClass.values().length - 1];
    }

    boolean limited() {
        return nodes != OFF;
    }

    boolean takes(EvidenceClass evidence) {
        return evidence.ordinal() <= least.ordinal();
    }
}
