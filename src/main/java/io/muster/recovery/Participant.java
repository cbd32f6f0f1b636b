package io.muster.recovery;

import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.machine.Outbox;
import java.util.EnumSet;

/**
 * What a service of a group does while the group recovers. Phases come in order and all nodes are in step; a newer
 * generation may begin at any moment, after {@link #abandon}.
 */
public interface Participant {

    /** Unique on this node; a word for logs and {@code why}. */
    String name();

    EnumSet<Phase> takesPart();

    /** Begins a phase; announce {@link Done} or {@link Failed} once, now or many steps later. */
    void begin(Phase phase, RecoveryPlan plan, Outbox<Answer> out);

    /** Stop what runs for this generation; announce {@link Abandoned} when nothing of it is running. */
    void abandon(GroupName group, long generation, Outbox<Answer> out);

    /** What a participant answers. */
    sealed interface Answer {}

    record Done(GroupName group, long generation, Phase phase) implements Answer {}

    record Failed(GroupName group, long generation, Phase phase, String why) implements Answer {}

    record Abandoned(GroupName group, long generation) implements Answer {}
}
