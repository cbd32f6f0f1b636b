package io.muster.sim;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What came of one seed.
 *
 * @param checker    the promise that was broken, or a word for another failure; empty when it passed
 * @param what       in words what went wrong; empty when it passed
 * @param endedAtNs  virtual time
 * @param trace      hash over all inputs, effects and state digests
 * @param faults     everything that was done to the cluster
 * @param deaths     lives of members that ended without having left
 * @param fences     fences that ended in evidence
 * @param recoveries losses of groups that were recovered from
 * @param lastLines  of the trace, when it failed
 * @param checks     how many checks each promise made
 */
public record RunReport(
        long seed,
        int nodes,
        Outcome outcome,
        String checker,
        String what,
        long endedAtNs,
        long trace,
        long faults,
        long deaths,
        long fences,
        long recoveries,
        List<String> lastLines,
        SortedMap<String, Long> checks) {

    public RunReport {
        lastLines = List.copyOf(lastLines);
        checks = Collections.unmodifiableSortedMap(new TreeMap<>(checks));
    }

    public boolean passed() {
        return outcome == Outcome.PASSED;
    }

    /** As {@code FAILED seed 17: invariant BarrierHolds at 12.204 s: …}. */
    public String line() {
        return passed()
                ? "passed seed %d".formatted(seed)
                : String.format(Locale.ROOT, "FAILED seed %d, %d nodes: %s %s at %.3f s: %s", seed, nodes,
                        outcome.name().toLowerCase(Locale.ROOT).replace('_', ' '), checker, endedAtNs / 1e9, what);
    }
}
