package io.muster.fence;

import io.muster.base.Clip;
import io.muster.base.FaultCode;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.FenceIntent;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Member;
import io.muster.machine.Completion;
import io.muster.machine.Outbox;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * What the leader does about one agreed intent: tries, one after the other and without end, until there is evidence to
 * propose. It lives for one ballot; the next leader starts a case of its own from the same intent (001-18).
 *
 * <p>Evidence in hand is held back until every other actor that may have been asked is known to have nothing running,
 * so that no late act can hit the next life of the node (rule F7). An intent of an earlier ballot may have been worked
 * on by anybody, so then all members are asked; the usual case, one try by the leader itself, needs no message.
 */
final class FenceCase {

    /** How long an actor may take to be told and to answer, on top of the try itself, in ask periods. */
    private static final int MARGIN_ASKS = 2;

    /**
     * @param number in the history; 0 when the actor is this node, which remembers by itself
     * @param levels that were to be chosen from
     * @param actors that were to be chosen from
     */
    private record Try(
            long attempt, FenceChoice choice, long expiresAt, long limitNs, long number, int levels, int actors) {}

    /** @param at when this leader was told */
    private record Found(EvidenceClass evidence, String proof, NodeId actor, long at) {}

    private final Ballot ballot;
    private final Fencing fencing;
    private final FencePlan plan;
    private final TimeBudget times;
    private final FenceHistory history;
    private final long createdAt;
    private final boolean delayed;
    /** Actors that may have something of this intent running, with the last attempt they were told; 0 when unknown. */
    private final SortedMap<Incarnation, Long> outstanding = new TreeMap<>();
    /** Of those of them that went out: when nothing that they told a device can come any more. */
    private final SortedMap<Incarnation, Long> goneAt = new TreeMap<>();
    private long lookedAt = Long.MIN_VALUE;
    private Departure departure;
    private FenceIntent intent;
    private long attempt;
    /** Counts levels and actors on; as the attempt, but an actor that does not see the device is skipped. */
    private long turn = 1;
    private int failures;
    private int unseen;
    /** False until nobody can be unfencing the victim any more: that could undo what is about to be done. */
    private boolean quiet;
    /** Results of attempts below this were observed before the victim was heard again (rule F4). */
    private long trustFrom = 1;
    private Optional<Try> current = Optional.empty();
    private Optional<FenceChoice> lastChoice = Optional.empty();
    private Optional<Found> found = Optional.empty();
    private long askAt;
    private long nextTryAt;
    private String lastAnswer = "";

    /** @param delayNs waited on purpose before the first try */
    FenceCase(Ballot ballot, Departure departure, ClusterState state, Fencing fencing, TimeBudget times, long delayNs,
            FenceHistory history, long now) {
        this.ballot = ballot;
        this.fencing = fencing;
        this.plan = fencing.plan(departure.who().node());
        this.times = times;
        this.history = history;
        this.departure = departure;
        this.intent = departure.intent().orElseThrow();
        this.createdAt = now;
        this.nextTryAt = now + delayNs + levelDelayNs(1);
        this.delayed = nextTryAt > now;
        this.quiet = plan.unfence().isEmpty();
        if (!quiet || !intent.begun().equals(ballot)) {
            state.members().values().stream().map(Member::who).forEach(who -> outstanding.put(who, 0L));
            // Out since, yet it may have been asked while it was in. This always ends: it left later than the victim.
            state.departures().values().stream()
                    .filter(d -> d.evictedAt() > intent.agreedAt())
                    .forEach(d -> outstanding.put(d.who(), 0L));
        }
    }

    /** The state as applied now still has this departure. */
    void agreed(Departure now, long at) {
        FenceIntent next = now.intent().orElseThrow();
        if (next.agreedAt() != intent.agreedAt()) {
            distrust(at);
            failures = 0;
        }
        departure = now;
        intent = next;
    }

