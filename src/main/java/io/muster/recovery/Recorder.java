package io.muster.recovery;

import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.machine.Outbox;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;

/**
 * The built-in participant: goes through every phase at once and keeps what it saw, newest last. It stands where a lock
 * manager will stand: what it notes is what a lock manager would be told, in that order (000-23, 000-24).
 */
public final class Recorder implements Participant {

    /** Older notes are dropped. */
    public static final int NOTES_LIMIT = 256;

    /** What the recorder was told. */
    public sealed interface Note {}

    public record Began(Phase phase, RecoveryPlan plan) implements Note {}

    public record Forgot(GroupName group, long generation) implements Note {}

    private final Deque<Note> notes = new ArrayDeque<>();

    @Override
    public String name() {
        return "recorder";
    }

    @Override
    public EnumSet<Phase> takesPart() {
        return EnumSet.range(Phase.STOP, Phase.RESUME);
    }

    @Override
    public void begin(Phase phase, RecoveryPlan plan, Outbox<Answer> out) {
        note(new Began(phase, plan));
        out.announce(new Done(plan.group(), plan.generation(), phase));
    }

    @Override
    public void abandon(GroupName group, long generation, Outbox<Answer> out) {
        note(new Forgot(group, generation));
        out.announce(new Abandoned(group, generation));
    }

    /** The last notes, oldest first. */
    public List<Note> notes() {
        return List.copyOf(notes);
    }

    private void note(Note note) {
        if (notes.size() == NOTES_LIMIT) {
            notes.removeFirst();
        }
        notes.addLast(note);
    }
}
