package io.muster.fence;

import io.muster.base.Clip;
import io.muster.base.FaultCode;
import io.muster.base.Hash64;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.ledger.Draft;
import io.muster.ledger.Evidence;
import io.muster.ledger.FenceIntent;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Proposer;
import io.muster.ledger.Standing;
import io.muster.machine.Completion;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes departed lives harmless. On the leader it turns every departure into an agreed intent, picks who acts with
 * what, and proposes the evidence ({@link FenceCase}); on every member it acts when asked ({@link FenceActor}) and
 * reports lives that are heard although they are said to be gone ({@link LifeSigns}).
 *
 * <p>Nothing is remembered that the next leader would miss: an intent in the state without evidence is open, whoever
 * began it (rules F1, F2, F4, F5, F7, F8); how much may be shot at once says {@link FenceLimiter} (F6), what spares
 * newer lives {@link NewerLives} (F5a), what new lives need to get access {@link Unfencing} (F11). Nobody above
 * calls this machine: groups, services and file systems see only what was agreed (000-18).
 */
public final class Fencer implements Machine<FenceInput, FenceNews>, Proposer {

    /** The method that never runs: a person has to look. */
    public static final String MANUAL = "manual";

    /** Nodes lost within so many silences of each other were lost together. */
    private static final int LOST_TOGETHER_SILENCES = 2;

    /** What a person said here of a departed life. @param agreedAt of the intent it is about; 0 until there is one */
    private record Word(String person, String remark, long agreedAt) {}

    private final Incarnation self;
    private final TimeBudget times;
    private Fencing fencing;
    private final FenceActor actor;
    private final LifeSigns signs;
    private final NewerLives newer;
    private final FenceLimiter limiter;
    private final FenceHistory history = new FenceHistory();
    private final Unfencing unfencing;
    private final Prng chance;
    private final SortedMap<Long, FenceCase> cases = new TreeMap<>();
    private final SortedMap<Incarnation, Word> words = new TreeMap<>();
    private final SortedMap<Incarnation, Long> reported = new TreeMap<>();
    private final Deque<FenceMessage> toSelf = new ArrayDeque<>();
    /** What a person said here that is to be opened, until the state shows it. */
    private Optional<FenceMessage.Open> open = Optional.empty();
    /** On the leader: what is to be proposed. */
    private Optional<FenceMessage.Open> toOpen = Optional.empty();
    private long workedAt = Long.MIN_VALUE;
    private Standing standing = Standing.NONE;
    private long actUntil;
    private long reportAt;

    /** @param methods names of the devices for each node, each a level of its own */
    public Fencer(Incarnation self, SortedMap<NodeId, List<String>> methods, TimeBudget times, long now) {
        this(self, Fencing.flat(methods), times, now, new Prng(self.life()), HostProcess.UNKNOWN);
    }

    /** @param process where this life runs */
    public Fencer(
            Incarnation self, Fencing fencing, TimeBudget times, long now, Prng chance, HostProcess process) {
        this.self = self;
        this.times = times;
        this.fencing = fencing;
        this.chance = chance;
        Tickets tickets = new Tickets();
        this.newer = new NewerLives(self, process, fencing, now);
        this.limiter = new FenceLimiter(fencing.limits());
        this.unfencing = new Unfencing(self, fencing, times, history, tickets);
        this.actor = new FenceActor(self, fencing, times.fenceLimitNs(), newer, history, tickets);
        this.signs = new LifeSigns(times.silenceNs(), now);
        this.actUntil = now;
        this.reportAt = now;
    }

    /** Taken up by fences that begin from here on; one that is open goes on as it began. */
    private void configured(Fencing next) {
        fencing = next;
        newer.configured(next);
        unfencing.configured(next);
        actor.configured(next);
    }

