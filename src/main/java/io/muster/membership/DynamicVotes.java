package io.muster.membership;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.Acceptors;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.VotePolicy;
import io.muster.quorum.Electorate;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the policies dynamic and two-node change by themselves (rule Q5), one node at a time; pure. Who left as planned
 * or was made harmless <em>in a version before</em> is taken out, who is back and still wanted is added again; and
 * neither without a quorum of both configurations at hand, so that nothing is begun that would stop the cluster.
 */
final class DynamicVotes {

    private final ClusterState state;
    private final NodeSet reachable;

    /**
     * @param state     chosen
     * @param reachable acceptors and others within two-way reach, this node included
     */
    DynamicVotes(ClusterState state, NodeSet reachable) {
        this.state = state;
        this.reachable = reachable;
    }

    /**
     * @param heard   the newest life heard of each node
     * @param records ids of the records that nodes without a vote have told
     */
    Optional<LedgerEvent.ElectorateChanged> next(SortedMap<NodeId, Incarnation> heard, SortedMap<NodeId, Long> records) {
        if (state.voting().policy() == VotePolicy.FIXED) {
            return Optional.empty();
        }
        for (NodeId node : state.electorate().acceptors()) {
            if (isOutForGood(node, heard)) {
                Optional<LedgerEvent.ElectorateChanged> change = without(node);
                if (change.isPresent()) {
                    return change;
                }
            }
        }
        for (var entry : state.voting().wanted().entrySet()) {
            NodeId node = entry.getKey();
            boolean back = state.electorate().votesOf(node) == 0 && state.members().containsKey(node)
                    && records.containsKey(node) && reachable.contains(node);
            if (back) {
                Optional<LedgerEvent.ElectorateChanged> change = with(node, entry.getValue(), records.get(node));
                if (change.isPresent()) {
                    return change;
                }
            }
        }
        return Optional.empty();
    }

    /** Its reason is in the state: its highest life left as planned or is harmless, and no newer one is about to join. */
    private boolean isOutForGood(NodeId node, SortedMap<NodeId, Incarnation> heard) {
        Long life = state.lastLives().get(node);
        if (life == null || state.members().containsKey(node) || !state.harmless(new Incarnation(node, life))) {
            return false;
        }
        return !heard.containsKey(node) || heard.get(node).life() <= life;
    }

    private Optional<LedgerEvent.ElectorateChanged> without(NodeId node) {
        TreeMap<NodeId, Integer> votes = new TreeMap<>(state.electorate().votes());
        votes.remove(node);
        TreeMap<NodeId, Long> recordIds = new TreeMap<>(state.recordIds());
        recordIds.remove(node);
        return votes.size() < state.voting().floor()
                ? Optional.empty()
                : change(votes, recordIds, node + " is out");
    }

    private Optional<LedgerEvent.ElectorateChanged> with(NodeId node, int own, long recordId) {
        TreeMap<NodeId, Integer> votes = new TreeMap<>(state.electorate().votes());
        votes.put(node, own);
        TreeMap<NodeId, Long> recordIds = new TreeMap<>(state.recordIds());
        recordIds.put(node, recordId);
        return change(votes, recordIds, node + " is back");
    }

    private Optional<LedgerEvent.ElectorateChanged> change(
            TreeMap<NodeId, Integer> votes, TreeMap<NodeId, Long> recordIds, String reason) {
        if (votes.isEmpty()) {
            return Optional.empty();
        }
        Electorate next = Electorate.majorityOf(votes);
        boolean decided = state.electorate().isQuorum(reachable) && next.isQuorum(reachable);
        return decided
                ? Optional.of(new LedgerEvent.ElectorateChanged(
                        new Acceptors(next, recordIds), state.voting(), reason))
                : Optional.empty();
    }
}