    /** The victim begins to be heard: what was or is being observed says nothing about it any more. */
    void heardAgain(long now) {
        if (current.isPresent() || found.isPresent()) {
            lastAnswer = "%s was heard again".formatted(departure.who());
        }
        distrust(now);
    }

    Incarnation victim() {
        return departure.who();
    }

    /** When the evidence in hand was told, while it is not agreed. */
    OptionalLong foundAt() {
        return departure.harmless() || found.isEmpty() ? OptionalLong.empty() : OptionalLong.of(found.get().at());
    }

    long createdAt() {
        return createdAt;
    }

    boolean open() {
        return !departure.harmless();
    }

    Departure departure() {
        return departure;
    }

    void work(ClusterState state, FenceHold hold, long now, BiConsumer<Incarnation, FenceMessage> tell,
            Outbox<FenceNews> out) {
        if (departure.harmless()) {
            return;
        }
        noteWhoIsGone(state, now);
        if (found.isPresent()) {
            askToCease(state, now, tell);
            return;
        }
        if (current.isPresent()) {
            Try running = current.get();
            Incarnation actor = running.choice().actor();
            if (!state.isMember(actor)) {
                failed(running, actor + " went out of the cluster", now, out);
            } else if (now >= running.expiresAt()) {
                failed(running, "no answer from %s within %d ms".formatted(
                        actor.node(), running.limitNs() / TimeBudget.MS), now, out);
            } else if (now >= askAt) {
                ask(running, now, tell);
            }
            return;
        }
        if (!quiet && stillOut(state).isPresent()) {
            askToCease(state, now, tell);
            return;
        }
        quiet = true;
        if (now >= nextTryAt && now >= hold.suspectUntil() && hold.limited().isEmpty()) {
            choose(state, hold).ifPresent(choice -> begin(choice, state, hold, now, tell));
        }
    }

    private void begin(FenceChoice choice, ClusterState state, FenceHold hold, long now,
            BiConsumer<Incarnation, FenceMessage> tell) {
        attempt++;
        int operations = plan.level(choice.method()).map(FenceLevel::operations).orElse(1);
        long limitNs = operations * times.fenceLimitNs() + marginNs();
        FenceMessage.Act act = new FenceMessage.Act(ballot, choice.actor(), intent.id(), attempt, choice.method());
        long number = choice.actor().equals(ballot.leader())
                ? 0
                : history.began(FenceHistory.asked(act, departure.who(), choice.actor().node(), now));
        Try next = new Try(
                attempt, choice, now + limitNs, limitNs, number, levels(hold).size(), state.members().size());
        current = Optional.of(next);
        lastChoice = Optional.of(choice);
        outstanding.put(choice.actor(), attempt);
        ask(next, now, tell);
    }

    void answered(Incarnation from, FenceMessage.Acted acted, long now, Outbox<FenceNews> out) {
        outstanding.computeIfPresent(from, (_, told) -> acted.attempt() >= told && acted.settled() ? null : told);
        Optional<Try> mine = current.filter(t -> t.attempt() == acted.attempt() && t.choice().actor().equals(from));
        if (departure.harmless() || found.isPresent()) {
            return;
        }
        mine.ifPresent(running -> history.ended(running.number(), acted.evidence(), acted.proof(), now));
        if (acted.evidence().isEmpty()) {
            mine.ifPresent(running -> failed(running, acted.proof(), now, out));
            return;
        }
        if (acted.evidence().get().equals(Completion.FenceEnded.UNSEEN)) {
            mine.ifPresent(running -> unseen(running, acted.proof(), now, out));
            return;
        }
        // A person's word comes from a person: a device that claims one has not understood the question.
        Optional<EvidenceClass> evidence =
                EvidenceClass.find(acted.evidence().get()).filter(c -> c != EvidenceClass.ACKNOWLEDGED);
        if (evidence.isEmpty()) {
            mine.ifPresent(running -> failed(running, "\"%s\" is no evidence a device can give: %s".formatted(
                    acted.evidence().get(), acted.proof()), now, out));
        } else if (!fencing.limits().takes(evidence.get())) {
            mine.ifPresent(running -> failed(running, "evidence \"%s\" is weaker than \"%s\", the least that is taken: %s"
                    .formatted(evidence.get().label(), fencing.limits().least().label(), acted.proof()), now, out));
        } else if (acted.attempt() >= trustFrom && acted.attempt() <= attempt) {
            // Also of an older attempt of this ballot: it was observed after the intent was agreed (rule F2).
            found(new Found(evidence.get(), Clip.text(acted.proof()), from.node(), now));
        }
    }