    @Override
    public void step(FenceInput input, long now, Outbox<FenceNews> out) {
        switch (input) {
            case FenceInput.Arrived(Incarnation from, FenceMessage message) -> receive(from, message, now, out);
            case FenceInput.Agreed(LedgerNews news) -> agreed(news, now);
            case FenceInput.Heard(HeartbeatNews news) -> heard(news, now);
            case FenceInput.Completed(Completion.FenceEnded end) -> {
                if (!unfencing.ended(end, now)) {
                    actor.ended(end, standing.state(), actUntil, now, (to, message) -> tell(to, message, out), out);
                }
            }
            case FenceInput.Completed _ -> { /* of another machine */ }
            case FenceInput.ActUntil(long until) -> actUntil = until;
            case FenceInput.AcknowledgeWanted(NodeId node, String person, String remark) -> {
                wantAcknowledged(node, person, remark);
                reportAt = now;
            }
            case FenceInput.Configured(Fencing next) -> configured(next);
            case FenceInput.Arriving(Incarnation who, HostProcess process) -> newer.arriving(who, process, now);
            case FenceInput.OpenWanted(String person, String remark) -> {
                open = standing.state().map(state -> new FenceMessage.Open(
                        state.fences().openedAt(), Clip.text(person), Clip.text(remark)));
                reportAt = now;
            }
        }
        work(now, out);
    }

    @Override
    public void due(long now, Outbox<FenceNews> out) {
        work(now, out);
    }

    @Override
    public long deadline() {
        long next = Math.min(signs.deadline(), unfencing.deadline());
        if (hasReports() && standing.leader().isPresent()) {
            next = Math.min(next, reportAt);
        }
        if (standing.state().isPresent() && isLeading()) {
            ClusterState state = standing.state().get();
            next = Math.min(next, later(limiter.opensAt()));
            for (FenceCase each : cases.values()) {
                next = Math.min(next, Math.min(each.deadline(state, holdOf(each, state)), heardTooLongAt(each)));
                next = each.open() ? Math.min(next, later(newer.supersededAt(each.departure()))) : next;
            }
        }
        return next;
    }

    /** A moment that has passed was looked at, and what it led to waits for somebody else. */
    private long later(long moment) {
        return moment > workedAt ? moment : NEVER;
    }

    @Override
    public void wants(Draft draft, long now) {
        for (Departure departure : List.copyOf(draft.state().departures().values())) {
            Incarnation who = departure.who();
            Optional<FenceIntent> intent = departure.intent();
            if (intent.isEmpty()) {
                draft.add(new LedgerEvent.FenceIntended(
                        draft.state().nextIntent(), who, departure.reason(), draft.ballot()));
            } else if (intent.get().evidence().isPresent()) {
                if (isContradicted(who, intent.get().evidence().get())) {
                    draft.add(new LedgerEvent.FenceVoided(
                            intent.get().id(), who, who + " is heard although it was made harmless"));
                }
            } else {
                FenceCase open = cases.get(intent.get().id());
                // While the victim is heard, evidence of its end is not believed: recovery of a small group is quicker
                // than any silence, and would be over before the contradiction is noticed (rule F4).
                if (open != null && open.agreedAt() == intent.get().agreedAt() && !signs.isHeard(who)) {
                    standing.state().flatMap(open::evidence).ifPresent(draft::add);
                }
            }
        }
        unfencing.wants(draft, standing.state());
        if (isLeading()) {
            standing.state().ifPresent(state -> limiter.passed(state, now)
                    .ifPresent(upTo -> draft.add(new LedgerEvent.FenceWindowPassed(upTo))));
            toOpen.filter(word -> word.openedAt() == draft.state().fences().openedAt())
                    .ifPresent(word -> draft.add(new LedgerEvent.FencingOpened(word.person(), word.remark())));
        }
    }

    /** Every departed life that is not harmless yet, for {@code why}; this node's own sight of it. */
    public List<OpenFence> openFences() {
        List<OpenFence> open = new ArrayList<>();
        standing.state().ifPresent(state -> state.departures().values().stream()
                .filter(departure -> !departure.harmless())
                .forEach(departure -> open.add(picture(state, departure))));
        return List.copyOf(open);
    }

