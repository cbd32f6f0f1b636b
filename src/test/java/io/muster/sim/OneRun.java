package io.muster.sim;

import java.util.Optional;
import java.util.OptionalInt;

/** Runs seeds in a JVM of its own and prints the trace hash of each: what {@link SameSeedTest} compares. */
final class OneRun {

    private OneRun() {}

    /** @param args the first seed, and how many */
    public static void main(String[] args) {
        long from = Long.parseLong(args[0]);
        for (long seed = from; seed < from + Long.parseLong(args[1]); seed++) {
            RunReport report = Swarm.run(seed, OptionalInt.empty(), Optional.empty());
            System.out.printf("%d %s %016x%n", seed, report.outcome(), report.trace());
        }
    }
}
