package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code fence history [NODE]}: what is agreed about fences, and what the asked node remembers of its own tries. */
@Command(name = "history", description = {
        "Show fences: what is agreed, what this node saw agreed, and the tries that this node itself remembers.",
        "Tries are remembered by those who took part, as long as their daemon runs: ask the others with --node."})
final class FenceHistoryCommand extends DaemonCommand {

    @Parameters(paramLabel = "NODE", arity = "0..1", description = "Only fences of this node, as n3.")
    String victim = "";

    @Override
    boolean anyMember() {
        return false;
    }

    @Override
    void check() {
        FenceCommand.refuseWordsBefore(spec, "Options and node come after history: write fence history NODE …");
    }

    @Override
    ExitCode run(ControlClient daemon) {
        Map<String, Object> request = Json.object("do", "fence.history");
        if (!victim.isEmpty()) {
            request.put("node", victim);
        }
        Map<String, Object> answer = daemon.ask(request, answerLimitMs);
        if (choice.json) {
            out().println(Json.write(Json.object("node", answer.get("node"), "agreed", answer.get("agreed"),
                    "seen", answer.get("seen"), "tries", answer.get("tries"))));
        } else {
            text(answer).forEach(out()::println);
        }
        return ExitCode.FINE;
    }

    static List<String> text(Map<String, Object> answer) {
        List<String> lines = new ArrayList<>();
        lines.add("agreed, and still of concern:");
        Json.objects(answer, "agreed").forEach(each -> lines.add("  " + StatusText.departure(each)));
        lines.add("agreed, as %s saw it:".formatted(Json.text(answer, "node")));
        Json.objects(answer, "seen").forEach(each -> lines.add("  version %d  %s %s%s: %s".formatted(
                Json.number(each, "version", 0), Json.text(each, "what"), Json.text(each, "who"),
                Json.number(each, "intent", 0) == 0 ? "" : " (intent %d)".formatted(Json.number(each, "intent", 0)),
                Json.text(each, "text"))));
        lines.add("tries, in the memory of %s alone:".formatted(Json.text(answer, "node")));
        Json.objects(answer, "tries").forEach(each -> lines.add("  " + attempt(each)));
        return lines;
    }

    private static String attempt(Map<String, Object> each) {
        String device = Json.text(each, "device");
        String how = Json.truth(each, "running")
                ? "runs"
                : "%s after %.0f ms: %s".formatted(Json.text(each, "class").isEmpty() ? "failed" : Json.text(each, "class"),
                        StatusText.millis(each, "took_ms"), Json.text(each, "answer"));
        return "%.1f s ago  %s try %d by %s, %s%s %s: %s".formatted(
                StatusText.millis(each, "ago_ms") / 1000, Json.text(each, "who"), Json.number(each, "attempt", 0),
                Json.text(each, "actor"), Json.text(each, "level"),
                device.isEmpty() || device.equals(Json.text(each, "level")) ? "" : " (" + device + ")",
                Json.text(each, "operation"), how);
    }
}