    void ceased(Incarnation from, FenceMessage.Ceased answer) {
        outstanding.computeIfPresent(from, (_, told) -> answer.attempt() >= told ? null : told);
    }

    void acknowledged(FenceMessage.Acknowledge word, NodeId leader, long now) {
        if (!fencing.limits().takes(EvidenceClass.ACKNOWLEDGED)) {
            lastAnswer = "the word of %s is not taken: the least evidence is \"%s\"".formatted(
                    word.person(), fencing.limits().least().label());
        } else if (word.agreedAt() == intent.agreedAt() && !departure.harmless() && found.isEmpty()) {
            found(new Found(EvidenceClass.ACKNOWLEDGED,
                    Clip.text("acknowledged by %s: %s".formatted(word.person(), word.remark())), leader, now));
        }
    }

    /** The host of a newer life proves that this one is gone (rule F5). */
    void superseded(String proof, NodeId leader, long now) {
        if (!departure.harmless() && found.isEmpty() && fencing.limits().takes(EvidenceClass.SUPERSEDED)) {
            found(new Found(EvidenceClass.SUPERSEDED, Clip.text(proof), leader, now));
        }
    }

    /** What can be proposed now: evidence, once nothing of this intent runs anywhere else. */
    Optional<LedgerEvent.FenceEvidenced> evidence(ClusterState state) {
        return departure.harmless() || stillOut(state).isPresent()
                ? Optional.empty()
                : found.map(f -> new LedgerEvent.FenceEvidenced(
                        intent.id(), departure.who(), f.evidence(), f.proof(), f.actor()));
    }

    /** The version that agreed on the intent, or opened it again; evidence is for this one only. */
    long agreedAt() {
        return intent.agreedAt();
    }

    long deadline(ClusterState state, FenceHold hold) {
        if (departure.harmless()) {
            return Long.MAX_VALUE;
        }
        if (found.isPresent()) {
            return stillOut(state).isPresent() ? askAt : Long.MAX_VALUE;
        }
        if (current.isPresent()) {
            return Math.min(askAt, current.get().expiresAt());
        }
        if (!quiet && stillOut(state).isPresent()) {
            return askAt;
        }
        return hold.limited().isEmpty() && choose(state, hold).isPresent()
                ? Math.max(nextTryAt, hold.suspectUntil())
                : Long.MAX_VALUE;
    }

    void digest(Hash64 into) {
        into.add(attempt).add(turn).add(unseen).add(quiet ? 1 : 0).add(failures).add(askAt).add(nextTryAt);
        into.add(trustFrom).add(lastAnswer).add(outstanding.size()).add(found.isPresent() ? 1 : 0);
    }

