package io.muster.fence;

import io.muster.base.Clip;
import io.muster.base.Incarnation;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.FenceOperation;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * The hand of the {@link Fencer}: carries out what a leader asks of this node. It keeps one duty for each open intent,
 * follows the newest order for it by (ballot, attempt), runs one effect at a time, and answers again when asked again.
 * An act begins only when this node is a member, holds its acting lease, and has applied the intent (rules F1, F8).
 */
final class FenceActor {

    /** Intents this node may have to do with at once. */
    static final int DUTIES_LIMIT = ClusterState.DEPARTURES_LIMIT;

    /** @param number of the running operation in the history */
    private record Running(long ticket, FenceMessage.Act act, LevelRun run, Departure victim, long number) {}

    private static final class Duty {
        private Ballot ballot;
        private long attempt;
        private boolean ceased;
        private Optional<FenceMessage.Act> todo = Optional.empty();
        private Optional<Running> running = Optional.empty();
        private Optional<FenceMessage.Acted> answer = Optional.empty();
        /** The level that made the victim harmless here, until its power is given back. */
        private Optional<Running> done = Optional.empty();
        /** Until then a device that did not answer may still carry out what it was told here. */
        private long unsettledUntil = Long.MIN_VALUE;

        private Duty(Ballot ballot, long attempt) {
            this.ballot = ballot;
            this.attempt = attempt;
        }

        /** @return below 0 when the order is older than the newest one seen, 0 when it is that one */
        private int compare(Ballot other, long otherAttempt) {
            int byBallot = other.compareTo(ballot);
            return byBallot != 0 ? byBallot : Long.compare(otherAttempt, attempt);
        }
    }

    private final Incarnation self;
    private Fencing fencing;
    private final long fenceLimitNs;
    private final NewerLives newer;
    private final FenceHistory history;
    private final Tickets numbers;
    private final SortedMap<Long, Duty> duties = new TreeMap<>();
    /** Operations that give back what a fence took, by ticket, with their number in the history. */
    private final SortedMap<Long, Long> givingBack = new TreeMap<>();

    FenceActor(Incarnation self, Fencing fencing, long fenceLimitNs, NewerLives newer, FenceHistory history,
            Tickets numbers) {
        this.self = self;
        this.fencing = fencing;
        this.fenceLimitNs = fenceLimitNs;
        this.newer = newer;
        this.history = history;
        this.numbers = numbers;
    }

    /** Taken up by what begins from here on. */
    void configured(Fencing next) {
        fencing = next;
    }

    /** A leader asks for a try. */
    void asked(FenceMessage.Act act, Optional<ClusterState> state, BiConsumer<Incarnation, FenceMessage> tell) {
        if (isOver(act.intent(), state)) {
            return;
        }
        Duty duty = duty(act.intent(), act.ballot(), act.attempt());
        int order = duty == null ? -1 : duty.compare(act.ballot(), act.attempt());
        if (order < 0 || order == 0 && duty.ceased) {
            return;
        }
        boolean same = order == 0;
        duty.ballot = act.ballot();
        duty.attempt = act.attempt();
        duty.ceased = false;
        if (same && duty.answer.filter(a -> isFor(a, act)).isPresent()) {
            tell.accept(act.ballot().leader(), duty.answer.get());
        } else if (duty.running.filter(r -> r.act().equals(act)).isEmpty()) {
            duty.todo = Optional.of(act);
        }
    }

    /** A leader knows enough: nothing more is begun, and it is told when nothing runs (rule F7). */
    void ceaseAsked(
            FenceMessage.Cease cease, Optional<ClusterState> state, long now,
            BiConsumer<Incarnation, FenceMessage> tell) {
        Duty duty = duties.get(cease.intent());
        if (duty == null && isOver(cease.intent(), state)) {
            tell.accept(cease.ballot().leader(),
                    new FenceMessage.Ceased(cease.ballot(), cease.intent(), cease.attempt()));
            return;
        }
        duty = duty(cease.intent(), cease.ballot(), cease.attempt());
        if (duty == null || duty.compare(cease.ballot(), cease.attempt()) < 0) {
            return;
        }
        duty.ballot = cease.ballot();
        duty.attempt = cease.attempt();
        duty.ceased = true;
        duty.todo = Optional.empty();
        sayCeased(cease.intent(), duty, now, tell);
    }

    /** Forgets what is over and begins what may begin now. */
    void start(
            Optional<ClusterState> state, long actUntil, long now, BiConsumer<Incarnation, FenceMessage> tell,
            Outbox<FenceNews> out) {
        if (mayAct(state, actUntil, now)) {
            giveBack(state.get(), now, out);
        }
        duties.entrySet().removeIf(e -> e.getValue().running.isEmpty() && e.getValue().done.isEmpty()
                && isOver(e.getKey(), state));
        if (!mayAct(state, actUntil, now)) {
            return;
        }
        for (var entry : duties.entrySet()) {
            Duty duty = entry.getValue();
            Optional<Departure> victim = open(state.get(), entry.getKey());
            if (duty.todo.isPresent() && duty.running.isEmpty() && victim.isPresent()) {
                FenceMessage.Act act = duty.todo.get();
                duty.todo = Optional.empty();
                begin(duty, act, victim.get(), state.get(), now, tell, out);
            }
        }
    }

