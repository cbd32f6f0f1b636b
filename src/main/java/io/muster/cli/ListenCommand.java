package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster listen}: the messages for a port of a node, until Ctrl-C or the daemon's end. */
@Command(name = "listen", description = "Show the messages for a port of a node, as they come.")
final class ListenCommand extends DaemonCommand {

    @Parameters(index = "0", paramLabel = "PORT", description = "0 to 65535.")
    long port;

    @Option(names = "--count", paramLabel = "N", defaultValue = "0", description = "End after so many messages.")
    long count;

    @Override
    boolean anyMember() {
        return false;
    }

    @Override
    ExitCode run(ControlClient daemon) {
        daemon.ask(Json.object("do", "listen", "port", port), answerLimitMs);
        try {
            for (long left = count == 0 ? Long.MAX_VALUE : count; left > 0;) {
                Optional<String> line = daemon.nextLine();
                if (line.isEmpty()) {
                    return ExitCode.FINE;
                }
                Map<String, Object> message = Json.read(line.get());
                left -= message.containsKey("from") ? 1 : 0;
                out().println(choice.json ? line.get() : text(message));
                out().flush();
            }
        } catch (IOException | Json.NotJson e) {
            return ExitCode.NO_ANSWER;
        }
        return ExitCode.FINE;
    }

    private static String text(Map<String, Object> message) {
        if (!message.containsKey("from")) {
            return "(%d messages were lost here: they came faster than they were read)".formatted(
                    Json.number(message, "lost", 0));
        }
        return Json.text(message, "from") + ": " + (message.containsKey("text")
                ? Json.text(message, "text") : Json.text(message, "base64") + " (base64)");
    }
}