    /** True when a person's word about this node would be about something (otherwise: {@link FaultCode#FENCE_4}). */
    public boolean hasOpenFence(NodeId node) {
        return openFences().stream().anyMatch(fence -> fence.victim().node().equals(node));
    }

    /** True while an effect of this node has not ended: a planned leave waits for that (rule F7). */
    public boolean isActing() {
        return !actor.runningIntents().isEmpty() || unfencing.isRunning();
    }

    /** What this node remembers of fences. */
    public FenceHistory history() {
        return history;
    }

    /** What the device said last about a new member whose access is not switched on; empty before the first answer. */
    public String accessAnswer(Incarnation who) {
        return unfencing.lastAnswer(who);
    }

    /** Mixes what decides the next steps into a trace hash. */
    public void digest(Hash64 into) {
        into.add(deadline()).add(actUntil).add(words.size()).add(reported.size()).add(toSelf.size());
        cases.forEach((intent, open) -> open.digest(into.add(intent)));
        actor.runningIntents().forEach(into::add);
    }

    private void receive(Incarnation from, FenceMessage message, long now, Outbox<FenceNews> out) {
        switch (message) {
            case FenceMessage.Act act when act.ballot().leader().equals(from) && act.actor().equals(self) -> {
                unfencing.ordered(act.ballot());
                actor.asked(act, standing.state(), (to, answer) -> tell(to, answer, out));
            }
            case FenceMessage.Cease cease when cease.ballot().leader().equals(from) -> {
                unfencing.ordered(cease.ballot());
                if (!unfencesVictimOf(cease.intent(), now)) {
                    actor.ceaseAsked(cease, standing.state(), now, (to, answer) -> tell(to, answer, out));
                }
            }
            case FenceMessage.Acted acted when mayAnswer(from, acted.ballot()) && cases.containsKey(acted.intent()) ->
                cases.get(acted.intent()).answered(from, acted, now, out);
            case FenceMessage.Ceased end when mayAnswer(from, end.ballot()) && cases.containsKey(end.intent()) ->
                cases.get(end.intent()).ceased(from, end);
            case FenceMessage.Acknowledge word when isMember(from) && cases.containsKey(word.intent()) ->
                cases.get(word.intent()).acknowledged(word, self.node(), now);
            case FenceMessage.SignsOfLife(Incarnation who, long evidencedAt) when isMember(from) && isLeading() ->
                standing.state().filter(state -> evidencedAt(state, who) == evidencedAt)
                        .ifPresent(_ -> reported.put(who, evidencedAt));
            case FenceMessage.Open word when isMember(from) && isLeading() -> toOpen = Optional.of(word);
            case FenceMessage.Open _ -> { /* this node cannot propose it */ }
            case FenceMessage.Act _, FenceMessage.Cease _ -> { /* not from its leader, or for a former life */ }
            case FenceMessage.Acted _, FenceMessage.Ceased _ -> { /* of another ballot, or the fence is over */ }
            case FenceMessage.Acknowledge _, FenceMessage.SignsOfLife _ -> { /* this node cannot propose it */ }
        }
    }

    private void agreed(LedgerNews news, long now) {
        Standing before = standing;
        standing = standing.after(news);
        if (!standing.leading().equals(before.leading())) {
            cases.clear();
            reported.clear();
            limiter.restart();
            toOpen = Optional.empty();
        }
        if (news instanceof LedgerNews.Applied applied) {
            history.applied(applied);
        }
        if (!standing.ballot().equals(before.ballot())) {
            reportAt = now;
        }
        standing.state().ifPresent(state -> {
            signs.agreed(state, now);
            limiter.agreed(state, now);
            open = open.filter(word -> word.openedAt() == state.fences().openedAt());
            followCases(state, now);
            followWords(state);
            reported.entrySet().removeIf(entry -> evidencedAt(state, entry.getKey()) != entry.getValue());
        });
    }

