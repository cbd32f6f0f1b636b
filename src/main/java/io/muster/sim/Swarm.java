package io.muster.sim;

import io.muster.base.BrokenInvariant;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.VotePolicy;
import io.muster.sim.check.Violation;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Runs one seed: it draws everything from the seed, which kinds of faults there are and how often, lets them happen for
 * a while with all checkers on, heals the cluster, and requires that it recovers.
 *
 * <p>Leaving whole kinds of faults out of a run lets the others reach further: a cluster that loses a third of its
 * datagrams never gets to the second death in the middle of a recovery.
 */
public final class Swarm {

    /** A healed cluster has this long. */
    static final long RECOVERY_LIMIT_NS = 120 * TimeBudget.SECOND;

    private static final long LOOK_EVERY_NS = 250 * TimeBudget.MS;
    /** A cluster that has recovered has to stay so. */
    private static final long STAYS_NS = 1_500 * TimeBudget.MS;
    private static final long MS = TimeBudget.MS;

    private Swarm() {}

    /**
     * Runs one seed to its end.
     *
     * @param nodes    how many nodes; drawn when empty
     * @param listener told each line of the trace
     */
    public static RunReport run(long seed, OptionalInt nodes, Optional<Consumer<String>> listener) {
        return run(draw(seed, nodes), listener);
    }

    /**
     * As {@link #run(long, OptionalInt, Optional)}, perhaps in a world that breaks what the cluster relies on.
     *
     * @param beyondRho clocks run at rates that differ by more than the cluster was told: nothing is promised there
     */
    public static RunReport run(
            long seed, OptionalInt nodes, boolean beyondRho, Optional<Consumer<String>> listener) {
        SimSettings drawn = draw(seed, nodes);
        return run(beyondRho ? drawn.withClockRatePpm(SimClock.RATE_LIMIT_PPM) : drawn, listener);
    }

    static RunReport run(SimSettings settings, Optional<Consumer<String>> listener) {
        Simulation simulation = new Simulation(settings, listener);
        try {
            simulation.note(Optional.empty(), settings.toString());
            Chaos chaos = new Chaos(simulation);
            chaos.begin();
            new Talkers(simulation).begin();
            simulation.runUntil(settings.safetyNs());
            chaos.heal();
            Optional<String> pending = recover(simulation);
            if (pending.isPresent()) {
                return report(simulation, Outcome.STUCK, "EverythingRecovers", pending.get());
            }
            simulation.checkers().end();
            return report(simulation, Outcome.PASSED, "", "");
        } catch (Violation e) {
            return report(simulation, Outcome.INVARIANT, e.checker(), e.getMessage());
        } catch (BrokenInvariant e) {
            return report(simulation, Outcome.INVARIANT, "OwnInvariant", e.getMessage() + at(e));
        } catch (RuntimeException e) {
            return report(simulation, Outcome.CRASHED, e.getClass().getSimpleName(), e.getMessage() + at(e));
        }
    }

    private static String at(RuntimeException e) {
        StringBuilder where = new StringBuilder();
        List.of(e.getStackTrace()).stream().limit(6).forEach(frame -> where.append("\n    at ").append(frame));
        return where.toString();
    }

    /** @return what is still missing when the time is over */
    private static Optional<String> recover(Simulation simulation) {
        Recovered recovered = new Recovered(simulation);
        long limit = simulation.time().now() + RECOVERY_LIMIT_NS;
        Optional<String> pending = recovered.pending();
        while (simulation.time().now() < limit) {
            simulation.runUntil(simulation.time().now() + LOOK_EVERY_NS);
            pending = recovered.pending();
            if (pending.isEmpty()) {
                simulation.runUntil(simulation.time().now() + STAYS_NS);
                pending = recovered.pending();
                if (pending.isEmpty()) {
                    return pending;
                }
            }
        }
        return pending;
    }

    private static RunReport report(Simulation simulation, Outcome outcome, String checker, String what) {
        return new RunReport(
                simulation.settings().seed(), simulation.settings().nodes(), outcome, checker, what,
                simulation.time().now(), simulation.trace().hash().value(), simulation.faults(), simulation.deaths(),
                simulation.fences(), simulation.checkers().recoveries(),
                outcome == Outcome.PASSED ? List.of() : simulation.trace().lastLines(), simulation.checkers().made());
    }

