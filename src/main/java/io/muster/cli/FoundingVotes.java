package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.daemon.VoterRequest;
import io.muster.ledger.VotePolicy;
import io.muster.ledger.Voting;
import io.muster.quorum.Electorate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Who votes in a cluster that is being founded: one vote each, but for what is said otherwise. */
record FoundingVotes(Electorate electorate, Voting voting) {

    /** @throws ClusterFault CLI-1 with the option and what would do */
    static FoundingVotes of(
            NodeSet nodes, String policyName, Map<String, Integer> votes, List<String> withoutVote, List<String> witnesses) {
        try {
            VotePolicy policy = VoterRequest.policy(policyName).orElse(VotePolicy.FIXED);
            TreeMap<NodeId, Integer> given = new TreeMap<>();
            nodes.forEach(node -> given.put(node, 1));
            votes.forEach((node, own) -> given.put(named(nodes, node), own));
            withoutVote.forEach(node -> given.remove(named(nodes, node)));
            NodeSet watching = NodeSet.NONE;
            for (String witness : witnesses) {
                NodeId node = named(nodes, witness);
                if (!given.containsKey(node)) {
                    throw new IllegalArgumentException("witness %s has no vote: it is there for nothing else".formatted(node));
                }
                watching = watching.with(node);
            }
            Electorate electorate = Electorate.majorityOf(given);
            Optional<String> refusal = Voting.refusal(policy, given, electorate);
            if (refusal.isPresent()) {
                throw new IllegalArgumentException(refusal.get());
            }
            return new FoundingVotes(electorate, new Voting(policy, 1, given, watching, 0, Optional.empty()));
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_1, e.getMessage() + ".", e);
        }
    }

    private static NodeId named(NodeSet nodes, String name) {
        NodeId node = NodeId.parse(name);
        if (!nodes.contains(node)) {
            throw new IllegalArgumentException("%s is not among the nodes %s".formatted(node, nodes));
        }
        return node;
    }
}