    /** One case for each agreed intent, as long as its departure is of concern; on the leader only. */
    private void followCases(ClusterState state, long now) {
        if (standing.leading().isEmpty()) {
            return;
        }
        Ballot ballot = standing.leading().get();
        cases.keySet().removeIf(id -> state.departures().values().stream()
                .noneMatch(d -> d.intent().isPresent() && d.intent().get().id() == id));
        for (Departure departure : state.departures().values()) {
            if (departure.intent().isEmpty()) {
                continue;
            }
            FenceCase open = cases.get(departure.intent().get().id());
            if (open != null) {
                open.agreed(departure, now);
            } else {
                long delayNs = FenceDelay.beforeFirstTryNs(fencing, state, departure.who(), chance);
                cases.put(departure.intent().get().id(),
                        new FenceCase(ballot, departure, state, fencing, times, delayNs, history, now));
            }
        }
    }

    /** A word is about the intent that was open when it was given, and about nothing that came later. */
    private void followWords(ClusterState state) {
        words.entrySet().removeIf(entry -> {
            Departure departure = state.departures().get(entry.getKey());
            long agreedAt = departure == null ? 0 : departure.intent().map(FenceIntent::agreedAt).orElse(0L);
            long meant = entry.getValue().agreedAt();
            return departure == null || departure.harmless() || meant != 0 && meant != agreedAt;
        });
        words.replaceAll((who, word) -> new Word(word.person(), word.remark(),
                state.departures().get(who).intent().map(FenceIntent::agreedAt).orElse(0L)));
    }

    private void wantAcknowledged(NodeId node, String person, String remark) {
        standing.state().ifPresent(state -> {
            state.departures().values().stream()
                    .filter(d -> d.who().node().equals(node) && !d.harmless())
                    .forEach(d -> words.put(d.who(), new Word(Clip.text(person), Clip.text(remark), 0)));
            followWords(state);
        });
    }

    private void heard(HeartbeatNews news, long now) {
        signs.told(news, now);
        newer.heard(news);
        if (news instanceof HeartbeatNews.PeerHeard(Incarnation who)) {
            standing.state().flatMap(state -> Optional.ofNullable(state.departures().get(who)))
                    .flatMap(Departure::intent)
                    .map(intent -> cases.get(intent.id()))
                    .ifPresent(open -> open.heardAgain(now));
            if (signs.contradictions().containsKey(who)) {
                reportAt = now;
            }
        }
    }

    private void work(long now, Outbox<FenceNews> out) {
        workedAt = now;
        signs.due(now);
        report(now, out);
        // What this node tells itself is taken in here and may allow the next move at once. A move is followed by a
        // wait for somebody or some time, so this ends.
        do {
            while (!toSelf.isEmpty()) {
                receive(self, toSelf.poll(), now, out);
            }
            standing.state().ifPresent(state -> {
                for (FenceCase open : cases.values()) {
                    if (heardTooLongAt(open) <= now) {
                        open.heardAgain(now);
                    }
                    newer.superseded(open.departure(), now)
                            .ifPresent(proof -> open.superseded(proof, self.node(), now));
                    open.work(state, holdOf(open, state), now, (to, message) -> tell(to, message, out), out);
                }
                unfencing.work(state, standing.leading(), actUntil, now, out);
            });
            actor.start(standing.state(), actUntil, now, (to, message) -> tell(to, message, out), out);
        } while (!toSelf.isEmpty());
    }

    private long heardTooLongAt(FenceCase open) {
        return open.foundAt().isPresent() && signs.isHeard(open.victim())
                ? signs.heardTooLongAt(open.foundAt().getAsLong())
                : Long.MAX_VALUE;
    }

