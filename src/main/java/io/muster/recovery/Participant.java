package io.muster.recovery;

import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.machine.Outbox;
import java.util.EnumSet;

/**
 * What a service of a group does while the group recovers. Phases come in order and all nodes are in step; a newer
 * generation may begin at any moment, after {@link #abandon}.
 *
 * <p>A node that leaves a group, or cannot get through a phase, abandons the generation and then begins STOP once more:
 * {@link Done} of that STOP is the service's word that nothing is served, no write is on its way, and it left nothing
 * that others would have to recover from. A service that cannot give this word must not answer: its node is then put
 * out and fenced, and the others recover from it (rule R4).
 *
 * <p>The outbox given to a participant takes answers and messages, within the call only; an answer that comes later
 * comes as an input of the node. It takes no effects: services have machines of their own for these, and nothing here
 * leads to fencing (000-18).
 */
public interface Participant {

    /** Unique on this node; a word for logs and {@code why}. */
    String name();

    /** The phases from STOP to RESUME in which {@link #begin} is called; through all others it is at once. */
    EnumSet<Phase> takesPart();

    /**
     * Begins a phase; announce {@link Done} or {@link Failed} once, now or many steps later. After {@link Failed} the
     * phase may be begun again.
     */
    void begin(Phase phase, RecoveryPlan plan, Outbox<Answer> out);

    /**
     * The last STOP, of a node that leaves the group or cannot get through: what is said above of {@link Done}. The
     * other members may be in any phase of any generation, so nothing can be waited for that they would have to do.
     */
    default void stopForGood(RecoveryPlan plan, Outbox<Answer> out) {
        begin(Phase.STOP, plan, out);
    }

    /**
     * Stop what runs for this generation; announce {@link Abandoned} once nothing of it is running. No answer about the
     * generation may follow. Called for every participant, also for one that had nothing to do in it.
     */
    void abandon(GroupName group, long generation, Outbox<Answer> out);

    /** What a participant answers. */
    sealed interface Answer {}

    record Done(GroupName group, long generation, Phase phase) implements Answer {}

    record Failed(GroupName group, long generation, Phase phase, String why) implements Answer {}

    record Abandoned(GroupName group, long generation) implements Answer {}
}
