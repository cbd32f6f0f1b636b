package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.Ballot;
import io.muster.ledger.LedgerMessage;
import io.muster.machine.Message;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Write, wait for the write, then send (rules L2, L3, L7): when a promise, an acceptance or a prepare leaves a node, its
 * disk holds it; and a node that says "my promise is still this ballot" has promised no higher one (rule A1).
 */
public final class DurableBeforeSaid implements Checker {

    private final Truth truth;
    /** The highest ballot that each life is bound to by what it loaded or said. */
    private final TreeMap<Incarnation, Ballot> bound = new TreeMap<>();

    public DurableBeforeSaid(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void started(Incarnation life) {
        truth.record(life.node()).flatMap(AcceptorRecord::promised).ifPresent(promised -> bound.put(life, promised));
    }

    @Override
    public void sent(Incarnation from, NodeId to, Message message) {
        if (!(message instanceof LedgerMessage said)) {
            return;
        }
        switch (said) {
            case LedgerMessage.Prepare(Ballot ballot) -> promised(from, ballot, said);
            case LedgerMessage.Promise(Ballot ballot, AcceptorRecord record) -> {
                promised(from, ballot, said);
                bound.merge(from, ballot, (one, other) -> one.compareTo(other) > 0 ? one : other);
                record.accepted().ifPresent(accepted -> accepted(from, accepted, record.state().version(), said));
            }
            case LedgerMessage.Accepted(Ballot ballot, long version) -> accepted(from, ballot, version, said);
            case LedgerMessage.BeatHeard(Ballot ballot, _, _) -> {
                Ballot highest = bound.getOrDefault(from, ballot);
                Violation.unless(highest.compareTo(ballot) <= 0, name(),
                        "%s says that its promise is still %s, and it is bound to %s", from, ballot, highest);
            }
            case LedgerMessage.Accept _, LedgerMessage.Refused _, LedgerMessage.Chosen _, LedgerMessage.Beat _ -> {
                // These promise nothing.
            }
        }
    }

    private void promised(Incarnation from, Ballot ballot, LedgerMessage said) {
        Optional<Ballot> durable = truth.record(from.node()).flatMap(AcceptorRecord::promised);
        Violation.unless(durable.isPresent() && durable.get().compareTo(ballot) >= 0, name(),
                "%s sends %s of %s, and its disk holds the promise %s",
                from, said.getClass().getSimpleName(), ballot, durable);
    }

    private void accepted(Incarnation from, Ballot ballot, long version, LedgerMessage said) {
        Optional<AcceptorRecord> durable = truth.record(from.node());
        Optional<Ballot> held = durable.flatMap(AcceptorRecord::accepted);
        int order = held.map(b -> b.compareTo(ballot)).orElse(-1);
        Violation.unless(order > 0 || order == 0 && durable.get().state().version() >= version, name(),
                "%s sends %s of version %d of %s, and its disk holds version %s of %s", from,
                said.getClass().getSimpleName(), version, ballot, durable.map(r -> r.state().version()), held);
    }
}
