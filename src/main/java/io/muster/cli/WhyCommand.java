package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code muster why}: everything that waits, each with its chain of causes to the root. Not 0 when anything waits. */
@Command(name = "why", description = "Show what waits, and why, down to the root cause. Ends with 3 when anything waits.")
final class WhyCommand extends DaemonCommand {

    @Override
    ExitCode run(ControlClient daemon) {
        Map<String, Object> answer = daemon.ask(Json.object("do", "why"), answerLimitMs);
        List<Map<String, Object>> waits = Json.objects(answer, "waits");
        if (choice.json) {
            out().println(Json.write(Json.object("node", Json.text(answer, "node"), "waits", answer.get("waits"))));
        } else if (waits.isEmpty()) {
            out().println("Nothing waits on %s.".formatted(Json.text(answer, "node")));
        } else {
            WaitText.chains(waits).forEach(out()::println);
        }
        return waits.isEmpty() ? ExitCode.FINE : ExitCode.BLOCKED;
    }
}
