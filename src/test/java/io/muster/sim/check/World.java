package io.muster.sim.check;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Digest;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.quorum.Electorate;
import io.muster.recovery.RecoveryPlan;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Three hand-made nodes and what happens to them, for the tests of checkers. */
final class World {

    static final Incarnation N1 = Incarnation.of(1, 1);
    static final Incarnation N2 = Incarnation.of(2, 1);
    static final Incarnation N3 = Incarnation.of(3, 1);
    static final GroupName GROUP = new GroupName("g");
    static final Ballot B1 = new Ballot(1, N1);
    static final Ballot B2 = new Ballot(2, N2);

    final ClusterState founding;
    final Truth truth;
    long now;

    World() {
        NodeSet nodes = NodeSet.of(N1.node(), N2.node(), N3.node());
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        nodes.forEach(node -> recordIds.put(node, (long) node.number()));
        founding = ClusterState.founded(new ClusterId(1, 1), Electorate.majorityOf(nodes), recordIds);
        TreeMap<String, EnumSet<Phase>> participants = new TreeMap<>();
        participants.put("locks", EnumSet.of(Phase.STOP, Phase.LOCKS, Phase.RESUME));
        truth = new Truth(participants, founding, () -> now);
        List.of(N1, N2, N3).forEach(truth::begins);
    }

    /** The version after {@code base} with these events; its parent is named by the base's version alone. */
    static ClusterState next(ClusterState base, Ballot ballot, LedgerEvent... events) {
        Draft draft = base.draft(ballot);
        for (LedgerEvent event : events) {
            Optional<String> refusal = draft.add(event);
            if (refusal.isPresent()) {
                throw new IllegalArgumentException(refusal.get());
            }
        }
        return draft.whole(new Digest(1, base.version()));
    }

    static LedgerEvent joined(Incarnation who) {
        return new LedgerEvent.MemberJoined(who, HostProcess.UNKNOWN);
    }

    AcceptorRecord record(Optional<Ballot> promised, Optional<Ballot> accepted, ClusterState state) {
        return new AcceptorRecord(1, promised, accepted, state);
    }

    /** Lets two of three accept a state. */
    ClusterState choose(Ballot ballot, ClusterState state) {
        truth.chosen().accepted(N1.node(), ballot, state);
        truth.chosen().accepted(N2.node(), ballot, state).orElseThrow();
        return state;
    }

    /** Everybody in, n3 evicted, its fence begun, and ended when wanted. */
    ClusterState evictN3(boolean evidenced) {
        ClusterState in = choose(B1, next(founding, B1, joined(N1), joined(N2), joined(N3)));
        ClusterState out = choose(B1, next(in, B1, new LedgerEvent.MemberEvicted(N3, "test"),
                new LedgerEvent.FenceIntended(1, N3, "test", B1)));
        return evidenced
                ? choose(B1, next(out, B1, new LedgerEvent.FenceEvidenced(
                        1, N3, EvidenceClass.PROCESS_ENDED, "seen", N1.node())))
                : out;
    }

    static LedgerEvent reached(long generation, Phase phase) {
        return new LedgerEvent.PhaseReached(GROUP, generation, phase);
    }

    /** The group through all phases of a generation. */
    static ClusterState running(ClusterState state, long generation) {
        return next(state, B1, reached(generation, Phase.LOCKS), reached(generation, Phase.STRIPES),
                reached(generation, Phase.JOURNALS), reached(generation, Phase.RESUME),
                reached(generation, Phase.RUNNING));
    }

    static RecoveryPlan planWithoutN3(long generation) {
        TreeMap<NodeId, Incarnation> survivors = new TreeMap<>();
        survivors.put(N1.node(), N1);
        survivors.put(N2.node(), N2);
        TreeMap<Incarnation, NodeId> replayer = new TreeMap<>();
        replayer.put(N3, N1.node());
        return new RecoveryPlan(GROUP, generation, survivors, new TreeSet<>(List.of(N3)), replayer);
    }
}
