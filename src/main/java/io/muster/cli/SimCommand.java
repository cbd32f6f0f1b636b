package io.muster.cli;

import io.muster.base.NodeId;
import io.muster.sim.Outcome;
import io.muster.sim.RunReport;
import io.muster.sim.Script;
import io.muster.sim.ScriptFault;
import io.muster.sim.Swarm;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code muster sim}: runs whole simulated clusters, one for each seed, and says which seeds failed and how to see one
 * again. Exit codes: 0 all passed, 3 a promise was broken, 4 a healed cluster did not recover, 5 the same seed did not
 * do the same twice, 6 the product crashed, 7 too little happened to mean anything; of several, the smallest.
 */
@Command(name = "sim", mixinStandardHelpOptions = true,
        description = "Runs simulated clusters with seeded faults and checks every promise.",
        exitCodeListHeading = "Ends with:%n",
        exitCodeList = {"0:all seeds passed", "3:a promise was broken", "4:a healed cluster did not recover",
            "5:the same seed did not do the same twice", "6:the product crashed",
            "7:too little happened to mean anything", "64:the command line cannot be used"})
public final class SimCommand implements Callable<Integer> {

    /** One seed in so many is run twice, and each one that failed. */
    private static final int TWICE_EVERY = 25;
    /** Below so many seeds, how much happened in them says nothing. */
    private static final int SEEDS_TO_WEIGH = 20;
    /** What so many seeds must at least bring, for each seed. */
    private static final int FAULTS_A_SEED = 100;
    private static final int DEATHS_A_SEED = 2;
    private static final double FENCES_A_SEED = 1;
    private static final double RECOVERIES_A_SEED = 1;
    private static final int QUIET_NODES = 5;

    @Spec
    private CommandSpec spec;

    @Option(names = "--seeds", paramLabel = "N", description = "How many seeds (default ${DEFAULT-VALUE}).",
            defaultValue = "200")
    private int seeds;

    @Option(names = "--from", paramLabel = "S", description = "The first seed (default ${DEFAULT-VALUE}).",
            defaultValue = "1")
    private long from;

    @Option(names = "--nodes", paramLabel = "K", description = "How many nodes, from 2; drawn when left out.")
    private Integer nodes;

    @Option(names = "--json", description = "One JSON object per failed seed, and a summary as the last line.")
    private boolean json;

    @Option(names = "--until-failed", description = "Stops at the first seed that fails.")
    private boolean untilFailed;

    @Option(names = "--trace", description = "Prints everything that happens; best with one seed.")
    private boolean trace;

    @Option(names = "--script", paramLabel = "FILE", description = "Carries out a script, see docs/TESTING.md.")
    private Path script;

    @Option(names = "--quiet-hour", description = "Measures one virtual hour in which nothing happens.")
    private boolean quietHour;

    @Option(names = "--runs", paramLabel = "R", description = "How often that is measured (default ${DEFAULT-VALUE}).",
            defaultValue = "5")
    private int runs;

    @Option(names = "--scale", description = "Prints what grows with the number of nodes.")
    private boolean scale;

    @Option(names = "--beyond-rho", description = "Lets clocks run faster and slower than the cluster was told they do."
            + " Safety is not promised there: promise LeaseTruth has to object.")
    private boolean beyondRho;

    private final SortedMap<String, Long> checks = new TreeMap<>();
    private int ran;
    private long faults;
    private long deaths;
    private long fences;
    private long recoveries;
    private long hash;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        check();
        if (script != null) {
            return carryOut(out);
        }
        if (quietHour || scale) {
            SimMeasure measure = new SimMeasure(out, json);
            if (quietHour) {
                measure.quietHour(nodes == null ? QUIET_NODES : nodes, runs);
            }
            if (scale) {
                measure.scale();
            }
            return 0;
        }
        long began = System.nanoTime();
        List<RunReport> failed = new ArrayList<>();
        for (long seed = from; seed < from + seeds && !(untilFailed && !failed.isEmpty()); seed++) {
            RunReport report = run(seed, out);
            if (!report.passed()) {
                failed.add(report);
                out.println(json ? jsonOf(report) : report.line());
                out.flush();
            }
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        Outcome outcome = outcome(failed);
        List<String> asleep = asleep();
        if (!asleep.isEmpty() && !json) {
            out.println("ASLEEP: these promises were never put to the test: " + String.join(", ", asleep));
        }
        if (json) {
            out.println(summary(outcome, failed, seconds));
        } else {
            out.printf(Locale.ROOT,
                    "%d seeds, %d failed%s, %d faults, %d deaths, %d fences, %d recoveries, trace %016x, %.1f s%n", ran,
                    failed.size(), outcome == Outcome.TOO_WEAK ? ", too little happened" : "", faults, deaths, fences,
                    recoveries, hash, seconds);
            out.println("replay: ./muster sim" + (failed.isEmpty()
                    ? " --seeds %d --from %d".formatted(seeds, from)
                    : " --seeds 1 --from %d".formatted(failed.getFirst().seed()))
                    + (nodes == null ? "" : " --nodes " + nodes) + (beyondRho ? " --beyond-rho" : "")
                    + (failed.isEmpty() ? "" : " --trace"));
        }
        out.flush();
        return outcome.exitCode();
    }

