package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.util.Optional;

/**
 * When a life of the policy two-node may fence the other by itself and then go on alone (rules T1, T2, T6, T7); pure but
 * for what this life itself has noted.
 *
 * <p>A life is <em>entered</em> with another when a version was chosen that both accepted in their lives. That is read
 * from the newest state known to be chosen, by this argument:
 * <ol>
 * <li>It has both nodes as voters, so it takes both to choose it, or the one with the other's fence standing in.
 * <li>It has this life as a member and the other as the highest life there was. So what this node accepted of it, it
 *     accepted in this life or after it, and this life runs; and likewise the other accepted it in the named life or in a
 *     later one. The named one need not be in any more: it was put out or left, and its vote is missing all the same.
 * <li>A fence stands in only for a life that is the highest the state has of that node, and is dead; so if this life
 *     was the one stood in for, it would not run.
 * <li>In a later life of the other than the named one, the named one is dead and its fence ends at once; and that later
 *     life was entered with nobody before a version names it. That this node has accepted no such version is asked of
 *     its own record: nothing is chosen without it. And such a version is accepted by the later life first and by the
 *     one that proposes it last ({@link Tally}), so that it does not lose its right to a life that dies while it joins.
 * </ol>
 */
final class TwoNodes {

    private static final int VOTERS = 2;

    private final Incarnation self;
    private Optional<Lone> intended = Optional.empty();
    private Optional<Lone> told = Optional.empty();

    TwoNodes(Incarnation self) {
        this.self = self;
    }

    /** Whom this life was entered with; empty when with nobody, or when the own record has gone on to another life. */
    Optional<Incarnation> enteredWith(ClusterState chosen, AcceptorRecord record) {
        if (record.alone()) {
            return Optional.empty();
        }
        return partner(chosen).filter(other -> bothVote(record.state()) && nobodyLater(other, record.state()));
    }

    /** The record with the intent in it; empty when this life may not fence the other. */
    Optional<AcceptorRecord> intend(LedgerInput.FenceNoted noted, ClusterState chosen, AcceptorRecord record) {
        Incarnation other = noted.other();
        long intent = noted.intent();
        if (!enteredWith(chosen, record).equals(Optional.of(other)) || record.state().nextIntent() != intent) {
            return Optional.empty();
        }
        Lone line = new Lone(other, intent, Optional.empty());
        intended = Optional.of(line);
        return Optional.of(record.intending(line));
    }

    /**
     * The record that says that this node goes on alone; empty when the evidence is not for the fence that this life has
     * noted since it was entered, or is no act that was read back (rule T7).
     */
    Optional<AcceptorRecord> goAlone(
            LedgerInput.OtherFenced fenced, Ballot ballot, ClusterState chosen, AcceptorRecord record) {
        Incarnation other = fenced.other();
        Lone line = new Lone(other, fenced.intent(), Optional.empty());
        boolean noted = intended.equals(Optional.of(line)) && record.lone().equals(intended);
        if (!noted || !enteredWith(chosen, record).equals(Optional.of(other))
                || record.state().nextIntent() != fenced.intent() || !isAct(fenced.evidence())) {
            return Optional.empty();
        }
        Lone.Since since = new Lone.Since(ballot, fenced.evidence(), fenced.proof());
        return Optional.of(record.aloneSince(new Lone(other, fenced.intent(), Optional.of(since))));
    }

    /** Whether such evidence is an act with its end read back, or a refusal by the storage (rule T7). */
    static boolean isAct(EvidenceClass evidence) {
        return switch (evidence) {
            case STORAGE_REFUSED, POWER_OFF, PROCESS_ENDED -> true;
            case RESERVATION_REMOVED, ACKNOWLEDGED, ASSUMED, SUPERSEDED -> false;
        };
    }

    /** What became durable just now and was not told yet. */
    Optional<LedgerNews> news(Lone durable) {
        if (told.equals(Optional.of(durable))) {
            return Optional.empty();
        }
        told = Optional.of(durable);
        return Optional.of(new LedgerNews.LoneNoted(durable));
    }

    private Optional<Incarnation> partner(ClusterState state) {
        if (!bothVote(state) || !state.isMember(self)) {
            return Optional.empty();
        }
        NodeId other = state.electorate().acceptors().without(self.node()).lowest();
        return Optional.ofNullable(state.lastLives().get(other)).map(life -> new Incarnation(other, life));
    }

    private boolean bothVote(ClusterState state) {
        NodeSet voters = state.electorate().acceptors();
        return state.voting().policy() == VotePolicy.TWO_NODE && voters.count() == VOTERS && voters.contains(self.node());
    }

    private static boolean nobodyLater(Incarnation other, ClusterState accepted) {
        return accepted.lastLives().getOrDefault(other.node(), 0L) == other.life();
    }
}
