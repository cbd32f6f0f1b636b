package io.muster.ledger;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.Optional;
import java.util.TreeMap;

/**
 * This node's own way to lead, from preparing a ballot to beating in it: what it asks, whom it asks again, and what it
 * has counted. Whether it may, and what follows from a chosen state, is {@link Ledger}'s.
 *
 * <pre>
 * Idle -> Preparing -> Recommitting -> Leading (proposals one at a time) -> Idle
 * </pre>
 */
final class Leader {

    private sealed interface Stage {

        record Idle() implements Stage {}

        /** @param asked whether the own promise is durable and the others were asked (rule L7) */
        record Preparing(Promises promises, boolean asked) implements Stage {}

        /** The adopted state is offered again, in the own ballot (rule L5). */
        record Recommitting(Tally tally) implements Stage {}

        /** @param inFlight the one proposal that is not chosen yet (rule L6) */
        record Leading(ClusterState chosen, Optional<Tally> inFlight) implements Stage {}
    }

    private final Incarnation self;
    private NodeSet peers;
    private final TimeBudget times;
    private final long againNs;
    private final TreeMap<NodeId, Long> toldAt = new TreeMap<>();
    private Stage stage = new Stage.Idle();
    private Optional<Ballot> ballot = Optional.empty();
    private Proof proof = new Proof();
    private long againAt;
    private long beatAt;
    private long provenAt;
    private long newcomersLimitAt = Machine.NEVER;
    /** Voters of the states that were seen while preparing. */
    private NodeSet known = NodeSet.NONE;
    private Optional<Lone> lone = Optional.empty();

    /** @param peers all other nodes: they are told what is chosen */
    Leader(Incarnation self, NodeSet peers, TimeBudget times) {
        this.self = self;
        this.peers = peers;
        this.times = times;
        this.againNs = againNs(times);
    }

    /** Between two askings of the same thing. */
    static long againNs(TimeBudget times) {
        return Math.max(1, Math.min(times.askNs(), times.beatNs() / 2));
    }

    /** @param others all configured nodes but this one: they are told what is chosen from now on */
    void configured(NodeSet others) {
        peers = others;
    }

    boolean idle() {
        return stage instanceof Stage.Idle;
    }

    boolean leading() {
        return stage instanceof Stage.Leading;
    }

    boolean proposable() {
        return stage instanceof Stage.Leading(_, Optional<Tally> inFlight) && inFlight.isEmpty();
    }

    /** The ballot this node prepares or leads in. */
    Optional<Ballot> ballot() {
        return ballot;
    }

    boolean owns(Ballot other) {
        return ballot.filter(other::equals).isPresent();
    }

    /**
     * @param hint the newest state this node knows of, chosen or not: its voters are asked first, and then those of
     *             whatever newer state their promises show (rule Q2)
     * @param lone the own right to go on without the other of two
     */
    void campaign(Ballot own, ClusterState hint, Optional<Lone> lone) {
        Invariant.holds(idle(), "%s campaigns in %s while in %s", self, own, ballot);
        ballot = Optional.of(own);
        known = hint.voters();
        stage = new Stage.Preparing(Promises.none(own, lone), false);
    }

    void stop() {
        stage = new Stage.Idle();
        ballot = Optional.empty();
        newcomersLimitAt = Machine.NEVER;
        toldAt.clear();
    }

    /** The own record on the medium: it lets a candidate ask (rule L7), and counts where this node votes. */
    void durable(AcceptorRecord record, boolean votes, long now, Outbox<LedgerNews> out) {
        lone = record.lone();
        switch (stage) {
            case Stage.Preparing(Promises promises, boolean asked)
                    when !asked && record.hasPromised(promises.ballot()) -> {
                stage = new Stage.Preparing(votes ? promises.with(self.node(), record) : promises, true);
                ask(now, out);
            }
            case Stage.Recommitting(Tally tally) -> ownVote(tally, record, votes);
            case Stage.Leading(_, Optional<Tally> inFlight) ->
                inFlight.ifPresent(tally -> ownVote(tally, record, votes));
            case Stage.Idle _, Stage.Preparing _ -> { /* nothing waits for the own record */ }
        }
    }

