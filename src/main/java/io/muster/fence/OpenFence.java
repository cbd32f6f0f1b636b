package io.muster.fence;

import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Optional;

/**
 * One departed life that is not harmless yet, as {@code why} tells it.
 *
 * @param intent     0 while no intent is agreed
 * @param attempt    tries begun by this leader; 0 on nodes that do not lead
 * @param method     of the running or last try
 * @param actor      of the running or last try
 * @param lastAnswer of the device; empty before the first answer
 * @param nextTryAt  on this node's clock; 0 unless it waits for a pause or a delay to end
 * @param code       the entry of the catalogue that says what to do
 * @param fact       one sentence, without the code
 */
public record OpenFence(
        Incarnation victim,
        long intent,
        long attempt,
        Optional<String> method,
        Optional<NodeId> actor,
        String lastAnswer,
        long nextTryAt,
        WaitingFor waitingFor,
        FaultCode code,
        String fact) {

    /** What has to happen next. */
    public enum WaitingFor {
        /** The intent, or the evidence in hand, is not agreed yet. */
        QUORUM,
        /** This node does not lead; the leader knows more. */
        LEADER,
        /** A try runs, or its actor was asked for one. */
        DEVICE,
        /** The last try failed and the next one comes after a pause. */
        PAUSE,
        /** Only a person can say that the victim is off. */
        PERSON,
        /** No member may act, or one has not ended an older try. */
        ACTOR,
        /** The first try is delayed on purpose. */
        DELAY,
        /** So many were shot that the next ones wait (rule F6). */
        LIMITER,
        /** A newer life of the node is heard, and no device could spare it (rule F5a). */
        NEWER_LIFE
    }
}
