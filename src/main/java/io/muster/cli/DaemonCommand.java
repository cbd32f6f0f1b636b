package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all commands that ask a daemon have in common. */
abstract class DaemonCommand implements Callable<Integer> {

    private static final long STATUS_PAUSE_NS = 20_000_000L;

    @Spec
    CommandSpec spec;

    @Mixin
    DaemonChoice choice;

    @Option(names = "--answer-within", paramLabel = "MS", defaultValue = "3000", hidden = true,
            description = "How long the daemon may take for an answer.")
    long answerLimitMs;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    boolean help;

    /** True for commands to which every member of a cluster gives the same answer. */
    boolean anyMember() {
        return true;
    }

    /** Refuses words that the parser let through. */
    void check() {
        // Most commands leave nothing to check.
    }

    abstract ExitCode run(ControlClient daemon);

    @Override
    public final Integer call() {
        check();
        try (ControlClient daemon = DaemonFinder.here().connect(choice, anyMember(), spec.commandLine().getErr())) {
            requireNamed(daemon);
            return run(daemon).number();
        }
    }

    /**
     * A data folder is named after no node and may hold any: where --dir and --node do not agree, a request that changes
     * a node would otherwise change the wrong one.
     */
    private void requireNamed(ControlClient daemon) {
        if (choice.node.isEmpty()) {
            return;
        }
        String asked = Json.text(status(daemon), "node");
        if (!asked.equals(choice.node)) {
            throw new ClusterFault(FaultCode.CLI_2, "the daemon of %s is %s and --node says %s: leave one of the two out."
                    .formatted(choice.dir == null ? "that socket" : choice.dir, asked, choice.node));
        }
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    Map<String, Object> status(ControlClient daemon) {
        return Json.inner(daemon.ask(Json.object("do", "status"), answerLimitMs), "status");
    }

    /**
     * Looks at the status until it is as wished.
     *
     * @param goneIsFine what a daemon that ended meanwhile means
     * @return FINE, or BLOCKED when it did not come true in time
     */
    ExitCode await(ControlClient daemon, long waitMs, boolean goneIsFine, Predicate<Map<String, Object>> wished) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMs);
        while (true) {
            try {
                if (wished.test(status(daemon))) {
                    return ExitCode.FINE;
                }
            } catch (ClusterFault fault) {
                if (goneIsFine) {
                    return ExitCode.FINE;
                }
                throw fault;
            }
            if (System.nanoTime() - end >= 0) {
                return ExitCode.BLOCKED;
            }
            LockSupport.parkNanos(STATUS_PAUSE_NS);
        }
    }

    /** The end of a command that changed something: one line, and why it still waits. */
    ExitCode ended(ControlClient daemon, ExitCode end, String done, String waiting) {
        if (choice.json) {
            out().println(Json.write(Json.object("ok", end == ExitCode.FINE, "message", end == ExitCode.FINE ? done : waiting)));
        } else if (end == ExitCode.FINE) {
            out().println(done);
        } else {
            out().println(waiting);
            Map<String, Object> why = daemon.ask(Json.object("do", "why"), answerLimitMs);
            WaitText.chains(Json.objects(why, "waits")).forEach(out()::println);
        }
        return end;
    }
}
