package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code fence NODE} puts a member out and makes it harmless; with {@code fence ack NODE} a person says that it is off. */
@Command(name = "fence", subcommands = {FenceCommand.Ack.class, FenceOpenCommand.class, FenceHistoryCommand.class},
        description = "Put a member out of the cluster and fence it; or, with ack, say that a node is off.")
final class FenceCommand extends DaemonCommand {

    /** Not required of the parser, for {@code fence ack} comes by here too. */
    @Parameters(paramLabel = "NODE", arity = "0..1", description = "The node to put out, as n3.")
    String victim = "";

    @Option(names = "--person", paramLabel = "NAME", description = "Who asks for it; by default the user of this machine.")
    String person = System.getProperty("user.name");

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the record.")
    String reason = "asked for on the command line";

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "10",
            description = "How long to wait for the end of the fence (default: ${DEFAULT-VALUE}).")
    long waitSeconds;

    @Override
    void check() {
        if (victim.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "Missing required parameter: 'NODE'.");
        }
    }

    @Override
    ExitCode run(ControlClient daemon) {
        daemon.ask(Json.object("do", "fence", "node", victim, "person", person, "reason", reason), answerLimitMs);
        ExitCode end = await(daemon, waitSeconds * 1000, false, status -> isOut(status, victim) && !isOpen(status, victim));
        return ended(daemon, end, victim + " is out and harmless.", victim + " is not harmless yet:");
    }

    /** Words before a command within this one would be dropped, and another daemon asked than the one named. */
    static void refuseWordsBefore(CommandSpec within, String sentence) {
        if (!within.parent().commandLine().getParseResult().matchedArgs().isEmpty()) {
            throw new ParameterException(within.commandLine(), sentence);
        }
    }

    static boolean isOut(Map<String, Object> status, String node) {
        return Json.texts(Json.inner(status, "view"), "members").stream().noneMatch(who -> who.startsWith(node + "#"));
    }

    static boolean isOpen(Map<String, Object> status, String node) {
        return Json.objects(status, "departures").stream()
                .anyMatch(departure -> Json.text(departure, "who").startsWith(node + "#")
                        && !Json.truth(departure, "harmless"));
    }

    /** Records a person's word. */
    @Command(name = "ack", description = {
            "Say that a node is off, by your own eyes. It is recorded with your name.",
            "Data of its groups are used by others from then on: if the node still writes, they are damaged."})
    static final class Ack extends DaemonCommand {

        @Parameters(paramLabel = "NODE", description = "The node that is off, as n3.")
        String dead;

        @Option(names = "--person", paramLabel = "NAME",
                description = "Who says so; by default the user of this machine.")
        String person = System.getProperty("user.name");

        @Option(names = "--remark", paramLabel = "TEXT", description = "How it is known, for the record.")
        String remark = "";

        @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "10",
                description = "How long to wait until it is agreed (default: ${DEFAULT-VALUE}).")
        long waitSeconds;

        /**
         * The parser takes the words before {@code ack} for those of {@code fence} and would drop them: the word of a
         * person would then go to another daemon, perhaps of another cluster, than the one named.
         */
        @Override
        void check() {
            refuseWordsBefore(spec, "Options and node come after ack: write fence ack NODE …");
        }

        @Override
        ExitCode run(ControlClient daemon) {
            daemon.ask(Json.object("do", "fence.ack", "node", dead, "person", person, "remark", remark), answerLimitMs);
            ExitCode end = await(daemon, waitSeconds * 1000, false, status -> !isOpen(status, dead));
            return ended(daemon, end, "Recorded: %s says that %s is off.".formatted(person, dead), "It is not agreed yet:");
        }
    }
}
