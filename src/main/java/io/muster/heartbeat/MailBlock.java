package io.muster.heartbeat;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import java.util.List;

/**
 * What one life of a node writes into its mail block on one disk: everything it wants of anybody, in one block, so that it is
 * there whole or not at all.
 *
 * @param sequence counts the contents of this life: equal sequence, equal content
 * @param pills    at most one for each addressee
 */
public record MailBlock(ClusterId cluster, Incarnation from, long start, long sequence, List<Pill> pills) {

    /** One for each node there can be. */
    public static final int PILLS_LIMIT = 64;

    /**
     * A command to one life of a node to end itself.
     *
     * @param intent   the agreed intent that it is for
     * @param sequence of the block in which it came first
     */
    public record Pill(Incarnation victim, long intent, long sequence) {}

    public MailBlock {
        pills = List.copyOf(pills);
        Invariant.holds(pills.size() <= PILLS_LIMIT, "%d pills in one block", pills.size());
    }
}
