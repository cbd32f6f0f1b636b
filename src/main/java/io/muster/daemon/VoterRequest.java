package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.ledger.VotePolicy;
import io.muster.membership.VoterChange;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads what {@code voters.change} asks for; docs/CONTROL.md is the contract. */
public final class VoterRequest {

    private VoterRequest() {}

    /** @throws ClusterFault VOTER-1 with the field and what would do */
    static VoterChange change(Map<String, Object> request) {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        try {
            for (var entry : Json.inner(request, "votes").entrySet()) {
                votes.put(NodeId.parseVoter(entry.getKey()), whole(entry.getKey(), entry.getValue()));
            }
            VoterChange change = new VoterChange(votes, whole("threshold", request.getOrDefault("threshold", 0L)),
                    policy(Json.text(request, "policy")), whole("floor", request.getOrDefault("floor", 0L)));
            if (votes.isEmpty() && change.threshold() == 0 && change.policy().isEmpty() && change.floor() == 0) {
                throw new IllegalArgumentException("nothing is to be changed: name votes, threshold, policy or floor");
            }
            return change;
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.VOTER_1, e.getMessage() + ".");
        }
    }

    /** @throws IllegalArgumentException with the names there are; an empty one is none */
    public static Optional<VotePolicy> policy(String name) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(VotePolicy.find(name).orElseThrow(() -> new IllegalArgumentException(
                "policy \"%s\" is not known; it is one of %s".formatted(
                        name, Arrays.stream(VotePolicy.values()).map(VotePolicy::label).toList()))));
    }

    private static int whole(String field, Object value) {
        if (value instanceof Number number && number.longValue() >= 0 && number.longValue() <= Integer.MAX_VALUE) {
            return (int) number.longValue();
        }
        throw new IllegalArgumentException("\"%s\" is %s; it has to be a whole number from 0".formatted(field, value));
    }
}
