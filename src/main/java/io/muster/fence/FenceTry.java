package io.muster.fence;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.machine.FenceOperation;
import java.util.Optional;

/**
 * One operation that this node carried out, or one try that it asked another node for, as it remembers it.
 *
 * @param intent   0 for the unfencing of a new life
 * @param attempt  of the leader that asked; 0 when nobody did
 * @param device   empty for a whole try of another node
 * @param beganAt  on this node's clock
 * @param endedAt  on this node's clock; empty while it runs
 * @param evidence label of what was proved, when it succeeded
 * @param answer   what the device said
 */
public record FenceTry(
        long intent, long attempt, Incarnation victim, String level, String device, FenceOperation operation,
        NodeId actor, long beganAt, Optional<Long> endedAt, Optional<String> evidence, String answer) {

    FenceTry ended(Optional<String> label, String said, long now) {
        return new FenceTry(intent, attempt, victim, level, device, operation, actor, beganAt, Optional.of(now), label, said);
    }
}
