package io.muster.membership;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.Acceptors;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.VotePolicy;
import io.muster.ledger.Voting;
import io.muster.quorum.Electorate;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a person wants of the electorate; what is left out stays as it is. Pure: {@link #applied} says which event would
 * do it, or why it cannot be had.
 *
 * @param votes     for each node named: its votes, or 0 for none any more
 * @param threshold votes that decide; 0 for more than half of them, unless neither votes nor policy change
 * @param policy    who changes the electorate
 * @param floor     acceptors that the policy leaves at least; 0 to leave it as it is
 */
public record VoterChange(
        SortedMap<NodeId, Integer> votes, int threshold, Optional<VotePolicy> policy, int floor) {

    /** An event, or why there is none. Exactly one of the two is there. */
    public record Applied(Optional<LedgerEvent.ElectorateChanged> event, Optional<String> refusal) {

        private static Applied refused(String why) {
            return new Applied(Optional.empty(), Optional.of(why));
        }
    }

    public VoterChange {
        votes = Collections.unmodifiableSortedMap(new TreeMap<>(votes));
        if (threshold < 0 || floor < 0 || floor > NodeId.LIMIT) {
            throw new IllegalArgumentException("threshold %d and floor %d must not be below 0".formatted(threshold, floor));
        }
        votes.forEach((node, own) -> {
            if (own < 0 || own > Electorate.VOTES_LIMIT) {
                throw new IllegalArgumentException("%s cannot have %d votes; 0 to %d are allowed".formatted(
                        node, own, Electorate.VOTES_LIMIT));
            }
        });
    }

    public static VoterChange ofVotes(NodeId node, int votes) {
        TreeMap<NodeId, Integer> only = new TreeMap<>();
        only.put(node, votes);
        return new VoterChange(only, 0, Optional.empty(), 0);
    }

    /** Whether the state is as wished already. */
    public boolean isShownBy(ClusterState state) {
        Voting voting = state.voting();
        boolean votesShown = votes.entrySet().stream().allMatch(entry -> {
            int given = voting.wanted().getOrDefault(entry.getKey(), 0);
            int now = state.electorate().votesOf(entry.getKey());
            // Who is out by policy comes back by policy.
            boolean later = now == 0 && voting.policy() != VotePolicy.FIXED;
            return given == entry.getValue() && (now == given || later);
        });
        return votesShown && policy.filter(wished -> wished != voting.policy()).isEmpty()
                && (threshold == 0 || state.electorate().threshold() == threshold)
                && (floor == 0 || voting.floor() == floor);
    }

    /** @param records ids of the records that nodes without a vote have told */
    public Applied applied(ClusterState state, SortedMap<NodeId, Long> records, String reason) {
        TreeMap<NodeId, Integer> wanted = new TreeMap<>(state.voting().wanted());
        TreeMap<NodeId, Integer> voting = new TreeMap<>(state.electorate().votes());
        for (var entry : votes.entrySet()) {
            if (entry.getValue() == 0) {
                wanted.remove(entry.getKey());
                voting.remove(entry.getKey());
            } else {
                wanted.put(entry.getKey(), entry.getValue());
                voting.put(entry.getKey(), entry.getValue());
            }
        }
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        for (NodeId node : voting.keySet()) {
            boolean votesNow = state.electorate().votes().containsKey(node);
            Long recordId = votesNow ? state.recordIds().get(node) : records.get(node);
            if (recordId == null) {
                return Applied.refused("the record of %s is not known: start it, and it tells it by itself".formatted(node));
            }
            recordIds.put(node, recordId);
        }
        VotePolicy next = policy.orElse(state.voting().policy());
        try {
            Electorate majority = Electorate.majorityOf(voting);
            boolean sameVotes = voting.equals(state.electorate().votes()) && policy.isEmpty();
            int deciding = threshold > 0 ? threshold : sameVotes ? state.electorate().threshold() : majority.threshold();
            Electorate electorate = new Electorate(voting, deciding);
            Optional<String> refusal = Voting.refusal(next, wanted, electorate);
            if (refusal.isPresent()) {
                return new Applied(Optional.empty(), refusal);
            }
            if (floor > wanted.size()) {
                return Applied.refused("a floor of %d voters can never be kept by the %d that are wanted, %s; a floor of 1 to %d"
                        .formatted(floor, wanted.size(), NodeSet.of(wanted.keySet()), wanted.size()) + " would do");
            }
            return new Applied(Optional.of(new LedgerEvent.ElectorateChanged(
                    new Acceptors(electorate, recordIds),
                    new Voting(next, floor > 0 ? floor : state.voting().floor(), wanted, state.voting().witnesses(),
                            state.voting().ledger(), Optional.empty()), reason)), Optional.empty());
        } catch (IllegalArgumentException e) {
            return Applied.refused(e.getMessage());
        }
    }

    /** Nodes that are to have a vote and have none now. */
    NodeSet added(ClusterState state) {
        NodeSet added = NodeSet.NONE;
        for (var entry : votes.entrySet()) {
            boolean in = entry.getValue() > 0 && state.electorate().votesOf(entry.getKey()) == 0;
            added = in ? added.with(entry.getKey()) : added;
        }
        return added;
    }
}
