package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster status}: what is agreed, as one node sees it; with {@code --local} what this node alone sees (001-4). */
@Command(name = "status", description = {
        "Show the agreed state as a node sees it.",
        "Ends with 0 when the node may act and nothing waits, with 3 when something waits, with 4 without quorum."})
final class StatusCommand extends DaemonCommand {

    @Option(names = "--local", description = "Show only whom this node hears, apart from what is agreed.")
    boolean local;

    @Override
    ExitCode run(ControlClient daemon) {
        Map<String, Object> status = status(daemon);
        if (choice.json) {
            out().println(Json.write(local
                    ? Json.object("node", status.get("node"), "life", status.get("life"), "local", status.get("local"))
                    : status));
        } else {
            (local ? StatusText.local(status) : StatusText.agreed(status)).forEach(out()::println);
        }
        return local ? ExitCode.FINE : exitCode(status);
    }

    static ExitCode exitCode(Map<String, Object> status) {
        String role = Json.text(status, "role");
        boolean acts = StatusText.millis(status, "acting_ms") > 0 && (role.equals("leader") || role.equals("member"));
        if (!acts) {
            return ExitCode.NO_QUORUM;
        }
        return Json.objects(status, "waits").isEmpty() ? ExitCode.FINE : ExitCode.BLOCKED;
    }
}
