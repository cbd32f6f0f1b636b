package io.muster.ledger;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.machine.Completion;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.Optional;

/**
 * The machine that agrees: Multi-Paxos over one small value, {@link ClusterState}, by rules L1 to L13, with the electorate that
 * the state itself names (Q1 to Q4). Every node is an acceptor if it has a vote ({@link Acceptor}), a learner ({@link
 * Learner}), and now and then a candidate or the leader ({@link Leader}); this class routes, and judges who may lead.
 *
 * <p>Who leads. A node prepares only after the silence and delay of {@link Election}, with a quorum within its two-way reach
 * (rule L12). That a leader's node is out of two-way reach, or that its life is out of the cluster, ends the silence at once.
 * An acceptor that hears its leader makes other candidates wait, so that a node which alone does not hear the leader cannot
 * depose it again and again; this is for liveness only, no promise rests on it.
 *
 * <p>Rule L11, and an addition to it. A life that is past never leads. A life that was never a member leads (i) while the state
 * has no members at all; (ii) at a <em>cold start</em>: it was told no beat for twice the leader silence, and no life that is a
 * member in the adopted state was heard and is in its two-way reach; (iii) as a <em>last resort</em>: it was told no beat for
 * four times the leader silence, so that whichever members live, none of them can lead, as one that does not know yet that it
 * was admitted, or one that stood down. The addition is safe:
 * <ol>
 * <li>It leads by a promise quorum like anybody, so from then on nobody else can have anything chosen.
 * <li>A member that acts somewhere out of reach acts by a lease that this quorum no longer renews (rule A1).
 * <li>The lives it evicts are departures, to be fenced before anybody recovers from them, as always (F1, R1).
 * <li>It acts by no lease of its own before a version admits it.
 * <li>An evicted life, which rule L11 is about, is past and stays so: only a new process, with nothing of the old one's state,
 *     comes this way.
 * </ol>
 * Without (ii) a cluster whose processes have all ended could never start again: their next lives are no members, and only a
 * member could let them in.
 */
public final class Ledger implements Machine<LedgerInput, LedgerNews> {

    /** A life that is no member waits this many leader silences for a leader before it tries a cold start. */
    static final int COLD_START_SILENCES = 2;
    /** It waits this many when it knows of a member alive. */
    static final int LAST_RESORT_SILENCES = 4;

    private record Held(Incarnation from, Ballot ballot, long until) {}

    private final Incarnation self;
    private final TimeBudget times;
    private final Acceptor acceptor;
    private final Learner learner;
    private final Leader leader;
    private final Election election;
    private final Followed followed;
    private final TwoNodes twoNodes;
    private final long bornAt;
    private final Reach reach;
    private ClusterState hint;
    private long highestRound;
    private long beatHeardAt;
    private long clock;
    private boolean started;
    private boolean failed;
    private Optional<String> stoodDown = Optional.empty();
    private Optional<Held> held = Optional.empty();

    /**
     * @param nodes  all configured nodes, this one included
     * @param loaded the own record, as {@link RecordFile#load} found it
     * @param now    {@link #due} wants to be called at this moment: it writes the record once more
     */
    public Ledger(Incarnation self, NodeSet nodes, TimeBudget times, RecordFile.Loaded loaded, Prng chance, long now) {
        ClusterState state = loaded.record().state();
        ClusterState founding = ClusterState.founded(
                state.cluster(), state.electorate(), state.recordIds(), state.voting().with(Optional.empty()));
        this.self = self;
        this.times = times;
        this.acceptor = new Acceptor(self.node(), loaded, times.writeLimitNs());
        this.reach = new Reach(self, nodes);
        this.learner = new Learner(founding);
        this.leader = new Leader(self, nodes.without(self.node()), times);
        this.twoNodes = new TwoNodes(self);
        // A cluster that was just founded has no leader to be patient with.
        long patienceNs = loaded.record().promised().isEmpty() ? 0 : times.leaderSilenceNs();
        this.election = new Election(times, chance, patienceNs, now);
        this.followed = new Followed(times.leaderSilenceNs());
        this.hint = state;
        this.highestRound = loaded.record().promised().map(Ballot::round).orElse(0L);
        this.bornAt = now;
        this.beatHeardAt = now;
        this.clock = now;
        election.listen(now);
    }

