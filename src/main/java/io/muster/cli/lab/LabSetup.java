package io.muster.cli.lab;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.TimeBudget;
import io.muster.daemon.VoterRequest;
import io.muster.ledger.VotePolicy;
import io.muster.ledger.Voting;
import io.muster.quorum.Electorate;

/**
 * What a lab is made of.
 *
 * @param nodes  2 to {@link LabPlan#NODES_LIMIT}
 * @param links  1 to {@link LabPlan#LINKS_LIMIT}
 * @param policy who changes the voters
 * @param pace   its times
 */
record LabSetup(int nodes, int links, VotePolicy policy, Pace pace) {

    /** Which times the cluster is given. */
    enum Pace {
        /** Calmer than those of a network, as all nodes and who hurts them share one machine. */
        calm,
        /** As shipped. */
        lan;

        /** @throws ClusterFault CLI-1 for a name that is none */
        static Pace named(String name) {
            for (Pace pace : values()) {
                if (pace.name().equals(name)) {
                    return pace;
                }
            }
            throw new ClusterFault(FaultCode.CLI_1, "--times \"%s\" is not known: calm or lan.".formatted(name));
        }

        TimeBudget times() {
            long ms = TimeBudget.MS;
            return switch (this) {
                case calm -> new TimeBudget(
                        50 * ms, 1_500 * ms, 20 * ms, 500 * ms, 100 * ms, 1_200 * ms, 3_000 * ms, 100 * ms, 20_000 * ms,
                        5_000 * ms, 200 * ms, 5_000 * ms, 1_000);
                case lan -> TimeBudget.lan();
            };
        }
    }

    static LabSetup of(int nodes, int links) {
        return new LabSetup(nodes, links, VotePolicy.FIXED, Pace.calm);
    }

    /** @throws ClusterFault CLI-1 for a name that is none */
    static VotePolicy policyOf(String name) {
        try {
            return VoterRequest.policy(name).orElse(VotePolicy.FIXED);
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_1, e.getMessage() + ".", e);
        }
    }

    LabSetup with(VotePolicy other) {
        return new LabSetup(nodes, links, other, pace);
    }

    LabSetup with(Pace other) {
        return new LabSetup(nodes, links, policy, other);
    }

    /** One vote each. @throws ClusterFault CLI-1 when the policy cannot be had with so many nodes */
    Voting voting(Electorate electorate) {
        Voting.refusal(policy, electorate.votes(), electorate).ifPresent(why -> {
            throw new ClusterFault(FaultCode.CLI_1, why + ".");
        });
        return Voting.of(policy, electorate);
    }
}
