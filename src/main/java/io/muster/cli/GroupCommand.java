package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster group}: the groups, and a node's place in them. */
@Command(name = "group", mixinStandardHelpOptions = true,
        subcommands = {GroupCommand.Listing.class, GroupCommand.Join.class, GroupCommand.Leave.class,
            GroupTalkCommands.Send.class, GroupTalkCommands.Listen.class},
        description = "List the groups, let a node join or leave one, or talk to its members.")
final class GroupCommand implements Runnable {

    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say list, join or leave, send or listen.");
    }

    /** The groups as agreed. */
    @Command(name = "list", description = "List the groups.")
    static final class Listing extends DaemonCommand {
        @Override
        ExitCode run(ControlClient daemon) {
            List<Map<String, Object>> groups = Json.objects(status(daemon), "groups");
            for (Map<String, Object> group : groups) {
                out().println(choice.json ? Json.write(group) : "%-12s generation %-4d %-9s %s".formatted(
                        Json.text(group, "name"), Json.number(group, "generation", 0), Json.text(group, "phase"),
                        StatusText.words(Json.texts(group, "members"))));
            }
            return ExitCode.FINE;
        }
    }

    /** What join and leave share. */
    abstract static class Change extends DaemonCommand {

        @Parameters(paramLabel = "GROUP", description = "The group's name.")
        String group;

        @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "10",
                description = "How long to wait until it is so (default: ${DEFAULT-VALUE}).")
        long waitSeconds;

        @Override
        boolean anyMember() {
            return false;
        }

        ExitCode change(ControlClient daemon, String request, boolean inside, String done) {
            daemon.ask(Json.object("do", request, "group", group), answerLimitMs);
            ExitCode end = await(daemon, waitSeconds * 1000, false, status -> isSo(status, group, inside));
            return ended(daemon, end, done, "It is asked for and waits:");
        }
    }

    /** Inside means a member of a group that runs; outside means no member. */
    static boolean isSo(Map<String, Object> status, String group, boolean inside) {
        String self = Json.text(status, "node") + "#" + Json.number(status, "life", 0);
        return inside == Json.objects(status, "groups").stream()
                .filter(each -> Json.text(each, "name").equals(group))
                .anyMatch(each -> Json.texts(each, "members").contains(self)
                        && (!inside || Json.text(each, "phase").equals("RUNNING")));
    }

    /** Joins; the group is made when it is not there. */
    @Command(name = "join", description = "Let the node join a group, which is made when it is not there.")
    static final class Join extends Change {
        @Override
        ExitCode run(ControlClient daemon) {
            return change(daemon, "group.join", true, "It is in group %s.".formatted(group));
        }
    }

    /** Leaves as planned. */
    @Command(name = "leave", description = "Let the node leave a group as planned.")
    static final class Leave extends Change {
        @Override
        ExitCode run(ControlClient daemon) {
            return change(daemon, "group.leave", false, "It is not in group %s.".formatted(group));
        }
    }
}
