package io.muster.fence;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Digest;
import io.muster.ledger.Draft;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.ledger.Proposer;
import io.muster.quorum.Electorate;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A ledger reduced to its chosen states: versions are made by the product's own drafts, agreement is a given. */
public final class Chain {

    public final List<ClusterState> states = new ArrayList<>();
    public Ballot ballot;

    public Chain(Ballot ballot) {
        this.ballot = ballot;
        this.states.add(ClusterState.founded(
                new ClusterId(1, 2), Electorate.majorityOf(NodeSet.of(Incarnation.of(1, 1).node())), new TreeMap<>()));
    }

    /** A chain whose version 1 has the first lives of nodes 1 to {@code nodes}, and n1 as leader. */
    public static Chain of(int nodes) {
        Chain chain = new Chain(new Ballot(1, Incarnation.of(1, 1)));
        LedgerEvent[] joins = new LedgerEvent[nodes];
        for (int i = 0; i < nodes; i++) {
            joins[i] = new LedgerEvent.MemberJoined(Incarnation.of(i + 1, 1), HostProcess.UNKNOWN);
        }
        chain.agree(joins);
        return chain;
    }

    public ClusterState head() {
        return states.getLast();
    }

    public Draft draft() {
        return head().draft(ballot);
    }

    /** The next version with these events, each of which has to fit. */
    public ClusterState agree(LedgerEvent... events) {
        Draft draft = draft();
        for (LedgerEvent event : events) {
            draft.add(event).ifPresent(refusal -> {
                throw new AssertionError(event + " refused: " + refusal);
            });
        }
        return append(draft);
    }

    /** The next version with what these proposers want; the same version when they want nothing. */
    public ClusterState propose(long now, Proposer... proposers) {
        Draft draft = draft();
        for (Proposer proposer : proposers) {
            proposer.wants(draft, now);
        }
        return draft.isEmpty() ? head() : append(draft);
    }

    public ClusterState append(Draft draft) {
        states.add(draft.whole(new Digest(head().version(), 0)));
        return head();
    }

    /** The group gets this member and goes through all phases. */
    public ClusterState joined(String group, Incarnation who) {
        GroupName name = new GroupName(group);
        agree(new LedgerEvent.GroupJoined(name, who));
        return running(group);
    }

    /** The group goes on to RUNNING, one version for each phase. */
    public ClusterState running(String group) {
        GroupName name = new GroupName(group);
        while (head().groups().get(name).phase() != Phase.RUNNING) {
            var now = head().groups().get(name);
            agree(new LedgerEvent.PhaseReached(name, now.generation(), now.phase().next()));
        }
        return head();
    }

    /** The newest version as news, on top of the one before. */
    public LedgerNews.Applied news() {
        ClusterState before = states.get(Math.max(0, states.size() - 2));
        return new LedgerNews.Applied(before, head(), head().events(), false);
    }
}
