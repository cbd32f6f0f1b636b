package io.muster.heartbeat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Optional;

/**
 * One node as one disk shows it now.
 *
 * @param life    in the newest slot that was seen whole
 * @param shown   {@code up}, {@code down} or {@code not judged yet}
 * @param quietNs since something newer was seen there, or counting began
 * @param faults  looks at its slot or mail that found no whole block of this node, in this life
 */
public record SlotPicture(NodeId node, Optional<Incarnation> life, String shown, long quietNs, long faults) {}
