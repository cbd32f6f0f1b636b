package io.muster.ledger;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is agreed about voting beside who votes now.
 *
 * @param policy    who changes the electorate
 * @param floor     the policy takes nobody out when fewer acceptors than this would be left (rule Q7)
 * @param wanted    votes as people gave them: who is out by policy is added again with these
 * @param witnesses nodes that are never in a group: they are there for their vote
 * @param ledger    which ledger this is: 0 as founded, drawn anew whenever a person gave lost acceptors up (rule Q6)
 * @param previous  the configuration before, from the version that changes it until the next one is chosen (rule Q1)
 */
public record Voting(
        VotePolicy policy,
        int floor,
        SortedMap<NodeId, Integer> wanted,
        NodeSet witnesses,
        long ledger,
        Optional<Acceptors> previous) {

    /** Voters of the policy two-node. */
    private static final int TWO = 2;

    public Voting {
        wanted = Collections.unmodifiableSortedMap(new TreeMap<>(wanted));
        if (floor < 1 || floor > NodeId.LIMIT) {
            throw new IllegalArgumentException("a floor of %d acceptors; 1 to %d are allowed".formatted(floor, NodeId.LIMIT));
        }
    }

    /** The people's own choice and nothing else. */
    public static Voting of(VotePolicy policy, Electorate electorate) {
        return new Voting(policy, 1, electorate.votes(), NodeSet.NONE, 0, Optional.empty());
    }

    /** Why this policy cannot be had with these votes; empty when it can. */
    public static Optional<String> refusal(VotePolicy policy, SortedMap<NodeId, Integer> wanted, Electorate electorate) {
        boolean two = wanted.size() == TWO && wanted.values().stream().allMatch(votes -> votes == 1);
        if (policy == VotePolicy.TWO_NODE && !two) {
            return Optional.of("policy two-node needs two voters with one vote each, and the voters are %s; take policy "
                    .formatted(wanted) + "fixed or dynamic, or remove the others");
        }
        int majority = electorate.total() / 2 + 1;
        if (policy != VotePolicy.FIXED && electorate.threshold() != majority) {
            return Optional.of("policy %s sets the threshold by itself, to %d of %d votes and not %d; leave it out".formatted(
                    policy.label(), majority, electorate.total(), electorate.threshold()));
        }
        return Optional.empty();
    }

    /** The same in another ledger (rule Q6). */
    public Voting ofLedger(long other) {
        return new Voting(policy, floor, wanted, witnesses, other, previous);
    }

    Voting with(Optional<Acceptors> before) {
        return new Voting(policy, floor, wanted, witnesses, ledger, before);
    }
}
