package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.Ballot;
import io.muster.ledger.LedgerNews;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a life has applied never falls; what a disk holds as (accepted ballot, version), and as promised, never falls
 * over all lives of its node (rules L2, L3).
 */
public final class VersionsOnlyGrow implements Checker {

    private final TreeMap<Incarnation, Long> applied = new TreeMap<>();
    private final TreeMap<NodeId, AcceptorRecord> records = new TreeMap<>();

    @Override
    public void applied(Incarnation life, LedgerNews.Applied news) {
        long version = news.state().version();
        Long before = applied.put(life, version);
        Violation.unless(before == null || before < version, name(),
                "%s applied version %d after version %d", life, version, before);
    }

    @Override
    public void durable(NodeId node, AcceptorRecord record) {
        AcceptorRecord before = records.put(node, record);
        if (before == null || before.recordId() != record.recordId()) {
            return; // another record is another acceptor (rule L8)
        }
        Violation.unless(compare(before.promised(), record.promised()) <= 0, name(),
                "the promise on the disk of %s fell from %s to %s", node, before.promised(), record.promised());
        int ballots = compare(before.accepted(), record.accepted());
        Violation.unless(ballots < 0 || ballots == 0 && before.state().version() <= record.state().version(), name(),
                "the record on the disk of %s fell from version %d of %s to version %d of %s", node,
                before.state().version(), before.accepted(), record.state().version(), record.accepted());
    }

    private static int compare(Optional<Ballot> one, Optional<Ballot> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return Boolean.compare(one.isPresent(), other.isPresent());
        }
        return one.get().compareTo(other.get());
    }
}
