package io.muster.sim;

import io.muster.base.Prng;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.machine.Outbox;
import io.muster.node.NodeInput;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A service of a simulated node that takes part in recovery: it answers at once, late, with a failure, or never, as its
 * behaviour says. What was abandoned answers nothing more but that.
 */
final class SimParticipant implements Participant {

    /**
     * How participants behave; chances are 0 to 1.
     *
     * @param late   chance that an answer takes up to {@code lateNs}
     * @param fails  chance that a phase fails
     * @param silent chance that a phase is not answered, until none is silent any more
     */
    record Behaviour(double late, long lateNs, double fails, double silent) {

        static final Behaviour HEALTHY = new Behaviour(0.2, 20_000_000, 0, 0);
    }

    /** What the simulation hears of it. */
    interface Ear {

        void began(String participant, Phase phase, RecoveryPlan plan);

        void toldToAbandon(String participant, GroupName group, long generation);

        void answered(String participant, Answer answer);
    }

    private static final long ANY = Long.MIN_VALUE;

    private final String name;
    private final EnumSet<Phase> phases;
    private final VirtualTime time;
    private final Prng chance;
    private final Ear ear;
    private final Consumer<NodeInput> node;
    /** What runs for each group: the number of its {@link #begin}, so that an answer given up on is never said later. */
    private final TreeMap<GroupName, Long> running = new TreeMap<>();
    private long turns;
    private final TreeMap<GroupName, Done> unsaid = new TreeMap<>();
    private Behaviour behaviour;
    private long faults;

    /** @param node the node that this serves, for answers that come later */
    SimParticipant(
            String name, EnumSet<Phase> phases, Behaviour behaviour, VirtualTime time, Prng chance, Ear ear,
            Consumer<NodeInput> node) {
        this.name = name;
        this.phases = phases;
        this.behaviour = behaviour;
        this.time = time;
        this.chance = chance;
        this.ear = ear;
        this.node = node;
    }

    void behave(Behaviour next) {
        behaviour = next;
        if (next.silent() == 0) {
            List<Done> said = List.copyOf(unsaid.values());
            unsaid.clear();
            said.forEach(answer -> later(answer.group(), running.get(answer.group()), answer, 1));
        }
    }

    /** Phases that failed or were never answered. */
    long faults() {
        return faults;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public EnumSet<Phase> takesPart() {
        return EnumSet.copyOf(phases);
    }

    @Override
    public void begin(Phase phase, RecoveryPlan plan, Outbox<Answer> out) {
        ear.began(name, phase, plan);
        long turn = ++turns;
        running.put(plan.group(), turn);
        unsaid.remove(plan.group());
        if (chance.chance(behaviour.silent())) {
            faults++;
            unsaid.put(plan.group(), new Done(plan.group(), plan.generation(), phase));
            return;
        }
        boolean fails = chance.chance(behaviour.fails());
        if (fails) {
            faults++;
        }
        Answer answer = fails
                ? new Failed(plan.group(), plan.generation(), phase, "no (simulated)")
                : new Done(plan.group(), plan.generation(), phase);
        answer(plan.group(), turn, answer, out);
    }

    @Override
    public void abandon(GroupName group, long generation, Outbox<Answer> out) {
        ear.toldToAbandon(name, group, generation);
        running.remove(group);
        unsaid.remove(group);
        answer(group, ANY, new Abandoned(group, generation), out);
    }

    /** @param turn answers only while this one runs, or {@link #ANY} */
    private void answer(GroupName group, long turn, Answer answer, Outbox<Answer> out) {
        if (chance.chance(behaviour.late())) {
            later(group, turn, answer, chance.nextLong(behaviour.lateNs()) + 1);
        } else {
            ear.answered(name, answer);
            out.announce(answer);
        }
    }

    private void later(GroupName group, long turn, Answer answer, long inNs) {
        time.after(inNs, () -> {
            if (turn == ANY || Long.valueOf(turn).equals(running.get(group))) {
                ear.answered(name, answer);
                node.accept(new NodeInput.Answered(name, answer));
            }
        });
    }
}
