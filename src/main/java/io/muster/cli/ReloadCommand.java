package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code muster reload}: a running node reads its configuration again. */
@Command(name = "reload", description = {
        "Let a node read its configuration again: addresses, links, nodes and fence methods may change under it.",
        "Either everything that has changed is taken up, or nothing; what needs a restart is named."})
final class ReloadCommand extends DaemonCommand {

    @Override
    boolean anyMember() {
        return false;
    }

    @Override
    ExitCode run(ControlClient daemon) {
        Map<String, Object> answer = daemon.ask(Json.object("do", "reload"), answerLimitMs);
        if (choice.json) {
            out().println(Json.write(answer));
            return ExitCode.FINE;
        }
        List<String> changes = List.of("added", "removed", "moved").stream()
                .filter(name -> !Json.texts(answer, name).isEmpty())
                .map(name -> name + " " + StatusText.words(Json.texts(answer, name))).toList();
        out().println("Nodes are now %s; %s.".formatted(StatusText.words(Json.texts(answer, "nodes")),
                changes.isEmpty() ? "no address has changed" : String.join(", ", changes)));
        return ExitCode.FINE;
    }
}
