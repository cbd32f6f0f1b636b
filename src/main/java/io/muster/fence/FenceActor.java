package io.muster.fence;

import io.muster.base.Clip;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
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

    private record Running(long ticket, FenceMessage.Act act) {}

    private static final class Duty {
        private Ballot ballot;
        private long attempt;
        private boolean ceased;
        private Optional<FenceMessage.Act> todo = Optional.empty();
        private Optional<Running> running = Optional.empty();
        private Optional<FenceMessage.Acted> answer = Optional.empty();

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
    private final SortedMap<NodeId, List<String>> methods;
    private final long fenceLimitNs;
    private final SortedMap<Long, Duty> duties = new TreeMap<>();
    private long tickets;

    /** @param methods that a machine can run, for each node */
    FenceActor(Incarnation self, SortedMap<NodeId, List<String>> methods, long fenceLimitNs) {
        this.self = self;
        this.methods = methods;
        this.fenceLimitNs = fenceLimitNs;
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
            FenceMessage.Cease cease, Optional<ClusterState> state, BiConsumer<Incarnation, FenceMessage> tell) {
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
        sayCeased(cease.intent(), duty, tell);
    }

    /** Forgets what is over and begins what may begin now. */
    void start(
            Optional<ClusterState> state, long actUntil, long now, BiConsumer<Incarnation, FenceMessage> tell,
            Outbox<FenceNews> out) {
        duties.entrySet().removeIf(e -> e.getValue().running.isEmpty() && isOver(e.getKey(), state));
        if (state.isEmpty() || !state.get().isMember(self) || now >= actUntil) {
            return;
        }
        for (var entry : duties.entrySet()) {
            Duty duty = entry.getValue();
            Optional<Departure> victim = open(state.get(), entry.getKey());
            if (duty.todo.isPresent() && duty.running.isEmpty() && victim.isPresent()) {
                FenceMessage.Act act = duty.todo.get();
                duty.todo = Optional.empty();
                begin(duty, act, victim.get(), tell, out);
            }
        }
    }

    /** An effect ended; an effect of a duty that is over changes nothing any more. */
    void ended(Completion.FenceEnded end, Optional<ClusterState> state, BiConsumer<Incarnation, FenceMessage> tell,
            Outbox<FenceNews> out) {
        for (var entry : duties.entrySet()) {
            Duty duty = entry.getValue();
            Optional<Running> running = duty.running.filter(r -> r.ticket() == end.ticket());
            if (running.isEmpty()) {
                continue;
            }
            FenceMessage.Act act = running.get().act();
            duty.running = Optional.empty();
            if (end.evidence().isEmpty() && !act.ballot().leader().equals(self)) {
                open(state, act.intent()).ifPresent(victim -> out.announce(new FenceNews.TryFailed(
                        act.intent(), victim.who(), act.method(), self.node(), act.attempt(), end.proof())));
            }
            answer(duty, act, end.evidence().map(Clip::text), Clip.text(end.proof()), tell);
            sayCeased(act.intent(), duty, tell);
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

    private void begin(Duty duty, FenceMessage.Act act, Departure victim, BiConsumer<Incarnation, FenceMessage> tell,
            Outbox<FenceNews> out) {
        if (!methods.getOrDefault(victim.who().node(), List.of()).contains(act.method())) {
            answer(duty, act, Optional.empty(),
                    "%s has no fence method \"%s\" for %s".formatted(self.node(), act.method(), victim.who().node()),
                    tell);
            return;
        }
        long ticket = ++tickets;
        duty.running = Optional.of(new Running(ticket, act));
        out.announce(new FenceNews.Trying(act.intent(), victim.who(), act.method(), self.node(), act.attempt()));
        out.perform(new Effect.Fence(
                ticket, act.intent(), act.method(), victim.who(), victim.process(), fenceLimitNs));
    }

    private void answer(Duty duty, FenceMessage.Act act, Optional<String> evidence, String proof,
            BiConsumer<Incarnation, FenceMessage> tell) {
        FenceMessage.Acted acted =
                new FenceMessage.Acted(act.ballot(), act.intent(), act.attempt(), evidence, proof);
        duty.answer = Optional.of(acted);
        tell.accept(act.ballot().leader(), acted);
    }

    private static void sayCeased(long intent, Duty duty, BiConsumer<Incarnation, FenceMessage> tell) {
        if (duty.ceased && duty.running.isEmpty()) {
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