    /** What holds this fence back, by the state and by what this node sees. */
    private FenceHold holdOf(FenceCase one, ClusterState state) {
        if (!one.open()) {
            return FenceHold.NONE;
        }
        Departure departure = one.departure();
        // A node that runs a newer life is not lost: the limiter does not count what happens to its former one.
        boolean limited = limiter.holds(state, departure) && newer.of(departure.who()).isEmpty();
        List<Long> lostWith = fencing.limits().limited()
                ? cases.values().stream().filter(FenceCase::open).map(FenceCase::createdAt)
                        .filter(at -> Math.abs(at - one.createdAt()) <= LOST_TOGETHER_SILENCES * times.silenceNs()).toList()
                : List.of(one.createdAt());
        boolean manyLost = lostWith.size() > 1;
        return new FenceHold(
                newer.holding(departure, state),
                limited ? Optional.of(limiter.why(state)) : Optional.empty(), limiter.opensAt(),
                manyLost ? lostWith.stream().max(Long::compare).get() + LOST_TOGETHER_SILENCES * times.silenceNs()
                        : Long.MIN_VALUE,
                manyLost);
    }

    private boolean unfencesVictimOf(long intent, long now) {
        return standing.state().flatMap(state -> FenceActor.open(state, intent))
                .filter(departure -> unfencing.mayStillAct(departure.who(), now)).isPresent();
    }

    /** Tells the leader what this node has to say, until the state shows that it knows. */
    private void report(long now, Outbox<FenceNews> out) {
        if (now < reportAt || !hasReports() || standing.leader().isEmpty()) {
            return;
        }
        reportAt = now + times.askNs();
        Incarnation leader = standing.leader().get();
        ClusterState state = standing.state().orElseThrow();
        words.forEach((who, word) -> state.departures().get(who).intent().ifPresent(intent -> tell(leader,
                new FenceMessage.Acknowledge(intent.id(), word.agreedAt(), word.person(), word.remark()), out)));
        open.ifPresent(word -> tell(leader, word, out));
        signs.contradictions().forEach((who, evidencedAt) ->
                tell(leader, new FenceMessage.SignsOfLife(who, evidencedAt), out));
    }

    private boolean hasReports() {
        return !words.isEmpty() || open.isPresent() || !signs.contradictions().isEmpty();
    }

    private void tell(Incarnation to, FenceMessage message, Outbox<FenceNews> out) {
        if (to.equals(self)) {
            toSelf.add(message);
        } else {
            out.send(to.node(), message);
        }
    }

    private OpenFence picture(ClusterState state, Departure departure) {
        Optional<FenceIntent> intent = departure.intent();
        FenceCase open = intent.map(i -> cases.get(i.id())).orElse(null);
        if (open != null) {
            return open.picture(state, holdOf(open, state), workedAt);
        }
        Incarnation victim = departure.who();
        boolean byHand = fencing.plan(victim.node()).runnable().isEmpty();
        String fact = intent.isEmpty()
                ? "%s is out (%s); a quorum has to agree to fence it".formatted(victim, departure.reason())
                : "%s is not fenced yet; %s".formatted(victim, standing.leader()
                        .map(leader -> leader.node() + " leads and knows how far it is")
                        .orElse("no node leads the cluster"));
        return new OpenFence(
                victim, intent.map(FenceIntent::id).orElse(0L), 0, Optional.empty(), Optional.empty(), "", 0,
                intent.isEmpty() ? OpenFence.WaitingFor.QUORUM : OpenFence.WaitingFor.LEADER,
                byHand ? FaultCode.FENCE_2 : FaultCode.FENCE_3, fact);
    }

    private boolean isContradicted(Incarnation who, Evidence evidence) {
        Long seen = signs.contradictions().getOrDefault(who, reported.get(who));
        return seen != null && seen == evidence.agreedAt();
    }

    private static long evidencedAt(ClusterState state, Incarnation who) {
        return Optional.ofNullable(state.departures().get(who))
                .flatMap(Departure::intent).flatMap(FenceIntent::evidence).map(Evidence::agreedAt).orElse(-1L);
    }

    private boolean isMember(Incarnation who) {
        return who.equals(self) || standing.state().filter(state -> state.isMember(who)).isPresent();
    }

    private boolean isLeading() {
        return standing.leading().isPresent();
    }

    /** An actor answers for a ballot; only the leader of that ballot can use the answer. */
    private boolean mayAnswer(Incarnation from, Ballot ballot) {
        return standing.leading().filter(ballot::equals).isPresent() && isMember(from);
    }
}
