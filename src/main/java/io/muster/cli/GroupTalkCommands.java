package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster group send} and {@code muster group listen}. */
final class GroupTalkCommands {

    /** A year: as good as without end, and far from where the clock's numbers end. */
    private static final long WITHOUT_END_MS = 365L * 24 * 3600 * 1000;

    private GroupTalkCommands() {}

    /** Says something to all members, and waits for what becomes of it. */
    @Command(name = "send", description = "Send a message to all members of a group the node is in, each of which gets it"
            + " in the same order; ends when all have it.")
    static final class Send extends DaemonCommand {

        @Parameters(paramLabel = "GROUP", description = "The group's name.")
        String group;

        @Option(names = "--text", paramLabel = "TEXT", required = true, description = "What to say.")
        String text;

        @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "10",
                description = "How long to wait until its fate is known (default: ${DEFAULT-VALUE}).")
        long waitSeconds;

        @Override
        boolean anyMember() {
            return false;
        }

        @Override
        ExitCode run(ControlClient daemon) {
            long since = Json.number(status(daemon), "events", 0);
            Map<String, Object> taken = daemon.ask(
                    Json.object("do", "group.send", "group", group, "text", text), answerLimitMs);
            long ticket = Json.number(taken, "ticket", 0);
            try (EventStream events = new EventStream(choice, since, answerLimitMs, waitSeconds * 1000)) {
                for (var event = events.next(); event.isPresent(); event = events.next()) {
                    if (Json.text(event.get(), "event").equals("group.sent")
                            && Json.number(event.get(), "ticket", 0) == ticket) {
                        return told(event.get());
                    }
                }
            }
            return ended(daemon, ExitCode.BLOCKED, "", "It was taken and waits; what becomes of it is the event group.sent"
                    + " with ticket %d:".formatted(ticket));
        }

        private ExitCode told(Map<String, Object> sent) {
            String fate = Json.text(sent, "fate");
            if (choice.json) {
                out().println(Json.write(sent));
            } else {
                long generation = Json.number(sent, "generation", 0);
                out().println(switch (fate) {
                    case "delivered" -> "Delivered to all members as message %d of generation %d.".formatted(
                            Json.number(sent, "position", 0), generation);
                    case "not-delivered" -> "Not delivered: the members of group %s changed. Nobody got it; send it again."
                            .formatted(group);
                    default -> "Unknown: this node left group %s before it could know.".formatted(group);
                });
            }
            return fate.equals("delivered") ? ExitCode.FINE : ExitCode.BLOCKED;
        }
    }

    /** Shows what is said to a group. */
    @Command(name = "listen", description = "Show the messages of a group the node is in, from now on.")
    static final class Listen extends DaemonCommand {

        @Parameters(paramLabel = "GROUP", description = "The group's name.")
        String group;

        @Option(names = "--count", paramLabel = "N", description = "End after so many messages.")
        Long count;

        @Option(names = "--wait", paramLabel = "SECONDS", description = "End after this time (default: never).")
        Long waitSeconds;

        @Override
        boolean anyMember() {
            return false;
        }

        @Override
        ExitCode run(ControlClient daemon) {
            long since = Json.number(status(daemon), "events", 0);
            long limitMs = waitSeconds == null ? WITHOUT_END_MS : waitSeconds * 1000;
            long left = count == null ? Long.MAX_VALUE : count;
            try (EventStream events = new EventStream(choice, since, answerLimitMs, limitMs)) {
                while (left > 0) {
                    Optional<Map<String, Object>> event = events.next();
                    if (event.isEmpty()) {
                        return count == null ? ExitCode.FINE : ExitCode.BLOCKED;
                    }
                    if (Json.text(event.get(), "event").equals("group.message")
                            && Json.text(event.get(), "group").equals(group)) {
                        left--;
                        show(event.get());
                    }
                }
            }
            return ExitCode.FINE;
        }

        private void show(Map<String, Object> message) {
            // Control characters of whoever speaks have no business on this terminal; --json escapes them.
            out().println(choice.json ? Json.write(message) : "%d/%d %s: %s".formatted(
                    Json.number(message, "generation", 0), Json.number(message, "position", 0),
                    Json.text(message, "sender"), Json.text(message, "text").replaceAll("\\p{Cntrl}", " ")));
            out().flush();
        }
    }
}
