package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster barrier}: waits until all members of a group have come as far. */
@Command(name = "barrier", description = "Enter a barrier of a group and wait until all its members have entered.")
final class BarrierCommand extends DaemonCommand {

    @Parameters(index = "0", paramLabel = "GROUP", description = "The group; nodes is the membership itself.")
    String group;

    @Parameters(index = "1", paramLabel = "NAME", description = "The barrier's name, the same on all members.")
    String name;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "30", description =
            "How long to wait (default: ${DEFAULT-VALUE}). The node stays entered; the same command waits on.")
    long timeoutSeconds;

    @Override
    boolean anyMember() {
        return false;
    }

    @Override
    ExitCode run(ControlClient daemon) {
        long before = Json.number(status(daemon), "events", 0);
        daemon.ask(Json.object("do", "barrier", "group", group, "barrier", name), answerLimitMs);
        // The node has taken it in by now: when it was a new entry, that is told up to here.
        long entered = Json.number(status(daemon), "events", 0);
        try (EventStream events = new EventStream(choice, before, answerLimitMs, timeoutSeconds * 1000)) {
            Optional<Map<String, Object>> passed = Optional.empty();
            boolean looksBack = before < entered;
            while (passed.isEmpty() || looksBack) {
                Optional<Map<String, Object>> event = events.next();
                if (event.isEmpty()) {
                    return passed.map(this::told).orElseGet(() ->
                            ended(daemon, ExitCode.BLOCKED, "", "It has entered and waits; enter again to wait on:"));
                }
                looksBack = Json.number(event.get(), "seq", 0) < entered;
                if (isOurs(event.get(), "barrier.entered")) {
                    passed = Optional.empty(); // what was passed before was a former time
                } else if (isOurs(event.get(), "barrier.passed")) {
                    passed = event;
                } else if (isOurs(event.get(), "barrier.left")) {
                    return told(event.get());
                }
            }
            return told(passed.get());
        }
    }

    private boolean isOurs(Map<String, Object> event, String what) {
        return Json.text(event, "event").equals(what) && Json.text(event, "group").equals(group)
                && Json.text(event, "barrier").equals(name);
    }

    private ExitCode told(Map<String, Object> event) {
        boolean passed = Json.text(event, "event").equals("barrier.passed");
        if (choice.json) {
            out().println(Json.write(event));
        } else {
            out().println(passed
                    ? "Passed in version %d, generation %d, by %s.".formatted(Json.number(event, "version", 0),
                            Json.number(event, "generation", 0), Json.text(event, "members"))
                    : "Not known whether it was passed: %s.".formatted(Json.text(event, "why")));
        }
        return passed ? ExitCode.FINE : ExitCode.BLOCKED;
    }
}