    @Override
    public void step(LedgerInput input, long now, Outbox<LedgerNews> out) {
        if (failed) {
            return;
        }
        wake(now, out);
        switch (input) {
            case LedgerInput.Arrived(Incarnation from, LedgerMessage message) -> {
                if (reach.hears(from)) {
                    if (followed.awaited().filter(ballot -> reach.outlived(ballot.leader())).isPresent()) {
                        awaitedGone(now);
                    }
                    arrived(from, message, now, out);
                }
            }
            case LedgerInput.Completed(Completion completion) -> acceptor.completed(completion, now, out);
            case LedgerInput.TwoWay(NodeSet peers) -> reachChanged(peers, now, out);
            case LedgerInput.Propose(Draft draft) -> propose(draft, now, out);
            case LedgerInput.StandDown(String reason) -> standDown(reason, out);
            case LedgerInput.Configured(NodeSet nodes) -> {
                leader.configured(nodes.without(self.node()));
                reachChanged(reach.configured(nodes), now, out);
            }
            case LedgerInput.FenceNoted noted -> twoNodes.intend(noted, learner.state(), acceptor.wanted())
                    .ifPresent(record -> acceptor.note(record, now, out));
            case LedgerInput.OtherFenced fenced -> goAlone(fenced, now, out);
            case LedgerInput.LeaderOnDisk _ -> election.leaderHeard(now);
        }
        advance(now, out);
    }

    @Override
    public void due(long now, Outbox<LedgerNews> out) {
        if (failed) {
            return;
        }
        wake(now, out);
        acceptor.due(now);
        leader.givesUp(now).ifPresent(why -> {
            election.candidateHeard(now);
            stepBack(why, out);
        });
        if (now >= candidateAt()) {
            campaign(now, out);
        }
        leader.due(vouches(), now, out);
        advance(now, out);
    }

    @Override
    public long deadline() {
        if (failed) {
            return NEVER;
        }
        if (!started) {
            return bornAt;
        }
        return Math.max(clock, Math.min(Math.min(acceptor.deadline(), leader.deadline()), candidateAt())); // "at once" is now
    }

    /** The newest chosen state that was applied in this life; the founding state before anything was. */
    public ClusterState state() {
        return learner.state();
    }

    /** Whether this node leads, has its adopted state chosen again, and nothing is in flight. */
    public boolean proposable() {
        return leader.proposable();
    }

    /** A draft from the newest chosen state in the own ballot; only while {@link #proposable()}. */
    public Draft draft() {
        return learner.state().draft(leader.ballot().orElseThrow());
    }

    public boolean leading() {
        return leader.leading();
    }

    /** The ballot of the leader that this node follows, or its own while it leads. */
    public Optional<Ballot> following() {
        return leader.leading() ? leader.ballot() : followed.leader(clock);
    }

    /** The voters within two-way reach, this node included where it votes. */
    public NodeSet reachableVoters() {
        NodeSet within = acceptor.votes() ? reach.twoWay().with(self.node()) : reach.twoWay();
        return within.intersect(hint.voters());
    }

    /** The voters that are out of reach, when those within make no quorum; otherwise none. */
    public NodeSet missingVoters() {
        return quorumInReach() ? NodeSet.NONE : hint.voters().minus(reachableVoters());
    }

    /** The newest state this node knows of, chosen or not: whose voters it needs to lead (rule Q2). */
    public ClusterState newestKnown() {
        return hint;
    }

    /** The own record as it will be once all is written: its id and next intent say what nobody else can (L8, T8). */
    public AcceptorRecord record() {
        return acceptor.wanted();
    }

    /** The life of the other of two that this one was entered with, and may fence by itself (rules T1, T6). */
    public Optional<Incarnation> enteredWith() {
        return twoNodes.enteredWith(learner.state(), acceptor.wanted());
    }

    /** What this node has durably noted about the other of two (rules T3, T8). */
    public Optional<Lone> lone() {
        return acceptor.durable().flatMap(AcceptorRecord::lone);
    }

    /** Who answers this node while it prepares or leads, itself included where it votes; otherwise none. */
    public NodeSet answeringVoters() {
        return leader.answering();
    }

    /** Whether this node has a vote, with a record that the state knows (rule L8). */
    public boolean votes() {
        return acceptor.votes();
    }