    void promised(NodeId from, AcceptorRecord record) {
        if (stage instanceof Stage.Preparing(Promises promises, boolean asked) && asked && known.contains(from)) {
            Promises more = promises.with(from, record);
            NodeSet shown = more.newest().map(ClusterState::voters).orElse(NodeSet.NONE);
            if (!known.containsAll(shown)) {
                known = known.union(shown);
                againAt = 0;
            }
            stage = new Stage.Preparing(more, true);
        }
    }

    /** What a promise quorum wants to be chosen again; empty while there is none. */
    Optional<ClusterState> adopted() {
        return stage instanceof Stage.Preparing(Promises promises, boolean asked) && asked
                ? promises.adopted()
                : Optional.empty();
    }

    /** Offers the adopted state in the own ballot; the own acceptor is offered what {@link #ownOffer} says. */
    void recommit(ClusterState adopted, long now, Outbox<LedgerNews> out) {
        Optional<Lone> lone = ((Stage.Preparing) stage).promises().lone();
        stage = new Stage.Recommitting(Tally.of(ballot.orElseThrow(), adopted, lone));
        ask(now, out);
    }

    /** What the own acceptor is to be offered now; the caller does so each time, as to be offered twice is nothing. */
    Optional<ClusterState> ownOffer() {
        return open().filter(tally -> tally.toAsk().contains(self.node())).map(Tally::state);
    }

    /**
     * Offers the next version; the own acceptor is offered what {@link #ownOffer} says.
     *
     * @param lone the own right to go on without the other of two, as it is durable
     */
    void propose(ClusterState next, Optional<Lone> lone, long now, Outbox<LedgerNews> out) {
        Invariant.holds(proposable(), "version %d is proposed while another is in flight (rule L6)", next.version());
        Tally tally = Tally.of(ballot.orElseThrow(), next, lone);
        stage = new Stage.Leading(((Stage.Leading) stage).chosen(), Optional.of(tally));
        newcomersLimitAt = tally.newcomersMissing().isEmpty() ? Machine.NEVER : now + times.leaderSilenceNs();
        ask(now, out);
    }

    void accepted(NodeId from, long version) {
        open().filter(tally -> tally.state().version() == version && tally.state().voters().contains(from))
                .ifPresent(tally -> count(tally.with(from)));
    }

    /** The state that a quorum has accepted just now; the caller acts on it and then calls {@link #tell}. */
    Optional<ClusterState> chosen() {
        return open().filter(Tally::chosen).map(Tally::state);
    }

    /** Goes on from a chosen state: everybody is told it at once. */
    void tell(ClusterState chosen, long now, Outbox<LedgerNews> out) {
        if (!leading()) {
            proof = new Proof();
            provenAt = now;
        }
        stage = new Stage.Leading(chosen, Optional.empty());
        newcomersLimitAt = Machine.NEVER;
        peers.forEach(peer -> tell(peer, chosen, now, out));
    }

    /** @param vouches whether the own promise is durable and counts */
    void beat(boolean vouches, long now, Outbox<LedgerNews> out) {
        if (stage instanceof Stage.Leading(ClusterState chosen, _)) {
            Ballot own = ballot.orElseThrow();
            long sequence = proof.send(now);
            beatAt = now + times.beatNs();
            peers.forEach(peer -> out.send(peer, new LedgerMessage.Beat(own, sequence, chosen.version())));
            if (vouches) {
                answered(self.node(), sequence, out);
            }
        }
    }

    void beatHeard(NodeId from, long sequence, long applied, long now, Outbox<LedgerNews> out) {
        if (stage instanceof Stage.Leading(ClusterState chosen, _)) {
            answered(from, sequence, out);
            // What was told a moment ago may still be on its way, so a laggard is not told at each of its answers.
            if (applied < chosen.version() && now - toldAt.getOrDefault(from, now - againNs) >= againNs) {
                tell(from, chosen, now, out);
            }
        }
    }

    /**
     * Why this leader is none any more: no quorum has answered it for too long; or an acceptor that is to be added does
     * not answer, and as nobody else has that version, the next ballot goes on without it.
     */
    Optional<String> givesUp(long now) {
        long silenceMs = times.leaderSilenceNs() / TimeBudget.MS;
        if (leading() && now - provenAt >= times.leaderSilenceNs()) {
            return Optional.of("no quorum answered for %d ms".formatted(silenceMs));
        }
        return now >= newcomersLimitAt
                ? Optional.of("an acceptor that was to be added did not answer for %d ms".formatted(silenceMs))
                : Optional.empty();
    }

