package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster events}: what a node told, and with {@code --follow} what it tells. */
@Command(name = "events", description = "Show the events of a node: those its daemon keeps, and with --follow those to come.")
final class EventsCommand extends DaemonCommand {

    @Option(names = {"-f", "--follow"}, description = "Go on until Ctrl-C or the daemon's end.")
    boolean follow;

    @Option(names = "--since", paramLabel = "SEQ", defaultValue = "0",
            description = "Only events after this number of the daemon's life (field seq).")
    long since;

    @Override
    ExitCode run(ControlClient daemon) {
        long newest = Json.number(status(daemon), "events", 0);
        daemon.ask(Json.object("do", "subscribe", "since", since), answerLimitMs);
        try {
            while (follow || since < newest) {
                Optional<String> line = daemon.nextLine();
                if (line.isEmpty()) {
                    return ExitCode.FINE;
                }
                Map<String, Object> event = Json.read(line.get());
                since = Json.number(event, "seq", since);
                out().println(choice.json ? line.get() : EventText.line(event));
                out().flush();
            }
        } catch (IOException | Json.NotJson e) {
            return ExitCode.NO_ANSWER;
        }
        return ExitCode.FINE;
    }
}