    /** Mixes all that decides what this machine does next into a trace hash. */
    public void digest(Hash64 into) {
        into.add(learner.applied()).add(learner.digest().high()).add(reach.twoWay().bits()).add(highestRound)
                .add(started ? 1 : 0).add(failed ? 1 : 0).add(stoodDown.isPresent() ? 1 : 0).add(beatHeardAt);
        acceptor.digest(into);
        leader.digest(into);
        election.digest(into);
        followed.digest(into);
    }

    private void wake(long now, Outbox<LedgerNews> out) {
        // Called far too late, this node itself was away: what it did not hear says nothing about the leader.
        if (started && now - times.pauseNs() > deadline()) {
            election.listen(now);
        }
        clock = now;
        if (!started) {
            started = true;
            acceptor.start(now, out);
        }
    }

    private void arrived(Incarnation from, LedgerMessage message, long now, Outbox<LedgerNews> out) {
        switch (message) {
            case LedgerMessage.Prepare(Ballot ballot) when ballot.leader().equals(from) ->
                prepareAsked(from, ballot, now, out);
            case LedgerMessage.Promise(Ballot ballot, AcceptorRecord record)
                    when leader.owns(ballot) && isOurs(record.state()) ->
                leader.promised(from.node(), record);
            case LedgerMessage.Accept(Ballot ballot, ClusterState state)
                    when ballot.leader().equals(from) && isOurs(state) -> {
                if (acceptor.wanted().mayPromise(ballot)) {
                    candidateTakes(ballot, now);
                }
                acceptor.accept(from.node(), ballot, state, now, out);
            }
            case LedgerMessage.Accepted(Ballot ballot, long version) when leader.owns(ballot) ->
                leader.accepted(from.node(), version);
            case LedgerMessage.Refused(Ballot ballot, Ballot promised)
                    when leader.owns(ballot) && promised.compareTo(ballot) > 0 ->
                refused(promised, now, out);
            case LedgerMessage.Chosen(Ballot ballot, ClusterState state)
                    when ballot.leader().equals(from) && isOurs(state) -> {
                if (leader.ballot().filter(own -> own.compareTo(ballot) < 0).isPresent()) {
                    stepBack("%s chose version %d in %s".formatted(from, state.version(), ballot), out);
                }
                learn(ballot, state, now, out);
            }
            case LedgerMessage.Beat(Ballot ballot, long sequence, long _) when ballot.leader().equals(from) ->
                beatArrived(from, ballot, sequence, now, out);
            case LedgerMessage.BeatHeard(Ballot ballot, long sequence, long applied) when leader.owns(ballot) ->
                leader.beatHeard(from.node(), sequence, applied, now, out);
            case LedgerMessage.Prepare _, LedgerMessage.Promise _, LedgerMessage.Accept _, LedgerMessage.Accepted _,
                    LedgerMessage.Refused _, LedgerMessage.Chosen _, LedgerMessage.Beat _,
                    LedgerMessage.BeatHeard _ -> { /* of another ballot, ledger or record, or in another's name */ }
        }
    }

    private boolean isOurs(ClusterState state) {
        return state.isOf(learner.state());
    }

    /** The other of two is harmless: its fence stands in for its vote from here on, durably (rules T2, T3). */
    private void goAlone(LedgerInput.OtherFenced fenced, long now, Outbox<LedgerNews> out) {
        Ballot ballot = new Ballot(highestRound + 1, self);
        twoNodes.goAlone(fenced, ballot, learner.state(), acceptor.wanted()).ifPresent(record -> {
            highestRound = ballot.round();
            stepBack("%s is fenced and this node goes on alone".formatted(fenced.other()), out);
            followed.forget();
            acceptor.note(record, now, out);
            election.candidateHeard(now);
            leader.campaign(ballot, hint, record.lone());
        });
    }

    private void prepareAsked(Incarnation from, Ballot ballot, long now, Outbox<LedgerNews> out) {
        highestRound = Math.max(highestRound, ballot.round());
        if (leader.leading() || followed.holdsBack(from.node(), now)) {
            // Kept for as long as the candidate repeats it: if the leader turns out to be gone, it need not ask again.
            held = Optional.of(new Held(from, ballot, now + 2 * Leader.againNs(times)));
            return;
        }
        if (acceptor.prepare(from, ballot, now, out)) {
            candidateTakes(ballot, now);
        }
    }