    /** Promises that no seed put to the test, of which enough were run to expect it of all. */
    private List<String> asleep() {
        return ran < SEEDS_TO_WEIGH
                ? List.of()
                : checks.entrySet().stream().filter(entry -> entry.getValue() == 0).map(Map.Entry::getKey).toList();
    }

    private int carryOut(PrintWriter out) {
        try {
            List<String> lines = Files.readAllLines(script);
            List<String> carriedOut = Script.carryOut(lines);
            carriedOut.forEach(out::println);
            if (!carriedOut.equals(lines)) {
                out.println("# What the nodes said is not what the script shows; its expectations hold.");
            }
            out.flush();
            return 0;
        } catch (IOException e) {
            throw unusable("--script %s cannot be read: %s".formatted(script, e.getMessage()));
        } catch (ScriptFault e) {
            if (e.kind() == ScriptFault.Kind.UNREADABLE) {
                throw unusable("--script %s, %s".formatted(script, e.getMessage()));
            }
            out.println("FAILED %s, %s".formatted(script, e.getMessage()));
            out.flush();
            return Outcome.INVARIANT.exitCode();
        }
    }

    private void check() {
        if (runs < 1) {
            throw unusable("--runs %d is not at least 1.".formatted(runs));
        }
        if (seeds < 1) {
            throw unusable("--seeds %d is not at least 1.".formatted(seeds));
        }
        // A range that wraps around would run no seed at all and pass.
        if (from > Long.MAX_VALUE - seeds) {
            throw unusable("--from %d leaves no room for %d seeds.".formatted(from, seeds));
        }
        if (nodes != null && (nodes < 2 || nodes > NodeId.LIMIT - 1)) {
            throw unusable("--nodes %d is not in 2 to %d.".formatted(nodes, NodeId.LIMIT - 1));
        }
    }

    private ParameterException unusable(String why) {
        return new ParameterException(spec.commandLine(), why);
    }

    private RunReport run(long seed, PrintWriter out) {
        OptionalInt wanted = nodes == null ? OptionalInt.empty() : OptionalInt.of(nodes);
        Optional<Consumer<String>> listener = trace ? Optional.of(out::println) : Optional.empty();
        RunReport report = Swarm.run(seed, wanted, beyondRho, listener);
        if (!trace && (!report.passed() || (seed - from) % TWICE_EVERY == 0)) {
            RunReport again = Swarm.run(seed, wanted, beyondRho, Optional.empty());
            if (again.trace() != report.trace()) {
                report = notTheSame(report, again);
            }
        }
        ran++;
        report.checks().forEach((promise, made) -> checks.merge(promise, made, Long::sum));
        faults += report.faults();
        deaths += report.deaths();
        fences += report.fences();
        recoveries += report.recoveries();
        hash = Long.rotateLeft(hash, 7) ^ report.trace();
        return report;
    }

    private static RunReport notTheSame(RunReport one, RunReport other) {
        return new RunReport(
                one.seed(), one.nodes(), Outcome.NOT_DETERMINISTIC, "SameSeedSameRun",
                "trace %016x, then %016x".formatted(one.trace(), other.trace()), one.endedAtNs(), one.trace(),
                one.faults(), one.deaths(), one.fences(), one.recoveries(), one.lastLines(), one.checks());
    }

    private Outcome outcome(List<RunReport> failed) {
        if (!failed.isEmpty()) {
            return failed.stream().map(RunReport::outcome).sorted().findFirst().orElseThrow();
        }
        boolean weak = seeds >= SEEDS_TO_WEIGH
                && (faults < (long) FAULTS_A_SEED * seeds || deaths < (long) DEATHS_A_SEED * seeds
                        || fences < FENCES_A_SEED * seeds || recoveries < RECOVERIES_A_SEED * seeds);
        return weak || !asleep().isEmpty() ? Outcome.TOO_WEAK : Outcome.PASSED;
    }

    private static String jsonOf(RunReport report) {
        return ("{\"event\":\"failed\",\"seed\":%d,\"nodes\":%d,\"outcome\":\"%s\",\"checker\":\"%s\",\"at_ms\":%d,"
                        + "\"what\":\"%s\"}")
                .formatted(report.seed(), report.nodes(), report.outcome().name().toLowerCase(Locale.ROOT),
                        report.checker(), report.endedAtNs() / 1_000_000, escaped(report.what()));
    }

    private String summary(Outcome outcome, List<RunReport> failed, double seconds) {
        return String.format(Locale.ROOT,
                "{\"event\":\"summary\",\"ok\":%b,\"seeds\":%d,\"failed\":%s,\"trace\":\"%016x\",\"seconds\":%.3f,"
                        + "\"faults\":%d,\"deaths\":%d,\"fences\":%d,\"recoveries\":%d}",
                outcome == Outcome.PASSED, ran,
                failed.stream().map(RunReport::seed).toList().toString().replace(" ", ""), hash, seconds, faults,
                deaths, fences, recoveries);
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                escaped.append('\\').append(c);
            } else if (c < ' ') {
                escaped.append(c == '\n' ? "\\n" : " ");
            } else {
                escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
