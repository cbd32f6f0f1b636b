package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.daemon.ControlClient;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster voter}: changes who votes, on the running cluster; chosen by the voters before and after. */
@Command(name = "voter", description = {
        "Change who votes: muster voter add n4, remove n3, or set n1=2 --threshold 3 --policy dynamic.",
        "`muster status` shows the voters; a set of votes by which two sides could decide is refused with both named."})
final class VoterCommand extends DaemonCommand {

    @Parameters(index = "0", paramLabel = "add|remove|set", description = "What to do.")
    String verb;

    @Parameters(index = "1..*", paramLabel = "NODE[=VOTES]", description = "Nodes, with their votes (default: 1).")
    String[] nodes = {};

    @Option(names = "--threshold", paramLabel = "VOTES", defaultValue = "0",
            description = "With set: votes that decide; by default more than half.")
    int threshold;

    @Option(names = "--policy", paramLabel = "NAME", defaultValue = "",
            description = "With set: fixed, dynamic or two-node.")
    String policy;

    @Option(names = "--floor", paramLabel = "COUNT", defaultValue = "0",
            description = "With set: how many voters the policy leaves at least.")
    int floor;

    @Option(names = "--person", paramLabel = "NAME", description = "Who wants it; by default the user of this machine.")
    String person = System.getProperty("user.name");

    @Option(names = "--wait", paramLabel = "SECONDS", defaultValue = "10",
            description = "How long to wait until it is agreed (default: ${DEFAULT-VALUE}).")
    long waitSeconds;

    @Override
    ExitCode run(ControlClient daemon) {
        Map<String, Object> votes = new LinkedHashMap<>();
        for (String each : nodes) {
            int equals = each.indexOf('=');
            votes.put(equals < 0 ? each : each.substring(0, equals), votes(each, equals));
        }
        Map<String, Object> request = Json.object(
                "do", "voters.change", "votes", votes, "threshold", threshold, "floor", floor, "person", person);
        if (!policy.isEmpty()) {
            request.put("policy", policy);
        }
        daemon.ask(request, answerLimitMs);
        ExitCode end = await(daemon, waitSeconds * 1000, false, status -> isShown(Json.inner(status, "voters"), votes));
        return ended(daemon, end, "The voters are changed.", "It is not agreed yet:");
    }

    private long votes(String text, int equals) {
        long given = 1;
        if (equals >= 0) {
            try {
                given = Long.parseLong(text.substring(equals + 1));
            } catch (NumberFormatException e) {
                throw unusable("\"%s\" has no number of votes: write for instance n1=2".formatted(text));
            }
        }
        return switch (verb) {
            case "add", "set" -> given;
            case "remove" -> 0;
            default -> throw unusable("\"%s\" is no way to change a voter: write add, remove or set".formatted(verb));
        };
    }

    private boolean isShown(Map<String, Object> voters, Map<String, Object> wished) {
        boolean votesShown = wished.entrySet().stream().allMatch(entry ->
                Json.number(Json.inner(voters, "votes"), entry.getKey(), 0) == (long) entry.getValue());
        return votesShown && !Json.truth(voters, "changing")
                && (threshold == 0 || Json.number(voters, "threshold", 0) == threshold)
                && (floor == 0 || Json.number(voters, "floor", 0) == floor)
                && (policy.isEmpty() || Json.text(voters, "policy").equals(policy));
    }

    private static ClusterFault unusable(String why) {
        return new ClusterFault(FaultCode.CLI_1, why + ".");
    }
}