    /** This node promises somebody else's ballot: that one gets its time. */
    private void candidateTakes(Ballot ballot, long now) {
        highestRound = Math.max(highestRound, ballot.round());
        followed.promised(ballot);
        // Lives that are no members mostly try in vain while a member lives; several could keep it waiting for ever.
        if (hint.isMember(self) && !hint.isMember(ballot.leader())) {
            election.outsiderHeard(now);
        } else {
            election.candidateHeard(now);
        }
    }

    private void refused(Ballot promised, long now, Outbox<LedgerNews> out) {
        candidateTakes(promised, now);
        stepBack("an acceptor has promised " + promised, out);
    }

    private void beatArrived(Incarnation from, Ballot ballot, long sequence, long now, Outbox<LedgerNews> out) {
        highestRound = Math.max(highestRound, ballot.round());
        if (acceptor.wanted().promisedAbove(ballot)) {
            acceptor.durable().flatMap(AcceptorRecord::promised).filter(promised -> promised.compareTo(ballot) > 0)
                    .ifPresent(promised -> out.send(from.node(), new LedgerMessage.Refused(ballot, promised)));
            return;
        }
        beatHeardAt = now;
        election.leaderHeard(now);
        // A ballot that was prepared without this node is promised now, or its beats could never be answered.
        acceptor.promise(ballot, now, out);
        if (!leader.idle()) {
            stepBack("%s leads in %s".formatted(from, ballot), out);
        }
        if (followed.heard(ballot, now)) {
            out.announce(new LedgerNews.Following(ballot));
        }
        long vouched = acceptor.vouchesFor(ballot) ? sequence : 0;
        out.send(from.node(), new LedgerMessage.BeatHeard(ballot, vouched, learner.applied()));
    }

    private void reachChanged(NodeSet peers, long now, Outbox<LedgerNews> out) {
        boolean couldDecide = quorumInReach();
        NodeSet lost = reach.changed(peers);
        if (followed.awaited().filter(ballot -> lost.contains(ballot.leader().node())).isPresent()) {
            awaitedGone(now);
        }
        if (quorumInReach() && !couldDecide) {
            election.listen(now);
        }
        if (!quorumInReach() && !leader.idle() && !leader.leading()) {
            stepBack("no quorum within reach", out);
        }
    }

    private void awaitedGone(long now) {
        followed.forget();
        election.awaitedGone(now);
    }

    private boolean quorumInReach() {
        NodeSet standIn = acceptor.wanted().lone().map(line -> line.standsInFor(hint)).orElse(NodeSet.NONE);
        return hint.decidedBy(reachableVoters().union(standIn));
    }

    private void propose(Draft draft, long now, Outbox<LedgerNews> out) {
        if (!proposable() || draft.isEmpty() || !leader.owns(draft.ballot())
                || draft.base() != learner.state()) {
            return;
        }
        ClusterState next = draft.whole(learner.digest());
        leader.propose(next, lone(), now, out);
    }

    private void standDown(String reason, Outbox<LedgerNews> out) {
        stoodDown = Optional.of(reason);
        stepBack(reason, out);
    }

    private void stepBack(String reason, Outbox<LedgerNews> out) {
        if (!leader.idle()) {
            boolean wasLeading = leader.leading();
            leader.stop();
            if (wasLeading || stoodDown.isPresent()) {
                out.announce(new LedgerNews.NotLeading(reason));
            }
        }
    }

    /** Does whatever follows from what is known now. */
    private void advance(long now, Outbox<LedgerNews> out) {
        if (acceptor.failure().isPresent()) {
            stepBack("the own record cannot be written", out);
            failed = true;
            out.announce(new LedgerNews.RecordFailed(acceptor.failure().get()));
            return;
        }
        if (held.isPresent() && !leader.leading() && !followed.holdsBack(held.get().from().node(), now)) {
            Held candidate = held.get();
            held = Optional.empty();
            if (now <= candidate.until()) {
                prepareAsked(candidate.from(), candidate.ballot(), now, out);
            }
        }
        Optional<Ballot> own = leader.ballot();
        if (own.isPresent() && acceptor.wanted().promisedAbove(own.get())) {
            stepBack("this node has promised " + acceptor.wanted().promised().orElseThrow(), out);
        }
        acceptor.durable().ifPresent(record -> leader.durable(record, acceptor.votes(), now, out));
        leader.adopted().ifPresent(state -> adopt(state, now, out));
        leader.ownOffer().ifPresent(state ->
                acceptor.accept(self.node(), leader.ballot().orElseThrow(), state, now, out));
        leader.chosen().ifPresent(state -> chosen(state, now, out));
        lone().flatMap(twoNodes::news).ifPresent(out::announce);
    }

