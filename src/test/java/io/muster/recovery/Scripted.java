package io.muster.recovery;

import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/**
 * A participant that answers when the test says so. {@code built} is what it has made for the generation it is in:
 * abandoning empties it, as a service drops half-rebuilt lock masters.
 */
final class Scripted implements Participant {

    final List<String> calls = new ArrayList<>();
    final List<String> built = new ArrayList<>();
    final EnumSet<Phase> phases;
    private final String name;
    boolean answersAtOnce = true;
    boolean abandonsAtOnce = true;

    Scripted(String name, EnumSet<Phase> phases) {
        this.name = name;
        this.phases = phases;
    }

    static Scripted everywhere(String name) {
        return new Scripted(name, EnumSet.range(Phase.STOP, Phase.RESUME));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public EnumSet<Phase> takesPart() {
        return phases;
    }

    @Override
    public void begin(Phase phase, RecoveryPlan plan, Outbox<Answer> out) {
        calls.add("%s %d".formatted(phase, plan.generation()));
        if (phase == Phase.STOP) {
            built.clear();
        }
        built.add("%s %d %s".formatted(phase, plan.generation(), plan.departed()));
        if (answersAtOnce) {
            out.announce(new Done(plan.group(), plan.generation(), phase));
        }
    }

    @Override
    public void abandon(GroupName group, long generation, Outbox<Answer> out) {
        calls.add("abandon " + generation);
        built.clear();
        if (abandonsAtOnce) {
            out.announce(new Abandoned(group, generation));
        }
    }
}
