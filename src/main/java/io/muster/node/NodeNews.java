package io.muster.node;

import io.muster.base.FaultCode;

/** What a node tells its driver. */
public sealed interface NodeNews {

    /** Something happened that people and outside stacks may want to know. */
    record Happened(NodeEvent event) implements NodeNews {}

    /** The IO gate is open until this moment of the node's clock, and no longer. */
    record ActUntil(long until) implements NodeNews {}

    /** The node has to end now. @param planned false when something is wrong */
    record Stop(FaultCode code, String reason, boolean planned) implements NodeNews {}
}