    /** A promise quorum is there: the newest state among its records is chosen again, if this life may lead with it. */
    private void adopt(ClusterState adopted, long now, Outbox<LedgerNews> out) {
        hint = adopted.version() > hint.version() ? adopted : hint;
        if (adopted.version() < learner.applied()) {
            election.candidateHeard(now);
            stepBack("a quorum knows only version %d and version %d was chosen: acceptors lost their records"
                    .formatted(adopted.version(), learner.applied()), out);
        } else if (adopted.isPast(self) && !acceptor.wanted().alone()) { // alone: nobody else can have it chosen (L11b)
            standDown("%s is out since version %d or before".formatted(self, adopted.version()), out);
        } else if (!adopted.isPast(self) && !mayLead(adopted, now)) {
            election.candidateHeard(now);
            stepBack("members of version %d are alive, and this life is none".formatted(adopted.version()), out);
        } else {
            leader.recommit(adopted, now, out);
        }
    }

    private void chosen(ClusterState state, long now, Outbox<LedgerNews> out) {
        boolean elected = !leader.leading();
        learn(leader.ballot().orElseThrow(), state, now, out);
        // Told before anything else is done, also of the own eviction: the others learn it at once.
        leader.tell(state, now, out);
        if (state.isPast(self)) {
            standDown("%s is out in version %d".formatted(self, state.version()), out);
            return;
        }
        if (elected) {
            followed.forget();
            election.leaderHeard(now);
            out.announce(new LedgerNews.Leading(leader.ballot().orElseThrow()));
        }
        leader.beat(vouches(), now, out);
    }

    /** Applies what was proven to be chosen (rule L9). */
    private void learn(Ballot ballot, ClusterState state, long now, Outbox<LedgerNews> out) {
        Optional<LedgerNews.Applied> news = learner.learn(state);
        if (news.isEmpty()) {
            return;
        }
        hint = state.version() >= hint.version() ? state : hint;
        acceptor.applied(ballot, state, now, out);
        out.announce(news.get());
        if (followed.awaited().filter(leads -> state.isPast(leads.leader())).isPresent()) {
            awaitedGone(now);
        }
    }

    private boolean vouches() {
        return leader.ballot().filter(acceptor::vouchesFor).isPresent();
    }

    private void campaign(long now, Outbox<LedgerNews> out) {
        highestRound++;
        Ballot ballot = new Ballot(highestRound, self);
        followed.forget();
        election.candidateHeard(now);
        leader.campaign(ballot, hint, acceptor.wanted().lone());
        // The own promise is durable before anybody is asked (rule L7): see Leader.durable.
        acceptor.promise(ballot, now, out);
    }

    /** When this node prepares a ballot if nothing happens before (rule L12). */
    private long candidateAt() {
        if (acceptor.durable().isEmpty() || stoodDown.isPresent() || !leader.idle() || hint.isPast(self)
                || highestRound >= Ballot.ROUND_LIMIT || !quorumInReach()) {
            return NEVER;
        }
        if (reach.belongs(hint)) {
            return election.startsAt(bornAt, reach.rank(hint));
        }
        int silences = reach.hasMember(hint) ? LAST_RESORT_SILENCES : COLD_START_SILENCES;
        return election.startsAt(beatHeardAt + silences * times.leaderSilenceNs(), reach.rank(hint));
    }

    private boolean mayLead(ClusterState adopted, long now) {
        int silences = reach.hasMember(adopted) ? LAST_RESORT_SILENCES : COLD_START_SILENCES;
        return reach.belongs(adopted) || now - beatHeardAt >= silences * times.leaderSilenceNs();
    }
}
