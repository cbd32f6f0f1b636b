package io.muster.sim;

import io.muster.base.Invariant;
import io.muster.base.TimeBudget;
import java.util.Optional;

/**
 * A cluster to which nothing happens, for measuring: what a healthy cluster of so many nodes does in so much time, with
 * all checkers on. It is the same machine code, the same frames and the same checkers as in a run with faults; only the
 * faults are missing.
 */
public final class QuietRun {

    /**
     * What a run came to.
     *
     * @param formedNs  virtual time until all nodes were members, in the group, and it ran
     * @param forming   what was done until then
     * @param quiet     what was done after that
     * @param trace     the hash of the whole run
     */
    public record Result(int nodes, long formedNs, Work forming, Work quiet, long quietNs, long trace) {}

    /**
     * @param steps    inputs and timers that machines were run for
     * @param frames   frames sent, datagrams and streams together
     * @param bytes    of these
     * @param versions agreed
     */
    public record Work(long steps, long frames, long bytes, long versions) {

        Work minus(Work before) {
            return new Work(
                    steps - before.steps, frames - before.frames, bytes - before.bytes, versions - before.versions);
        }
    }

    private static final long FORMING_LIMIT_NS = 300 * TimeBudget.SECOND;
    private static final long LOOK_EVERY_NS = 10 * TimeBudget.MS;

    private QuietRun() {}

    /**
     * @param forNs virtual time after the cluster has formed
     * @throws IllegalStateException when it does not form, or is not whole at the end
     */
    public static Result run(long seed, int nodes, long forNs) {
        Simulation simulation = new Simulation(SimSettings.calm(seed, nodes), Optional.empty());
        Recovered recovered = new Recovered(simulation);
        Operator operator = new Operator(simulation);
        simulation.nodes().forEach(operator::start);
        while (recovered.pending().isPresent()) {
            Invariant.holds(simulation.time().now() < FORMING_LIMIT_NS, "%d nodes do not form: %s",
                    nodes, recovered.pending());
            simulation.runUntil(simulation.time().now() + LOOK_EVERY_NS);
        }
        long formedNs = simulation.time().now();
        Work forming = work(simulation);
        simulation.runUntil(formedNs + forNs);
        Invariant.holds(recovered.pending().isEmpty() && simulation.deaths() == 0,
                "a quiet cluster of %d nodes is not whole: %s", nodes, recovered.pending());
        simulation.checkers().end();
        return new Result(nodes, formedNs, forming, work(simulation).minus(forming), forNs,
                simulation.trace().hash().value());
    }

    private static Work work(Simulation simulation) {
        return new Work(simulation.trace().steps(), simulation.network().frames(), simulation.network().bytes(),
                simulation.truth().chosen().newest().version());
    }
}
