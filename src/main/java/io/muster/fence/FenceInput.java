package io.muster.fence;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.LedgerNews;
import io.muster.machine.Completion;
import java.util.List;
import java.util.SortedMap;

/** What the fencer is told. */
public sealed interface FenceInput {

    record Arrived(Incarnation from, FenceMessage message) implements FenceInput {}

    record Agreed(LedgerNews news) implements FenceInput {}

    /** Signs of life may contradict evidence (rule F4). */
    record Heard(HeartbeatNews news) implements FenceInput {}

    record Completed(Completion completion) implements FenceInput {}

    /** The acting lease of this node (rule F8). */
    record ActUntil(long until) implements FenceInput {}

    /** A person says that this node is off. */
    record AcknowledgeWanted(NodeId node, String person, String remark) implements FenceInput {}

    /** The plans of some nodes have changed; devices and limits stay as they are. */
    record Configured(Fencing fencing) implements FenceInput {}

    /** A life asks to be admitted, and says where it runs. */
    record Arriving(Incarnation who, HostProcess process) implements FenceInput {}

    /** A person opens whatever holds fences back (rules F5a, F6). */
    record OpenWanted(String person, String remark) implements FenceInput {}
}
