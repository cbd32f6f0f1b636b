package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fence open}: a person lets fences go that the limiter, or a newer life, holds back (rules F5a, F6). */
@Command(name = "open", description = {
        "Let all fences go that are held back now: by the limiter of mass fencing, or to spare a newer life.",
        "It is recorded with your name. Find out first why so many nodes were lost: a node that is shot is gone."})
final class FenceOpenCommand extends DaemonCommand {

    @Option(names = {"--by", "--person"}, paramLabel = "NAME",
            description = "Who says so; by default the user of this machine.")
    String person = System.getProperty("user.name");

    @Option(names = "--remark", paramLabel = "TEXT", description = "Why, for the record.")
    String remark = "";

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "10",
            description = "How long to wait until it is agreed (default: ${DEFAULT-VALUE}).")
    long waitSeconds;

    @Override
    void check() {
        FenceCommand.refuseWordsBefore(spec, "Options and node come after open: write fence open …");
    }

    @Override
    ExitCode run(ControlClient daemon) {
        long before = openedAt(status(daemon));
        daemon.ask(Json.object("do", "fence.open", "person", person, "remark", remark), answerLimitMs);
        ExitCode end = await(daemon, waitSeconds * 1000, false, status -> openedAt(status) > before);
        return ended(daemon, end, "Recorded: %s opened what held fences back.".formatted(person), "It is not agreed yet:");
    }

    private static long openedAt(Map<String, Object> status) {
        return Json.number(Json.inner(status, "fencing"), "opened_at", 0);
    }
}
