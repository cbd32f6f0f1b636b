package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.daemon.BudgetReport;
import io.muster.daemon.ConfigReader;
import io.muster.daemon.ControlClient;
import io.muster.daemon.DaemonConfig;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster budget}: every condition on the times with its numbers, and what a running daemon has measured. */
@Command(name = "budget", mixinStandardHelpOptions = true, description = {
        "Show every condition on the times of a node, and how close what was measured comes to them.",
        "Ends with 0 when all of them hold, with 3 when one does not. docs/CONFIG.md says what each is for."})
final class BudgetCommand implements Callable<Integer> {

    private static final long ANSWER_LIMIT_MS = 3_000;

    @Spec
    CommandSpec spec;

    @Mixin
    DaemonChoice choice;

    @Option(names = "--config", paramLabel = "FILE",
            description = "Read the times from this file, or from the one in this folder, and ask no daemon.")
    Optional<Path> config = Optional.empty();

    @Override
    public Integer call() {
        if (config.isPresent() && (!choice.node.isEmpty() || choice.dir != null)) {
            throw new ClusterFault(FaultCode.CLI_1, "--config asks no daemon: leave it out, or --node and --dir.");
        }
        Map<String, Object> budget = config.isPresent() ? ofFile(config.get()) : ofDaemon();
        PrintWriter out = spec.commandLine().getOut();
        if (choice.json) {
            out.println(Json.write(budget));
        } else {
            print(budget, out);
        }
        return (Json.truth(budget, "holds") ? ExitCode.FINE : ExitCode.BLOCKED).number();
    }

    private static Map<String, Object> ofFile(Path given) {
        Path file = Files.isDirectory(given) ? given.resolve(DaemonConfig.FILE) : given;
        return new BudgetReport(ConfigReader.read(file).times(), List.of()).toJson();
    }

    private Map<String, Object> ofDaemon() {
        try (ControlClient daemon = DaemonFinder.here().connect(choice, false, spec.commandLine().getErr())) {
            Map<String, Object> status = Json.inner(daemon.ask(Json.object("do", "status"), ANSWER_LIMIT_MS), "status");
            if (!choice.node.isEmpty() && !Json.text(status, "node").equals(choice.node)) {
                throw new ClusterFault(FaultCode.CLI_2, "that daemon is %s and --node says %s: leave one of the two out."
                        .formatted(Json.text(status, "node"), choice.node));
            }
            return Json.inner(daemon.ask(Json.object("do", "budget"), ANSWER_LIMIT_MS), "budget");
        }
    }

    private static void print(Map<String, Object> budget, PrintWriter out) {
        out.println("Conditions on the times (a SAFETY, LIVENESS or CALM one that does not hold is refused):");
        for (Map<String, Object> each : Json.objects(budget, "inequalities")) {
            String unit = Json.text(each, "unit");
            out.println("  %-4s %-8s %-23s %s <= %s %s   %s (rule %s)".formatted(
                    Json.truth(each, "holds") ? "ok" : "NOT", Json.text(each, "kind"), Json.text(each, "name"),
                    number(each, "left"), number(each, "right"), unit, Json.text(each, "formula"), Json.text(each, "rule")));
            if (!Json.truth(each, "holds")) {
                out.println("       otherwise " + Json.text(each, "otherwise"));
            }
        }
        List<Map<String, Object>> measured = Json.objects(budget, "measured");
        if (measured.isEmpty()) {
            out.println("Nothing is measured here: ask a running daemon.");
            return;
        }
        out.println("Measured (greatest value of the last minutes against its limit):");
        for (Map<String, Object> each : measured) {
            double margin = StatusText.millis(each, "margin");
            String peer = Json.text(each, "peer");
            out.println("  %-4s %-15s %-12s median %s ms, max %s ms of %s ms: %.1f times   %s".formatted(
                    margin < 1 ? "NOT" : Json.truth(each, "low") ? "LOW" : "ok", Json.text(each, "what"),
                    peer.isEmpty() ? "" : "%s link %d".formatted(peer, Json.number(each, "link", 0)),
                    number(each, "median_ms"), number(each, "max_ms"), number(each, "limit_ms"), margin,
                    Json.text(each, "limit")));
        }
    }

    private static String number(Map<String, Object> object, String field) {
        double value = StatusText.millis(object, field);
        return value == Math.rint(value) ? "%.0f".formatted(value) : "%.3f".formatted(value);
    }
}
