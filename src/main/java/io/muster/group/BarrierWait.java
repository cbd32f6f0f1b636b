package io.muster.group;

import io.muster.base.NodeSet;
import io.muster.ledger.BarrierName;

/**
 * A barrier that was entered and not passed.
 *
 * @param own     whether this node waits in it; the leader lists those of others too
 * @param missing members that have not entered, as far as this node knows
 * @param running whether the group runs; while it recovers nobody passes
 */
public record BarrierWait(BarrierName barrier, boolean own, NodeSet missing, boolean running, String fact) {}