    /** Rules F8, A6: a member with a lease, by its own clock. */
    private boolean mayAct(Optional<ClusterState> state, long actUntil, long now) {
        return state.isPresent() && state.get().isMember(self) && now < actUntil;
    }

    /** An effect ended; an effect of a duty that is over changes nothing any more. */
    void ended(Completion.FenceEnded end, Optional<ClusterState> state, long actUntil, long now,
            BiConsumer<Incarnation, FenceMessage> tell, Outbox<FenceNews> out) {
        Long given = givingBack.remove(end.ticket());
        if (given != null) {
            history.ended(given, end.evidence(), end.proof(), now);
            return;
        }
        for (var entry : duties.entrySet()) {
            Duty duty = entry.getValue();
            Optional<Running> running = duty.running.filter(r -> r.ticket() == end.ticket());
            if (running.isEmpty()) {
                continue;
            }
            history.ended(running.get().number(), end.evidence(), end.proof(), now);
            duty.running = Optional.empty();
            operationEnded(duty, running.get(), end, state, actUntil, now, tell, out);
            sayCeased(running.get().act().intent(), duty, now, tell);
        }
    }

    private void operationEnded(Duty duty, Running running, Completion.FenceEnded end, Optional<ClusterState> state,
            long actUntil, long now, BiConsumer<Incarnation, FenceMessage> tell, Outbox<FenceNews> out) {
        boolean unknown = end.evidence().filter(Completion.FenceEnded.UNKNOWN::equals).isPresent();
        if (unknown && !running.run().next().map(step -> fencing.device(step.device()).oneLife()).orElse(true)) {
            duty.unsettledUntil = now + fencing.limits().settleNs();
        }
        boolean unseen = end.evidence().filter(Completion.FenceEnded.UNSEEN::equals).isPresent();
        if (end.evidence().isEmpty() || unknown || unseen) {
            Optional<String> label = unknown ? Optional.empty() : end.evidence();
            failed(duty, running, label, end.proof(), state, now, tell, out);
            return;
        }
        LevelRun run = running.run();
        run.succeeded(Clip.text(end.evidence().get()), Clip.text(end.proof()));
        if (run.next().isEmpty()) {
            duty.done = Optional.of(running);
            answer(duty, running.act(), Optional.of(run.evidence()), Clip.text(run.proof()), now, tell);
            return;
        }
        Optional<String> obstacle = duty.ceased || !mayAct(state, actUntil, now)
                ? Optional.of("%s may not act any more; the level is not finished".formatted(self.node()))
                : heldBack(running.act().method(), running.victim(), state.get());
        if (obstacle.isPresent()) {
            failed(duty, running, Optional.empty(), obstacle.get(), state, now, tell, out);
        } else {
            perform(duty, running.act(), run, running.victim(), now, out);
        }
    }

    private void failed(Duty duty, Running running, Optional<String> label, String why, Optional<ClusterState> state,
            long now, BiConsumer<Incarnation, FenceMessage> tell, Outbox<FenceNews> out) {
        FenceMessage.Act act = running.act();
        int devices = fencing.plan(running.victim().who().node()).level(act.method()).map(l -> l.devices().size()).orElse(1);
        String step = running.run().next().filter(_ -> devices > 1)
                .map(next -> "%s %s: ".formatted(next.device(), next.operation())).orElse("");
        if (!act.ballot().leader().equals(self)) {
            open(state, act.intent()).ifPresent(victim -> out.announce(new FenceNews.TryFailed(
                    act.intent(), victim.who(), act.method(), self.node(), act.attempt(), step + why)));
        }
        answer(duty, act, label, Clip.text(step + why), now, tell);
    }

    /** Rule F5a: what cuts the whole node off is not begun while a newer life of it is heard. */
    private Optional<String> heldBack(String label, Departure victim, ClusterState state) {
        boolean hits = fencing.plan(victim.who().node()).level(label).filter(level -> !fencing.oneLife(level)).isPresent();
        return newer.holding(victim, state).filter(_ -> hits)
                .map(life -> "held back: %s hears %s, and \"%s\" would cut it off".formatted(self.node(), life, label));
    }

