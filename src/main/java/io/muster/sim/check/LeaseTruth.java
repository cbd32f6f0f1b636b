package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerMessage;
import io.muster.machine.Message;
import io.muster.membership.MembershipMessage;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Nobody acts longer than L(1 + rho) after a beat was sent that a quorum then answered (rules A1, A2), and a leader
 * answers no lease of a life that it is putting out or that is not in (rule A3).
 */
public final class LeaseTruth implements Checker {

    /** The beats of one life in one ballot: when each was sent, and the last that each node answered. */
    private static final class Beats {

        private final Ballot ballot;
        private final TreeMap<Long, Long> sentAt = new TreeMap<>();
        private final TreeMap<NodeId, Long> answered = new TreeMap<>();

        Beats(Ballot ballot) {
            this.ballot = ballot;
        }

        /** Who answered this beat or a later one: a promise never returns to a ballot that it left. */
        NodeSet answeredSince(long sequence) {
            NodeSet nodes = NodeSet.NONE;
            for (var entry : answered.entrySet()) {
                nodes = entry.getValue() >= sequence ? nodes.with(entry.getKey()) : nodes;
            }
            return nodes;
        }
    }

    private static final int BEATS_LIMIT = 256;

    private final Truth truth;
    private final TimeBudget times;
    private final TreeMap<Incarnation, Beats> beats = new TreeMap<>();
    private final TreeMap<Incarnation, TreeSet<Incarnation>> puttingOut = new TreeMap<>();
    private long newestProof = -1;

    public LeaseTruth(Truth truth, TimeBudget times) {
        this.truth = truth;
        this.times = times;
    }

    @Override
    public void sent(Incarnation from, NodeId to, Message message) {
        switch (message) {
            case LedgerMessage.Beat(Ballot ballot, long sequence, _) -> {
                Beats own = leads(from, ballot);
                own.sentAt.putIfAbsent(sequence, truth.now());
                own.answered.merge(from.node(), sequence, Math::max);
                if (own.sentAt.size() > BEATS_LIMIT) {
                    own.sentAt.pollFirstEntry();
                }
                prove(own);
            }
            case LedgerMessage.Accept(Ballot ballot, ClusterState state) -> {
                leads(from, ballot);
                for (LedgerEvent event : state.events()) {
                    if (event instanceof LedgerEvent.MemberEvicted(Incarnation who, _)) {
                        puttingOut.computeIfAbsent(from, _ -> new TreeSet<>()).add(who);
                    } else if (event instanceof LedgerEvent.MemberDropped(Incarnation who, _)) {
                        puttingOut.computeIfAbsent(from, _ -> new TreeSet<>()).add(who);
                    }
                }
            }
            case MembershipMessage.LeaseAnswer(_, _, long version) -> leaseAnswered(from, to, version);
            default -> {
                // Nothing else renews a lease.
            }
        }
    }

    private Beats leads(Incarnation who, Ballot ballot) {
        Beats own = beats.get(who);
        if (own == null || !own.ballot.equals(ballot)) {
            own = new Beats(ballot);
            beats.put(who, own);
            puttingOut.remove(who);
        }
        return own;
    }

    private void leaseAnswered(Incarnation leader, NodeId to, long version) {
        ClusterState state = truth.chosen().at(version).orElse(truth.chosen().newest());
        var member = state.members().get(to);
        Violation.unless(member != null, name(),
                "%s answers the lease of %s, which is not in at version %d", leader, to, version);
        Violation.unless(!puttingOut.getOrDefault(leader, new TreeSet<>()).contains(member.who()), name(),
                "%s answers the lease of %s after it began to put it out", leader, member.who());
    }

    @Override
    public void received(Incarnation to, Incarnation from, Message message) {
        Beats own = beats.get(to);
        if (message instanceof LedgerMessage.BeatHeard(Ballot ballot, long sequence, _)
                && own != null && own.ballot.equals(ballot)) {
            own.answered.merge(from.node(), sequence, Math::max);
            prove(own);
        }
    }

    /** Nobody has promised more there: what this life has sent so far counts as answered, as by an acceptor that heard it. */
    @Override
    public void diskLooked(Incarnation who, NodeId disk, Optional<Ballot> highest) {
        Beats own = beats.get(who);
        if (own != null && !own.sentAt.isEmpty() && highest.filter(ballot -> ballot.compareTo(own.ballot) > 0).isEmpty()) {
            own.answered.merge(disk, own.sentAt.lastKey(), Math::max);
            prove(own);
        }
    }

    private void prove(Beats own) {
        for (var beat : own.sentAt.descendingMap().entrySet()) {
            if (beat.getValue() <= newestProof) {
                return;
            }
            NodeSet answered = own.answeredSince(beat.getKey()).union(standIn(own.ballot));
            // While a change of the voters is being counted, a leader goes by those before it.
            if (truth.chosen().newest().configurations().stream().anyMatch(each -> each.electorate().isQuorum(answered))) {
                newestProof = beat.getValue();
                return;
            }
        }
    }

    private NodeSet standIn(Ballot ballot) {
        return truth.record(ballot.leader().node()).flatMap(AcceptorRecord::lone)
                .map(line -> line.standsInFor(truth.chosen().newest())).orElse(NodeSet.NONE);
    }

    @Override
    public void mayAct(Incarnation life, long until) {
        if (until <= truth.now()) {
            return;
        }
        Violation.unless(newestProof >= 0, name(), "%s may act, and no quorum ever answered a beat", life);
        long longest = times.leaseNs() + times.leaseNs() / 1_000_000 * times.clockErrorPpm() + 1;
        Violation.unless(until <= newestProof + longest, name(),
                "%s may act until %d ns, and the newest beat that a quorum answered was sent at %d ns: %d ns too long",
                life, until, newestProof, until - newestProof - longest);
    }
}
