package io.muster.node;

import io.muster.base.Bytes;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.ledger.LedgerNews;

/** What a node tells its driver. */
public sealed interface NodeNews {

    /** Something happened that people and outside stacks may want to know. */
    record Happened(NodeEvent event) implements NodeNews {}

    /** A chosen state was applied: what subscribers build their view from, in order (001-11). */
    record Agreed(LedgerNews.Applied applied) implements NodeNews {}

    /** The IO gate is open until this moment of the node's clock, and no longer. */
    record ActUntil(long until) implements NodeNews {}

    /** The node has to end now. @param planned false when something is wrong */
    record Stop(FaultCode code, String reason, boolean planned) implements NodeNews {}

    /** A message of a member for a port of this node; told once, in the order in which it was sent. */
    record Delivered(Incarnation from, int port, Bytes content) implements NodeNews {}
}
