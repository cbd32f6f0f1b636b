package io.muster.ledger;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.machine.Completion;
import io.muster.machine.Outbox;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The acceptor: promises and accepts by the rules of {@link AcceptorRecord}, writes, waits for the write, and only then
 * answers (rules L2, L3). It decides on the newest record it wants written, and answers only with what is durable: each
 * answer owed stays here, one for each node at most, until the durable record covers it or has gone past it.
 *
 * <p>An acceptor whose record is not the one that the cluster's state names does not vote: it is silent (rule L8).
 */
final class Acceptor {

    /** What a node is owed. */
    private sealed interface Owed {

        Ballot ballot();

        record ToPromise(Ballot ballot) implements Owed {}

        record ToAccept(Ballot ballot, long version) implements Owed {}
    }

    private final NodeId self;
    private final RecordKeeper keeper;
    private final TreeMap<NodeId, Owed> owed = new TreeMap<>();
    private AcceptorRecord wanted;
    private Optional<ClusterState> applied = Optional.empty();

    Acceptor(NodeId self, RecordFile.Loaded loaded, long writeLimitNs) {
        this.self = self;
        this.wanted = loaded.record();
        this.keeper = new RecordKeeper(loaded, writeLimitNs);
    }

    /**
     * Writes the record that was found once more: a life that was killed may have left it in a cache only, from where a
     * loss of power takes it back. Nothing is answered before.
     */
    void start(long now, Outbox<LedgerNews> out) {
        keeper.start(now, out);
    }

    /** The record this acceptor has answered for, or will once it is written. */
    AcceptorRecord wanted() {
        return wanted;
    }

    /** The record on the medium; empty until the first write of this life has ended. */
    Optional<AcceptorRecord> durable() {
        return keeper.durable();
    }

    /**
     * Whether this node has a vote, with a record that it does not doubt: by the newest state that was accepted here or
     * is known to be chosen. An acceptor that is to be added has accepted that before it votes (rule Q4).
     */
    boolean votes() {
        return knows(applied.filter(chosen -> chosen.version() > wanted.state().version()).orElse(wanted.state()));
    }

    /** Whether the durable promise is still exactly this ballot (rule A1). */
    boolean vouchesFor(Ballot ballot) {
        return votes() && durable().filter(record -> record.hasPromised(ballot)).isPresent();
    }

    /**
     * A chosen state says who votes. It is kept where no vote of this acceptor was needed for it, too: should the others be lost,
     * a person goes on from this record, which must not know less than this node did (rule Q6a).
     */
    void applied(Ballot ballot, ClusterState chosen, long now, Outbox<LedgerNews> out) {
        applied = Optional.of(chosen);
        if (wanted.weigh(ballot, chosen.version()) == AcceptorRecord.Offer.NEW) {
            want(wanted.accepting(ballot, chosen), now, out);
        }
    }

    /** Another node wants to lead. @return true when that was a new, higher ballot */
    boolean prepare(Incarnation from, Ballot ballot, long now, Outbox<LedgerNews> out) {
        if (!votes()) {
            return false;
        }
        boolean higher = promise(ballot, now, out);
        owed.put(from.node(), new Owed.ToPromise(ballot));
        settle(out);
        return higher;
    }

    /** Raises the own promise: for the own candidacy, or for a leader whose prepare was missed. */
    boolean promise(Ballot ballot, long now, Outbox<LedgerNews> out) {
        if (!wanted.mayPromise(ballot)) {
            return false;
        }
        want(wanted.promising(ballot), now, out);
        return true;
    }

    /** Notes the will to fence the other of two (rule T8), or that it was done and this node goes on alone (rule T3). */
    void note(AcceptorRecord record, long now, Outbox<LedgerNews> out) {
        want(record, now, out);
    }

    /** A leader offers a state; an answer is owed unless that leader is this very node. */
    void accept(NodeId from, Ballot ballot, ClusterState state, long now, Outbox<LedgerNews> out) {
        if (!knows(state)) {
            return;
        }
        switch (wanted.weigh(ballot, state.version())) {
            case STALE -> {
                return;
            }
            case NEW -> want(wanted.accepting(ballot, state), now, out);
            case SAME, REFUSED -> { /* the answer below says which */ }
        }
        if (!from.equals(self)) {
            owed.put(from, new Owed.ToAccept(ballot, state.version()));
            settle(out);
        }
    }

    /** @return true when the durable record moved */
    boolean completed(Completion completion, long now, Outbox<LedgerNews> out) {
        boolean moved = keeper.completed(completion, now, out);
        if (moved) {
            settle(out);
        }
        return moved;
    }

    /** Why the record cannot be written any more. */
    Optional<String> failure() {
        return keeper.failure();
    }

    void due(long now) {
        keeper.due(now);
    }

    long deadline() {
        return keeper.deadline();
    }

    void digest(Hash64 into) {
        addBallot(wanted.promised(), into);
        addBallot(wanted.accepted(), into);
        into.add(wanted.state().version()).add(votes() ? 1 : 0).add(owed.size());
        keeper.digest(into);
    }

    static void addBallot(Optional<Ballot> ballot, Hash64 into) {
        into.add(ballot.map(Ballot::round).orElse(0L));
        ballot.ifPresent(b -> into.add(b.leader().node().number()).add(b.leader().life()));
    }

    private void want(AcceptorRecord record, long now, Outbox<LedgerNews> out) {
        wanted = record;
        keeper.want(record, now, out);
    }

    private boolean knows(ClusterState state) {
        return state.knows(self, wanted.recordId());
    }

    /** Answers whoever the durable record allows to be answered. */
    private void settle(Outbox<LedgerNews> out) {
        if (durable().isEmpty()) {
            return;
        }
        AcceptorRecord durable = durable().get();
        for (Iterator<Map.Entry<NodeId, Owed>> left = owed.entrySet().iterator(); left.hasNext();) {
            Map.Entry<NodeId, Owed> entry = left.next();
            Optional<LedgerMessage> answer = answer(entry.getValue(), durable);
            answer.ifPresent(message -> out.send(entry.getKey(), message));
            if (answer.isPresent() || !pending(entry.getValue())) {
                left.remove();
            }
        }
    }

    private static Optional<LedgerMessage> answer(Owed owed, AcceptorRecord durable) {
        return switch (owed) {
            case Owed.ToPromise(Ballot ballot) when durable.hasPromised(ballot) ->
                Optional.of(new LedgerMessage.Promise(ballot, durable));
            case Owed.ToAccept(Ballot ballot, long version) when durable.hasAccepted(ballot, version) ->
                Optional.of(new LedgerMessage.Accepted(ballot, version));
            case Owed.ToPromise(Ballot ballot) -> refusal(ballot, durable);
            case Owed.ToAccept(Ballot ballot, long _) -> refusal(ballot, durable);
        };
    }

    private static Optional<LedgerMessage> refusal(Ballot ballot, AcceptorRecord durable) {
        return durable.promised().filter(promised -> promised.compareTo(ballot) > 0)
                .map(promised -> new LedgerMessage.Refused(ballot, promised));
    }

    /** Whether a write that is under way or waits will bring the answer. */
    private boolean pending(Owed owed) {
        boolean behind = durable().filter(record -> record == wanted).isEmpty();
        return behind && wanted.promised().filter(promised -> promised.compareTo(owed.ballot()) >= 0).isPresent();
    }
}