    OpenFence picture(ClusterState state, FenceHold hold, long now) {
        Incarnation victim = departure.who();
        String tried = lastAnswer.isEmpty() ? "" : "; last answer: " + lastAnswer;
        Optional<Incarnation> busy = stillOut(state);
        if (found.isPresent() && busy.isPresent()) {
            return picture(OpenFence.WaitingFor.ACTOR, FaultCode.FENCE_3,
                    "%s is harmless (%s), but %s has not ended an older try against it".formatted(
                            victim, found.get().proof(), busy.get().node()));
        }
        if (found.isPresent()) {
            return picture(OpenFence.WaitingFor.QUORUM, FaultCode.QUORUM_1,
                    "%s is harmless (%s); a quorum has to agree on it".formatted(victim, found.get().proof()));
        }
        if (plan.runnable().isEmpty()) {
            return picture(OpenFence.WaitingFor.PERSON, FaultCode.FENCE_2,
                    "no fence method that runs by itself is configured for %s: make sure that it is off and confirm"
                            .formatted(victim.node()) + ": muster fence ack " + victim.node());
        }
        if (current.isPresent()) {
            FenceChoice choice = current.get().choice();
            return picture(OpenFence.WaitingFor.DEVICE, FaultCode.FENCE_3,
                    "%s: try %d by %s with \"%s\" runs%s".formatted(
                            victim, attempt, choice.actor().node(), choice.method(), tried));
        }
        if (!quiet && busy.isPresent()) {
            return picture(OpenFence.WaitingFor.ACTOR, FaultCode.FENCE_3,
                    "%s has to say first that it does not switch on the access of %s".formatted(busy.get().node(), victim));
        }
        if (hold.limited().isPresent()) {
            return picture(OpenFence.WaitingFor.LIMITER, FaultCode.FENCE_5,
                    "%s is not acted on yet: %s".formatted(victim, hold.limited().get()), hold.opensAt());
        }
        if (hold.newer().isPresent() && levels(hold).isEmpty()) {
            return picture(OpenFence.WaitingFor.NEWER_LIFE, FaultCode.FENCE_6, ("%s is heard, and every device of %s cuts"
                    + " the whole node off: stop %s, or confirm that %s has ended: muster fence ack %s, or have it shot"
                    + " all the same: muster fence open%s").formatted(hold.newer().get(), victim.node(),
                            hold.newer().get(), victim, victim.node(), tried));
        }
        if (hold.suspectUntil() > now) {
            return picture(OpenFence.WaitingFor.DELAY, FaultCode.FENCE_3,
                    "%s was lost together with others: this node's own links are suspected first".formatted(victim),
                    hold.suspectUntil());
        }
        if (attempt == 0 && delayed && nextTryAt > now) {
            return picture(OpenFence.WaitingFor.DELAY, FaultCode.FENCE_3,
                    "%s: the first try is delayed, as configured".formatted(victim), nextTryAt);
        }
        if (choose(state, hold).isEmpty()) {
            return picture(OpenFence.WaitingFor.ACTOR, FaultCode.FENCE_3,
                    "no member is left that could fence %s%s".formatted(victim, tried));
        }
        return picture(OpenFence.WaitingFor.PAUSE, FaultCode.FENCE_3,
                "%s: try %d failed, the next one follows%s".formatted(victim, attempt, tried));
    }

    private OpenFence picture(OpenFence.WaitingFor waitingFor, FaultCode code, String fact) {
        return picture(waitingFor, code, fact, waitingFor == OpenFence.WaitingFor.PAUSE ? nextTryAt : 0);
    }

    private OpenFence picture(OpenFence.WaitingFor waitingFor, FaultCode code, String fact, long nextAt) {
        return new OpenFence(
                departure.who(), intent.id(), attempt, lastChoice.map(FenceChoice::method),
                lastChoice.map(choice -> choice.actor().node()), lastAnswer,
                nextAt, waitingFor, code, fact);
    }

    private void found(Found evidence) {
        found = Optional.of(evidence);
        current = Optional.empty();
        askAt = evidence.at();
    }

    private void distrust(long now) {
        trustFrom = attempt + 1;
        if (current.isPresent() || found.isPresent()) {
            nextTryAt = now;
        }
        current = Optional.empty();
        found = Optional.empty();
    }

    private void failed(Try running, String answer, long now, Outbox<FenceNews> out) {
        unseen = 0;
        failures++;
        turn++;
        next(running, answer, now + pauseNs(failures), out);
        history.ended(running.number(), Optional.empty(), lastAnswer, now);
    }