    /** All settings of a seed. */
    static SimSettings draw(long seed, OptionalInt nodes) {
        Prng chance = new Prng(seed).fork("swarm");
        int drawnNodes = (int) chance.between(2, 7);
        int nodeCount = nodes.orElse(drawnNodes);
        int voters = voters(seed, nodeCount);
        SimFaults faults = SimFaults.draw(chance.fork("faults"), voters);
        SimSettings drawn = new SimSettings(
                seed, nodeCount, (int) chance.between(1, 2), (int) chance.between(1, 3), SimSettings.shortTimes(),
                faults.clockRatePpm(), network(chance), disk(chance, faults), participants(chance),
                fence(chance), acts(chance), chance.between(150, 2_500) * MS, chance.between(200, 6_000) * MS,
                chance.between(15, 45) * TimeBudget.SECOND, faults, voters);
        return drawn.with(policy(new Prng(seed).fork("policy"), drawn));
    }

    /** In some of the larger clusters only three have a vote, and the others come and go (001-23). */
    private static int voters(long seed, int nodes) {
        return nodes > 3 && new Prng(seed).fork("voters").nextInt(4) == 0 ? 3 : nodes;
    }

    /** Of two nodes a device that lies would make two histories: nothing but the truth of a fence stands in for a vote. */
    private static VotePolicy policy(Prng chance, SimSettings drawn) {
        boolean lies = drawn.fence().getOrDefault(SimFence.Mood.LIES, 0) > 0;
        if (drawn.nodes() == 2 && !lies && drawn.faults().forgetful() == 0 && chance.nextInt(3) > 0) {
            return VotePolicy.TWO_NODE;
        }
        // Voters that shrink to those whose record is lost next leave nobody who could go on: a person's matter (rule Q6).
        boolean forgets = drawn.faults().forgetful() > 0;
        return !forgets && chance.nextInt(3) == 0 ? VotePolicy.DYNAMIC : VotePolicy.FIXED;
    }

    private static SimNetwork.Behaviour network(Prng chance) {
        return new SimNetwork.Behaviour(
                chance.between(20, 500) * 1_000, chance.between(50, 5_000) * 1_000,
                sometimes(chance, 0.15), sometimes(chance, 0.05), sometimes(chance, 0.01), chance.between(1, 800) * MS,
                sometimes(chance, 0.002));
    }

    private static SimDisk.Behaviour disk(Prng chance, SimFaults faults) {
        return new SimDisk.Behaviour(
                chance.between(20, 1_000) * 1_000, chance.between(50, 20_000) * 1_000, sometimes(chance, 0.004),
                sometimes(chance, 0.01), chance.between(100, 4_000) * MS, faults.stuckWrite(), faults.ghostWrite());
    }

    private static SimParticipant.Behaviour participants(Prng chance) {
        return new SimParticipant.Behaviour(
                0.5 * chance.nextDouble(), chance.between(1, 3_000) * MS,
                chance.nextInt(4) == 0 ? 0.6 * chance.nextDouble() : sometimes(chance, 0.05), sometimes(chance, 0.02));
    }

    private static Map<SimFence.Mood, Integer> fence(Prng chance) {
        EnumMap<SimFence.Mood, Integer> weights = new EnumMap<>(SimFence.Mood.class);
        for (SimFence.Mood mood : SimFence.Mood.values()) {
            weights.put(mood, chance.nextInt(2) * chance.nextInt(10));
        }
        // A lying device voids what fencing promises, so it is rare enough to leave runs in which nothing is excused.
        weights.put(SimFence.Mood.LIES, chance.nextInt(5) == 0 ? 1 + chance.nextInt(4) : 0);
        weights.put(SimFence.Mood.WORKS, 3 + chance.nextInt(10));
        return weights;
    }

    private static Map<Chaos.Act, Integer> acts(Prng chance) {
        EnumMap<Chaos.Act, Integer> weights = new EnumMap<>(Chaos.Act.class);
        for (Chaos.Act act : Chaos.Act.values()) {
            weights.put(act, chance.nextInt(3) == 0 ? 0 : 1 + chance.nextInt(10));
        }
        weights.put(Chaos.Act.KILL, 3 + chance.nextInt(10));
        // Everything at once leaves little to be seen of anything else.
        weights.put(Chaos.Act.POWER_LOSS, chance.nextInt(4) == 0 ? 1 + chance.nextInt(2) : 0);
        return weights;
    }

    private static double sometimes(Prng chance, double most) {
        double drawn = most * chance.nextDouble();
        return chance.nextInt(2) == 0 ? 0 : drawn;
    }
}
