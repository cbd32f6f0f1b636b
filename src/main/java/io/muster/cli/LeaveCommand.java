package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster leave}: a node leaves its groups, then the cluster, then ends; nobody has to fence it. */
@Command(name = "leave", description = "Let a node leave its groups and the cluster as planned, and end.")
final class LeaveCommand extends DaemonCommand {

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "10",
            description = "How long to wait for the daemon's end (default: ${DEFAULT-VALUE}).")
    long waitSeconds;

    @Override
    boolean anyMember() {
        return false;
    }

    @Override
    ExitCode run(ControlClient daemon) {
        String node = Json.text(status(daemon), "node");
        daemon.ask(Json.object("do", "leave"), answerLimitMs);
        ExitCode end = await(daemon, waitSeconds * 1000, true, _ -> false);
        return ended(daemon, end, node + " has left.", node + " is still leaving:");
    }
}
