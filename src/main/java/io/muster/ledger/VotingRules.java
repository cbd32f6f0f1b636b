package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** What stands against a change of the electorate, for {@link Draft}; pure. */
final class VotingRules {

    private VotingRules() {}

    /** One change a version (rule Q3); every voter with a record that is known; no record replaced under its vote. */
    static Optional<String> refuseChange(
            ClusterState base, ClusterState state, List<LedgerEvent> events, LedgerEvent.ElectorateChanged change) {
        if (changesVotes(events)) {
            return Optional.of("this version changes the electorate already");
        }
        if (base.voting().ledger() != change.voting().ledger()) {
            return Optional.of("another ledger is no change of the electorate");
        }
        Acceptors next = change.acceptors();
        for (NodeId node : next.nodes()) {
            Long recordId = next.recordIds().get(node);
            if (recordId == null) {
                return Optional.of("the record of %s is not known: it has to run, so that it can tell it".formatted(node));
            }
            if (base.electorate().votes().containsKey(node) && !base.acceptors().knows(node, recordId)) {
                return Optional.of("%s votes with another record: remove it first, and add it again after that"
                        .formatted(node));
            }
            if (!change.voting().wanted().containsKey(node)) {
                return Optional.of("%s is to vote and is not among the wanted voters".formatted(node));
            }
        }
        for (NodeId witness : change.voting().witnesses()) {
            Incarnation life = state.members().containsKey(witness) ? state.members().get(witness).who() : null;
            if (life != null && state.groups().values().stream().anyMatch(group -> group.has(life))) {
                return Optional.of("%s is in a group: a witness is in none".formatted(witness));
            }
        }
        return Voting.refusal(change.voting().policy(), change.voting().wanted(), next.electorate());
    }

    /** Only the one of two that leads, with the other a voter and no later life of it in. */
    static Optional<String> refuseAlone(
            ClusterState state, List<LedgerEvent> events, Ballot ballot, Incarnation lost) {
        NodeSet both = NodeSet.of(ballot.leader().node(), lost.node());
        if (state.voting().policy() != VotePolicy.TWO_NODE || !state.electorate().acceptors().equals(both)
                || both.count() != 2) {
            return Optional.of("%s and %s are not the two voters of policy two-node".formatted(
                    ballot.leader().node(), lost.node()));
        }
        if (changesVotes(events)) {
            return Optional.of("this version changes the electorate already");
        }
        return state.lastLives().getOrDefault(lost.node(), 0L) == lost.life()
                ? Optional.empty()
                : Optional.of("%s was admitted after %s".formatted(lost.node(), lost));
    }

    private static boolean changesVotes(List<LedgerEvent> events) {
        return events.stream().anyMatch(event ->
                event instanceof LedgerEvent.ElectorateChanged || event instanceof LedgerEvent.WentAlone);
    }

    /** This configuration without one acceptor; a majority of the votes left decides. */
    static Acceptors without(Acceptors acceptors, NodeId node) {
        TreeMap<NodeId, Integer> votes = new TreeMap<>(acceptors.electorate().votes());
        votes.remove(node);
        TreeMap<NodeId, Long> recordIds = new TreeMap<>(acceptors.recordIds());
        recordIds.remove(node);
        return new Acceptors(Electorate.majorityOf(votes), recordIds);
    }
}
