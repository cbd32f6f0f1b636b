package io.muster.sim;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.VotePolicy;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Everything that is drawn for one run, so that a run is a function of its settings and its seed.
 *
 * @param seed          where all chance of the run comes from
 * @param nodes         how many nodes are configured
 * @param links         datagram links between each pair
 * @param groups        how many groups the nodes join
 * @param clockRatePpm  clocks are at most this much fast or slow
 * @param fence         weights of what fence devices do
 * @param acts          weights of what happens to the cluster
 * @param actEveryNs    mean time between two of these
 * @param restartNs     a node that ended is started again after at most this time
 * @param safetyNs      how long faults go on
 * @param faults        those that are aimed, or have a number of their own
 * @param voters        how many of the nodes have a vote: the first ones
 * @param policy        by which the electorate changes
 * @param disks         how many shared disks have a vote beside them
 */
record SimSettings(
        long seed,
        int nodes,
        int links,
        int groups,
        TimeBudget times,
        long clockRatePpm,
        SimNetwork.Behaviour network,
        SimDisk.Behaviour disk,
        SimParticipant.Behaviour participants,
        Map<SimFence.Mood, Integer> fence,
        Map<Chaos.Act, Integer> acts,
        long actEveryNs,
        long restartNs,
        long safetyNs,
        SimFaults faults,
        int voters,
        VotePolicy policy,
        int disks) {

    private static final long MS = TimeBudget.MS;

    SimSettings {
        fence = Collections.unmodifiableMap(new EnumMap<>(fence));
        acts = Collections.unmodifiableMap(acts.isEmpty() ? new EnumMap<>(Chaos.Act.class) : new EnumMap<>(acts));
    }

    /** The nodes with the lowest numbers. */
    static NodeSet first(int count) {
        return NodeSet.of(IntStream.rangeClosed(1, count).mapToObj(NodeId::of).toList());
    }

    /** With the policy fixed. */
    SimSettings(
            long seed, int nodes, int links, int groups, TimeBudget times, long clockRatePpm,
            SimNetwork.Behaviour network, SimDisk.Behaviour disk, SimParticipant.Behaviour participants,
            Map<SimFence.Mood, Integer> fence, Map<Chaos.Act, Integer> acts, long actEveryNs, long restartNs,
            long safetyNs, SimFaults faults, int voters) {
        this(seed, nodes, links, groups, times, clockRatePpm, network, disk, participants, fence, acts, actEveryNs,
                restartNs, safetyNs, faults, voters, VotePolicy.FIXED, 0);
    }

    /** The same with voting disks. */
    SimSettings withDisks(int count) {
        return new SimSettings(seed, nodes, links, groups, times, clockRatePpm, network, disk, participants, fence, acts,
                actEveryNs, restartNs, safetyNs, faults, voters, policy, count);
    }

    SimSettings with(VotePolicy other) {
        return new SimSettings(seed, nodes, links, groups, times, clockRatePpm, network, disk, participants, fence, acts,
                actEveryNs, restartNs, safetyNs, faults, voters, other, disks);
    }

    /** Times of the simulated cluster: those of a local network, with limits short enough to be met often. */
    static TimeBudget shortTimes() {
        return new TimeBudget(
                50 * MS, 600 * MS, 20 * MS, 250 * MS, 100 * MS, 800 * MS, 2_000 * MS, 200 * MS, 4_000 * MS, 2_000 * MS,
                300 * MS, 3_000 * MS, 1_000);
    }

    /** The same with another number of links. */
    SimSettings withLinks(int count) {
        return new SimSettings(seed, nodes, count, groups, times, clockRatePpm, network, disk, participants, fence, acts,
                actEveryNs, restartNs, safetyNs, faults, voters, policy, disks);
    }

    /** The same, and only the first {@code count} nodes have a vote. */
    SimSettings voters(int count) {
        return new SimSettings(
                seed, nodes, links, groups, times, clockRatePpm, network, disk, participants, fence, acts, actEveryNs,
                restartNs, safetyNs, faults, count, policy, disks);
    }

    /** A cluster in which nothing goes wrong by itself. */
    static SimSettings calm(long seed, int nodes) {
        return new SimSettings(
                seed, nodes, 1, 1, shortTimes(), 0, SimNetwork.Behaviour.HEALTHY, SimDisk.Behaviour.HEALTHY,
                SimParticipant.Behaviour.HEALTHY, Map.of(SimFence.Mood.WORKS, 1), Map.of(),
                TimeBudget.SECOND, TimeBudget.SECOND, 0, SimFaults.NONE, nodes);
    }

    SimSettings withClockRatePpm(long ppm) {
        return new SimSettings(
                seed, nodes, links, groups, times, ppm, network, disk, participants, fence, acts, actEveryNs, restartNs,
                safetyNs, faults, voters, policy, disks);
    }
}
