package io.muster.fence;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;

/** What the fencer announces. */
public sealed interface FenceNews {

    /** This node begins a try. */
    record Trying(long intent, Incarnation victim, String method, NodeId actor, long attempt) implements FenceNews {}

    /** A try failed; the next one comes after a pause. Known on the leader and on the actor. */
    record TryFailed(long intent, Incarnation victim, String method, NodeId actor, long attempt, String answer)
            implements FenceNews {}
}