    /** Once the evidence is agreed, what this node took away with several devices or one is given back, all of it. */
    private void giveBack(ClusterState state, long now, Outbox<FenceNews> out) {
        for (Duty duty : duties.values()) {
            Optional<Running> done = duty.done.filter(level -> open(state, level.act().intent()).isEmpty());
            if (done.isEmpty()) {
                continue;
            }
            duty.done = Optional.empty();
            FenceMessage.Act act = done.get().act();
            Departure victim = done.get().victim();
            fencing.plan(victim.who().node()).level(act.method()).map(FenceLevel::devices).orElse(List.of()).stream()
                    .filter(name -> fencing.device(name).switchesOn())
                    .forEach(name -> givingBack.put(operation(
                            act, name, FenceOperation.ON, victim, now, out), history.last()));
        }
    }

    /** The open departure that this intent is about, as this state has it. */
    static Optional<Departure> open(ClusterState state, long intent) {
        return state.departures().values().stream()
                .filter(d -> !d.harmless() && d.intent().isPresent() && d.intent().get().id() == intent)
                .findFirst();
    }

    private static Optional<Departure> open(Optional<ClusterState> state, long intent) {
        return state.flatMap(known -> open(known, intent));
    }

    private void begin(Duty duty, FenceMessage.Act act, Departure victim, ClusterState state, long now,
            BiConsumer<Incarnation, FenceMessage> tell, Outbox<FenceNews> out) {
        Optional<FenceLevel> level = fencing.plan(victim.who().node()).level(act.method());
        if (level.isEmpty()) {
            answer(duty, act, Optional.of(Completion.FenceEnded.UNSEEN),
                    "%s has no fence method \"%s\" for %s".formatted(self.node(), act.method(), victim.who().node()),
                    now, tell);
            return;
        }
        Optional<String> obstacle = heldBack(act.method(), victim, state);
        if (obstacle.isPresent()) {
            answer(duty, act, Optional.empty(), obstacle.get(), now, tell);
            return;
        }
        out.announce(new FenceNews.Trying(act.intent(), victim.who(), act.method(), self.node(), act.attempt()));
        perform(duty, act, new LevelRun(level.get(), fencing), victim, now, out);
    }

    private void perform(Duty duty, FenceMessage.Act act, LevelRun run, Departure victim, long now, Outbox<FenceNews> out) {
        LevelRun.Step step = run.next().orElseThrow();
        long ticket = operation(act, step.device(), step.operation(), victim, now, out);
        duty.running = Optional.of(new Running(ticket, act, run, victim, history.last()));
    }

    private long operation(FenceMessage.Act act, String device, FenceOperation operation, Departure victim, long now,
            Outbox<FenceNews> out) {
        long ticket = numbers.next();
        history.began(new FenceTry(act.intent(), act.attempt(), victim.who(), act.method(), device, operation,
                self.node(), now, Optional.empty(), Optional.empty(), ""));
        out.perform(new Effect.Fence(
                ticket, act.intent(), device, victim.who(), victim.process(), fenceLimitNs, operation));
        return ticket;
    }

    private void answer(Duty duty, FenceMessage.Act act, Optional<String> evidence, String proof, long now,
            BiConsumer<Incarnation, FenceMessage> tell) {
        FenceMessage.Acted acted = new FenceMessage.Acted(
                act.ballot(), act.intent(), act.attempt(), evidence, proof, now >= duty.unsettledUntil);
        duty.answer = Optional.of(acted);
        tell.accept(act.ballot().leader(), acted);
    }

    /** Told again and again by who asks, so an answer that is not due yet needs no timer. */
    private static void sayCeased(long intent, Duty duty, long now, BiConsumer<Incarnation, FenceMessage> tell) {
        if (duty.ceased && duty.running.isEmpty() && now >= duty.unsettledUntil) {
            tell.accept(duty.ballot.leader(), new FenceMessage.Ceased(duty.ballot, intent, duty.attempt));
        }
    }

    /** @return the duty for this intent, made when there is none; null when there is no room for one more */
    private Duty duty(long intent, Ballot ballot, long attempt) {
        Duty duty = duties.get(intent);
        if (duty == null && duties.size() < DUTIES_LIMIT) {
            duty = new Duty(ballot, attempt);
            duties.put(intent, duty);
        }
        return duty;
    }

    /** True when the intent is known to this node and is not open any more; one of the future may still become so. */
    private static boolean isOver(long intent, Optional<ClusterState> state) {
        return state.isPresent() && intent < state.get().nextIntent() && open(state.get(), intent).isEmpty();
    }

    private static boolean isFor(FenceMessage.Acted answer, FenceMessage.Act act) {
        return answer.ballot().equals(act.ballot()) && answer.attempt() == act.attempt();
    }

    /** Intents with an effect that has not ended, for {@code why} and for a node that wants to leave. */
    List<Long> runningIntents() {
        List<Long> intents = new ArrayList<>();
        duties.forEach((intent, duty) -> duty.running.ifPresent(_ -> intents.add(intent)));
        return intents;
    }
}