    /** The same level is tried at once by the next actor; after a round in which nobody saw the device comes a pause. */
    private void unseen(Try running, String answer, long now, Outbox<FenceNews> out) {
        unseen++;
        if (unseen >= running.actors()) {
            failed(running, answer, now, out);
            return;
        }
        turn += running.levels();
        next(running, answer, now, out);
    }

    private void next(Try running, String answer, long at, Outbox<FenceNews> out) {
        lastAnswer = Clip.text(answer);
        current = Optional.empty();
        nextTryAt = at + levelDelayNs(turn);
        FenceChoice choice = running.choice();
        out.announce(new FenceNews.TryFailed(intent.id(), departure.who(), choice.method(), choice.actor().node(),
                running.attempt(), lastAnswer));
    }

    /** Doubles with each failure up to {@link TimeBudget#FENCE_RETRY_MAX_NS}. */
    private long pauseNs(int failuresSoFar) {
        long pauseNs = times.fenceRetryNs();
        for (int i = 1; i < failuresSoFar && pauseNs < TimeBudget.FENCE_RETRY_MAX_NS; i++) {
            pauseNs *= 2;
        }
        return Math.min(pauseNs, TimeBudget.FENCE_RETRY_MAX_NS);
    }

    private long levelDelayNs(long atTurn) {
        List<FenceLevel> levels = plan.runnable();
        return levels.isEmpty() ? 0 : levels.get((int) ((atTurn - 1) % levels.size())).delayNs();
    }

    private void ask(Try running, long now, BiConsumer<Incarnation, FenceMessage> tell) {
        askAt = now + times.askNs();
        Incarnation actor = running.choice().actor();
        tell.accept(actor,
                new FenceMessage.Act(ballot, actor, intent.id(), running.attempt(), running.choice().method()));
    }

    private void askToCease(ClusterState state, long now, BiConsumer<Incarnation, FenceMessage> tell) {
        if (now < askAt) {
            return;
        }
        askAt = now + times.askNs();
        for (Incarnation actor : List.copyOf(outstanding.keySet())) {
            if (state.isMember(actor)) {
                tell.accept(actor, new FenceMessage.Cease(ballot, intent.id(), attempt));
            }
        }
    }

    /**
     * An actor of which something may still come: it did not say that there is nothing, and either it is not harmless
     * itself or devices may still carry out what it told them (rule F7).
     */
    private Optional<Incarnation> stillOut(ClusterState state) {
        return outstanding.keySet().stream()
                .filter(actor -> !state.harmless(actor) || lookedAt < settledAt(actor)).findFirst();
    }

    /** When devices that cut whole nodes off have done, or dropped, all that this lost actor told them. */
    private long settledAt(Incarnation actor) {
        boolean wholeNode = plan.runnable().stream().anyMatch(level -> !fencing.oneLife(level));
        return wholeNode || !plan.unfence().isEmpty() ? goneAt.getOrDefault(actor, Long.MIN_VALUE) : Long.MIN_VALUE;
    }

    private void noteWhoIsGone(ClusterState state, long now) {
        lookedAt = now;
        for (Incarnation actor : outstanding.keySet()) {
            if (!state.isMember(actor)) {
                goneAt.putIfAbsent(actor, now + fencing.limits().settleNs());
            }
        }
    }

    private long marginNs() {
        return MARGIN_ASKS * times.askNs();
    }

    private Optional<FenceChoice> choose(ClusterState state, FenceHold hold) {
        List<Incarnation> members = state.members().values().stream().map(Member::who).toList();
        return FenceChoice.of(turn, levels(hold), ballot.leader(), members, departure.who(), hold.manyLost());
    }

    /** Those that may be tried now: while a newer life is heard, only what cannot hit it (rule F5a). */
    private List<String> levels(FenceHold hold) {
        return plan.runnable().stream().filter(level -> hold.newer().isEmpty() || fencing.oneLife(level))
                .map(FenceLevel::label).toList();
    }
}