    /** Asks again and beats, where it is time to. */
    void due(boolean vouches, long now, Outbox<LedgerNews> out) {
        if (asking() && now >= againAt) {
            ask(now, out);
        }
        if (leading() && now >= beatAt) {
            beat(vouches, now, out);
        }
    }

    long deadline() {
        long beat = leading()
                ? Math.min(Math.min(beatAt, newcomersLimitAt), provenAt + times.leaderSilenceNs())
                : Machine.NEVER;
        return asking() ? Math.min(beat, againAt) : beat;
    }

    /** The nodes that answered one of the beats within the leader silence, or promised; empty when idle. */
    NodeSet answering() {
        return switch (stage) {
            case Stage.Idle _ -> NodeSet.NONE;
            case Stage.Preparing(Promises promises, _) -> NodeSet.of(promises.records().keySet());
            case Stage.Recommitting(Tally tally) -> tally.accepted();
            case Stage.Leading _ ->
                proof.answeredSince(Math.max(1, proof.sent() - times.leaderSilenceNs() / times.beatNs()));
        };
    }

    void digest(Hash64 into) {
        Acceptor.addBallot(ballot, into);
        into.add(leading() ? 2 : idle() ? 0 : 1).add(answering().bits()).add(deadline());
        open().ifPresent(tally -> into.add(tally.state().version()).add(tally.accepted().bits()));
    }

    private Optional<Tally> open() {
        return switch (stage) {
            case Stage.Recommitting(Tally tally) -> Optional.of(tally);
            case Stage.Leading(_, Optional<Tally> inFlight) -> inFlight;
            case Stage.Idle _, Stage.Preparing _ -> Optional.empty();
        };
    }

    private void ownVote(Tally tally, AcceptorRecord record, boolean votes) {
        if (votes && record.hasAccepted(tally.ballot(), tally.state().version())) {
            count(tally.with(self.node()));
        }
    }

    private void count(Tally tally) {
        if (tally.newcomersMissing().isEmpty() && newcomersLimitAt != Machine.NEVER) {
            newcomersLimitAt = Machine.NEVER;
            againAt = 0; // the others may be asked now
        }
        stage = stage instanceof Stage.Leading(ClusterState chosen, _)
                ? new Stage.Leading(chosen, Optional.of(tally))
                : new Stage.Recommitting(tally);
    }

    private boolean asking() {
        return stage instanceof Stage.Preparing(_, boolean asked) ? asked : open().isPresent();
    }

    /** Asks whoever has not answered yet. */
    private void ask(long now, Outbox<LedgerNews> out) {
        againAt = now + againNs;
        if (stage instanceof Stage.Preparing(Promises promises, _)) {
            known.without(self.node()).minus(NodeSet.of(promises.records().keySet()))
                    .forEach(peer -> out.send(peer, new LedgerMessage.Prepare(promises.ballot())));
        }
        open().ifPresent(tally -> tally.toAsk().without(self.node())
                .forEach(peer -> out.send(peer, new LedgerMessage.Accept(tally.ballot(), tally.state()))));
    }

    private void answered(NodeId from, long sequence, Outbox<LedgerNews> out) {
        ClusterState chosen = ((Stage.Leading) stage).chosen();
        // That of the chosen version alone: whoever would overtake it needs promises of a quorum of it, or of one
        // before it whose every quorum has seen the change. A change in flight counts when it is chosen.
        proof.answer(from, sequence, chosen.electorate(), standIn(chosen)).ifPresent(sentAt -> {
            provenAt = sentAt;
            out.announce(new LedgerNews.Proven(ballot.orElseThrow(), sentAt));
        });
    }

    private NodeSet standIn(ClusterState state) {
        return lone.map(line -> line.standsInFor(state)).orElse(NodeSet.NONE);
    }

    private void tell(NodeId peer, ClusterState chosen, long now, Outbox<LedgerNews> out) {
        toldAt.put(peer, now);
        out.send(peer, new LedgerMessage.Chosen(ballot.orElseThrow(), chosen));
    }
}
