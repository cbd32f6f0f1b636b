package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerMessage;
import io.muster.machine.Message;
import io.muster.membership.MembershipMessage;
import java.util.Comparator;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Nobody acts longer than L(1 + rho) after a beat was sent that a quorum then answered (rules A1, A2), and a leader
 * answers no lease of a life that it is putting out or that is not in (rule A3).
 */
public final class LeaseTruth implements Checker {

    private record Beat(Ballot ballot, long sequence) implements Comparable<Beat> {

        private static final Comparator<Beat> ORDER = Comparator.comparing(Beat::ballot).thenComparing(Beat::sequence);

        @Override
        public int compareTo(Beat other) {
            return ORDER.compare(this, other);
        }
    }

    private record Sent(long at, NodeSet answered) {}

    private static final int BEATS_LIMIT = 256;

    private final Truth truth;
    private final TimeBudget times;
    private final TreeMap<Incarnation, TreeMap<Beat, Sent>> beats = new TreeMap<>();
    private final TreeMap<Incarnation, Ballot> leading = new TreeMap<>();
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
                leads(from, ballot);
                TreeMap<Beat, Sent> own = beats.computeIfAbsent(from, _ -> new TreeMap<>());
                own.putIfAbsent(new Beat(ballot, sequence), new Sent(truth.now(), NodeSet.of(from.node())));
                proveWhenAnswered(own.get(new Beat(ballot, sequence)));
                if (own.size() > BEATS_LIMIT) {
                    own.pollFirstEntry();
                }
            }
            case LedgerMessage.Accept(Ballot ballot, ClusterState state) -> {
                leads(from, ballot);
                for (LedgerEvent event : state.events()) {
                    if (event instanceof LedgerEvent.MemberEvicted(Incarnation who, _)) {
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

    private void leads(Incarnation who, Ballot ballot) {
        if (!ballot.equals(leading.put(who, ballot))) {
            puttingOut.remove(who);
        }
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
        if (message instanceof LedgerMessage.BeatHeard(Ballot ballot, long sequence, _)) {
            TreeMap<Beat, Sent> own = beats.getOrDefault(to, new TreeMap<>());
            Sent answered = own.computeIfPresent(new Beat(ballot, sequence),
                    (_, sent) -> new Sent(sent.at(), sent.answered().with(from.node())));
            if (answered != null) {
                proveWhenAnswered(answered);
            }
        }
    }

    private void proveWhenAnswered(Sent beat) {
        if (truth.chosen().newest().electorate().isQuorum(beat.answered())) {
            newestProof = Math.max(newestProof, beat.at());
        }
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
