package io.muster.fence;

import io.muster.base.NodeId;
import io.muster.machine.Message;
import java.util.Optional;

/** What the leader and the actors of a fence say to each other. */
public sealed interface FenceMessage extends Message {

    /**
     * Make the victim of this agreed intent harmless; told to the actor until it answers (rule F8: it acts only once
     * the intent is in its applied state and its lease is valid).
     *
     * @param attempt counts up over all methods and actors of the intent
     */
    record Act(long intent, long attempt, String method) implements FenceMessage {}

    /** The attempt ended. @param evidence label of the evidence class, when the victim is harmless */
    record Acted(long intent, long attempt, Optional<String> evidence, String proof) implements FenceMessage {}

    /** A person says that this node is off; told to the leader until the state shows it. */
    record Acknowledge(NodeId node, String person, String remark) implements FenceMessage {}
}
