package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.machine.Completion;
import java.util.List;

/** One ledger of three, n2, fed by hand: what its tests share. */
abstract class OneLedger {

    static final TimeBudget TIMES = TimeBudget.lan();
    static final long MS = TimeBudget.MS;
    static final Incarnation N1 = States.life(1, 1);
    static final Incarnation N2 = States.life(2, 1);
    static final Incarnation N3 = States.life(3, 1);
    static final Ballot FIRST = new Ballot(1, N1);

    final ClusterState founded = States.founded(3);
    final ClusterState joined = States.next(
            founded, FIRST, States.joined(N1), States.joined(N2), States.joined(N3));
    final Recorder<LedgerNews> out = new Recorder<>();
    long now = 5_000 * MS;
    Ledger ledger = booted(States.record(2, founded));

    Ledger booted(AcceptorRecord record) {
        return booted(record, N2, States.nodes(3));
    }

    Ledger booted(AcceptorRecord record, Incarnation self, NodeSet nodes) {
        out.clear();
        Ledger fresh = new Ledger(self, nodes, TIMES, new RecordFile.Loaded(record, 0), new Prng(1), now);
        assertThat(fresh.deadline()).isEqualTo(now);
        fresh.due(now, out);
        ledger = fresh;
        write();
        out.clear();
        return fresh;
    }

    void arrive(Incarnation from, LedgerMessage message) {
        ledger.step(new LedgerInput.Arrived(from, message), now, out);
    }

    void twoWay(int... nodes) {
        NodeSet peers = NodeSet.NONE;
        for (int node : nodes) {
            peers = peers.with(NodeId.of(node));
        }
        ledger.step(new LedgerInput.TwoWay(peers), now, out);
    }

    /** Ends all writes there are. */
    void write() {
        for (int done = 0; done < out.writes().size(); done++) {
            ledger.step(new LedgerInput.Completed(new Completion.Written(out.writes().get(done).ticket())), now, out);
        }
        out.writes().clear();
    }

    void pass(long spanNs) {
        long until = now + spanNs;
        while (ledger.deadline() <= until) {
            now = Math.max(now, ledger.deadline());
            ledger.due(now, out);
            write();
        }
        now = until;
    }

    /** The prepare that this node sends when its silence is over. */
    Ballot prepared() {
        pass(2 * TIMES.leaderSilenceNs());
        return out.messages(LedgerMessage.Prepare.class).getFirst().ballot();
    }

    AcceptorRecord promised(int node, Ballot ballot) {
        return States.record(node, founded).promising(ballot);
    }

    /** n2 leads, with n3's promise and acceptance of the founding state. */
    Ballot leads() {
        twoWay(1, 3);
        Ballot ballot = prepared();
        arrive(N3, new LedgerMessage.Promise(ballot, promised(3, ballot)));
        write();
        arrive(N3, new LedgerMessage.Accepted(ballot, 0));
        assertThat(ledger.leading()).isTrue();
        return ballot;
    }

    void follows(Ballot ballot) {
        arrive(ballot.leader(), new LedgerMessage.Beat(ballot, 1, 0));
        write();
        out.clear();
    }

    List<LedgerMessage> said() {
        return out.sent().stream().map(Recorder.Sent::message).toList();
    }
}
