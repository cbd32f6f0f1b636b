package io.muster.fence;

import io.muster.base.Clip;
import io.muster.base.FaultCode;
import io.muster.base.Hash64;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Lone;
import io.muster.ledger.Proposer;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Fences the other of two nodes without a version that says so, because with the other dead none can be chosen (S14,
 * rule T8): in a life that was entered with it, with the own gate shut, and only once the own record says durably whom it
 * is about. The confirmed fence is handed to the ledger, and the first version that this node then has chosen by itself
 * commits eviction, intent and evidence together.
 *
 * <p>Both may lose each other at the same moment. The one with the higher number holds back for {@link #HOLD_SILENCES}
 * silences after the other's gate is shut too, so that they do not shoot each other; should they do so all the same,
 * neither was alone, and both have to enter again. Nothing here decides what a fence is worth: that is the
 * ledger's {@code TwoNodes}.
 */
public final class LoneFence implements Proposer {

    /** So many silences the node with the higher number holds back. */
    static final int HOLD_SILENCES = 2;

    /** An act begins so long after the own gate is shut: what was let through at its last moment is on its way by then. */
    private static final long SHUT_FOR_NS = TimeBudget.MS;

    /** Tickets of {@link FenceActor} stay far below: both look at every end of a fence. */
    private static final long FIRST_TICKET = 1L << 48;

    private final Incarnation self;
    private Fencing fencing;
    private final TimeBudget times;
    private final SortedMap<NodeId, Incarnation> heard = new TreeMap<>();
    private Optional<Incarnation> other = Optional.empty();
    private Optional<Lone> noted = Optional.empty();
    private Optional<ClusterState> state = Optional.empty();
    private long intent;
    private long actUntil;
    private long notBefore = Machine.NEVER;
    private long ticket = FIRST_TICKET;
    private Optional<LevelRun> running = Optional.empty();
    /** Of the try that runs, or ran last. */
    private Optional<FenceLevel> tried = Optional.empty();
    private long attempt;
    private long pauseNs;
    private String lastAnswer = "";

    public LoneFence(Incarnation self, Fencing fencing, TimeBudget times, long now) {
        this.self = self;
        this.fencing = fencing;
        this.times = times;
        this.actUntil = now;
    }

    /** Other plans, for tries that begin from here on. */
    public void configured(Fencing next) {
        fencing = next;
    }

    /**
     * What the ledger says now; called after every step of it.
     *
     * @param entered whom this life was entered with; empty when it may fence nobody by itself (rules T1, T6)
     * @param next    the number that the intent will have
     * @param durable what the own record says of the other
     * @param chosen  the newest state applied
     */
    public void see(
            Optional<Incarnation> entered, long next, Optional<Lone> durable, ClusterState chosen, long now,
            Outbox<LoneNews> out) {
        boolean wasNoted = isNoted();
        intent = next;
        noted = durable;
        state = Optional.of(chosen);
        if (!wasNoted && isNoted() && notBefore != Machine.NEVER) {
            notBefore = now;
        }
        if (!entered.equals(other)) {
            other = entered;
            attempt = 0;
            pauseNs = times.fenceRetryNs();
            lastAnswer = "";
            notBefore = other.isPresent() && !hears(other.get()) ? now + holdNs() : Machine.NEVER;
        }
        work(now, out);
    }

    public void heard(HeartbeatNews news, long now, Outbox<LoneNews> out) {
        switch (news) {
            case HeartbeatNews.PeerHeard(Incarnation who) -> {
                heard.put(who.node(), who);
                if (isOther(who)) {
                    notBefore = Machine.NEVER;
                }
            }
            case HeartbeatNews.PeerLost(Incarnation who, _, _) -> {
                heard.remove(who.node(), who);
                if (isOther(who)) {
                    notBefore = now + holdNs();
                }
            }
            case HeartbeatNews.SelfPaused _ -> notBefore = notBefore == Machine.NEVER ? notBefore : now + holdNs();
            case HeartbeatNews.LinksChanged _, HeartbeatNews.LinkChanged _ -> { /* about links, not lives */ }
        }
        work(now, out);
    }

    public void actUntil(long until, long now, Outbox<LoneNews> out) {
        actUntil = until;
        work(now, out);
    }

    /** An end of one operation of a level; of another's it changes nothing. */
    public void ended(Completion.FenceEnded end, long now, Outbox<LoneNews> out) {
        if (running.isEmpty() || end.ticket() != ticket) {
            return;
        }
        LevelRun run = running.get();
        lastAnswer = Clip.text(end.proof());
        boolean unknown = end.evidence().filter(Completion.FenceEnded.UNKNOWN::equals).isPresent();
        boolean succeeded = end.evidence().isPresent() && !unknown
                && end.evidence().filter(Completion.FenceEnded.UNSEEN::equals).isEmpty();
        boolean oneLife = run.next().map(step -> fencing.device(step.device()).oneLife()).orElse(false);
        if (succeeded) {
            run.succeeded(Clip.text(end.evidence().get()), lastAnswer);
            if (run.next().isPresent() && isReady(now) && newerLife(other.orElseThrow(), tried).isEmpty()) {
                perform(run, out);
                return;
            }
        }
        running = Optional.empty();
        Optional<EvidenceClass> evidence = succeeded && run.next().isEmpty()
                ? EvidenceClass.find(run.evidence()).filter(found -> found.compareTo(fencing.limits().least()) <= 0)
                        // Rule T7: the other is to have ended before this one goes on alone, and no act and nobody saw that.
                        .filter(found -> found != EvidenceClass.ASSUMED)
                : Optional.empty();
        if (evidence.isPresent() && other.filter(who -> !hears(who)).isPresent() && noted.isPresent()) {
            lastAnswer = Clip.text(run.proof());
            out.announce(new LoneNews.Fenced(other.get(), noted.get().intent(), evidence.get(), lastAnswer));
        } else {
            other.ifPresent(who -> out.announce(new LoneNews.Told(new FenceNews.TryFailed(
                    intent, who, label(), self.node(), attempt, lastAnswer))));
        }
        // A command without an answer may still be carried out: it has to land before anything else is tried (rule F7b).
        long restNs = unknown && !oneLife ? Math.max(pauseNs, fencing.limits().settleNs()) : pauseNs;
        notBefore = notBefore == Machine.NEVER ? notBefore : now + restNs;
        pauseNs = Math.min(2 * pauseNs, TimeBudget.FENCE_RETRY_MAX_NS);
        work(now, out);
    }

    public void due(long now, Outbox<LoneNews> out) {
        work(now, out);
    }

    public long deadline() {
        if (!mayAct() || running.isPresent() || isNoted() && (hears(other.orElseThrow()) || obstacle(other.get()).isPresent())) {
            return Machine.NEVER; // whatever ends that comes as an input
        }
        return isNoted() ? Math.max(notBefore, actUntil + SHUT_FOR_NS) : notBefore;
    }

    /** The first version alone: the way there, and all that follows from it, at once (rule T8). */
    @Override
    public void wants(Draft draft, long now) {
        Optional<Lone.Since> since = noted.flatMap(Lone::since);
        if (since.isEmpty()) {
            return;
        }
        Incarnation lost = noted.get().other();
        if (draft.add(new LedgerEvent.WentAlone(lost)).isPresent()) {
            return;
        }
        if (draft.state().isMember(lost)) {
            draft.add(new LedgerEvent.MemberEvicted(lost, "not heard, and fenced by the other of two nodes"));
        }
        Departure departure = draft.state().departures().get(lost);
        if (departure != null && departure.intent().isEmpty()) {
            draft.add(new LedgerEvent.FenceIntended(
                    draft.state().nextIntent(), lost, departure.reason(), since.get().ballot()));
            departure = draft.state().departures().get(lost);
        }
        if (departure != null && !departure.harmless()) {
            draft.add(new LedgerEvent.FenceEvidenced(departure.intent().orElseThrow().id(), lost,
                    since.get().evidence(), since.get().proof(), self.node()));
        }
    }

    /** The fence that this node tries by itself, for {@code why}. */
    public Optional<OpenFence> openFence() {
        if (!mayAct()) {
            return Optional.empty();
        }
        Incarnation victim = other.orElseThrow();
        Optional<String> next = level(victim).map(FenceLevel::label);
        String fact = obstacle(victim).orElse(
                "%s is lost, and this node goes on alone once it is fenced (policy two-node)".formatted(victim));
        return Optional.of(new OpenFence(victim, intent, attempt, next, Optional.of(self.node()), lastAnswer, notBefore,
                running.isPresent() ? OpenFence.WaitingFor.DEVICE : OpenFence.WaitingFor.PAUSE, FaultCode.FENCE_3, fact));
    }

    public void digest(Hash64 into) {
        into.add(deadline()).add(intent).add(attempt).add(running.isPresent() ? 1 : 0).add(actUntil);
        into.add(noted.isPresent() ? 1 : 0);
    }

    private void work(long now, Outbox<LoneNews> out) {
        if (!mayAct() || running.isPresent() || now < notBefore) {
            return;
        }
        Incarnation victim = other.orElseThrow();
        if (!isNoted()) {
            notBefore = now + times.askNs(); // said again then, should the record not take it yet
            out.announce(new LoneNews.Intended(victim, intent));
            return;
        }
        if (!isReady(now) || obstacle(victim).isPresent()) {
            return;
        }
        Optional<FenceLevel> next = level(victim);
        attempt++;
        tried = next;
        out.announce(new LoneNews.Told(new FenceNews.Trying(intent, victim, label(), self.node(), attempt)));
        perform(new LevelRun(next.orElseThrow(), fencing), out);
    }

    private void perform(LevelRun run, Outbox<LoneNews> out) {
        Incarnation victim = other.orElseThrow();
        LevelRun.Step step = run.next().orElseThrow();
        ticket++;
        running = Optional.of(run);
        out.perform(new Effect.Fence(
                ticket, intent, step.device(), victim, processOf(victim), times.fenceLimitNs(), step.operation()));
    }

    /** The gate is shut before an act starts: what this node did, it did while the other could still agree (T8). */
    private boolean isReady(long now) {
        return mayAct() && isNoted() && now >= actUntil + SHUT_FOR_NS && !hears(other.orElseThrow());
    }

    /** Why no try can begin. */
    private Optional<String> obstacle(Incarnation victim) {
        Optional<FenceLevel> next = level(victim);
        if (next.isEmpty()) {
            return Optional.of(("%s is lost, and this node may go on alone once it is fenced; no fence method is configured"
                    + " for it, and a person's word is not enough (policy two-node): configure one, or start %s")
                    .formatted(victim, victim.node()));
        }
        return newerLife(victim, next).map(newer -> "%s is heard, and \"%s\" would cut it off for its former life (rule F5a)"
                .formatted(newer, next.get().label()));
    }

    /** A later life of the victim's node that this level would hit. */
    private Optional<Incarnation> newerLife(Incarnation victim, Optional<FenceLevel> hit) {
        return Optional.ofNullable(heard.get(victim.node()))
                .filter(who -> who.life() > victim.life() && hit.filter(fencing::oneLife).isEmpty());
    }

    private String label() {
        return tried.map(FenceLevel::label).orElse(Fencer.MANUAL);
    }

    /** The other of two is lost, this life was entered with it, and it was not fenced yet. */
    private boolean mayAct() {
        return other.isPresent() && notBefore != Machine.NEVER;
    }

    private boolean isNoted() {
        return noted.filter(line -> other.equals(Optional.of(line.other())) && line.intent() == intent && !line.alone())
                .isPresent();
    }

    private boolean isOther(Incarnation who) {
        return other.filter(who::equals).isPresent();
    }

    private boolean hears(Incarnation who) {
        return who.equals(heard.get(who.node()));
    }

    private long holdNs() {
        boolean first = other.filter(who -> self.node().compareTo(who.node()) < 0).isPresent();
        long delayNs = other.map(who -> fencing.plan(who.node()).delayNs()).orElse(0L);
        return delayNs + (first ? 0 : times.leaseNs() + HOLD_SILENCES * times.silenceNs());
    }

    private HostProcess processOf(Incarnation victim) {
        ClusterState known = state.orElseThrow();
        if (known.isMember(victim)) {
            return known.members().get(victim.node()).process();
        }
        Departure departure = known.departures().get(victim);
        return departure == null ? HostProcess.UNKNOWN : departure.process();
    }

    /** The next to be tried: after the last the first again. */
    private Optional<FenceLevel> level(Incarnation victim) {
        List<FenceLevel> levels = fencing.plan(victim.node()).runnable();
        return levels.isEmpty() ? Optional.empty() : Optional.of(levels.get((int) (attempt % levels.size())));
    }
}
