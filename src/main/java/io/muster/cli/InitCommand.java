package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.daemon.ClusterFounder;
import io.muster.daemon.ConfigReader;
import io.muster.daemon.DaemonConfig;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import io.muster.daemon.NodeAdder;
import io.muster.daemon.NodeAddress;
import io.muster.runtime.RuntimeConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster init}: founds a cluster; one folder for each node, with keys, configuration and an empty record. */
@Command(name = "init", mixinStandardHelpOptions = true, description = {
        "Found a cluster: make a folder for each node, to be carried to its machine.",
        "Example: muster init --dir c1 n1=10.0.0.1:7400 n2=10.0.0.2:7400 n3=10.0.0.3:7400"})
final class InitCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Option(names = "--dir", paramLabel = "FOLDER", required = true, description = "Where; empty or absent.")
    Path folder;

    @Option(names = "--fence", paramLabel = "METHOD", split = ",",
            description = "Fence methods of every node, first choice first (default: manual; with --add what the others have).")
    List<String> fence = List.of();

    @Option(names = "--policy", paramLabel = "NAME", defaultValue = "fixed",
            description = "Who changes the voters: fixed, dynamic or two-node (default: ${DEFAULT-VALUE}).")
    String policy;

    @Option(names = "--votes", paramLabel = "NODE=VOTES", split = ",", description = "Votes of nodes that have not one each.")
    Map<String, Integer> votes = new LinkedHashMap<>();

    @Option(names = "--no-vote", paramLabel = "NODE", split = ",", description = "Nodes without a vote.")
    List<String> withoutVote = List.of();

    @Option(names = "--witness", paramLabel = "NODE", split = ",", description = "Nodes that vote and are in no group.")
    List<String> witnesses = List.of();

    @Option(names = "--json", description = "Print JSON.")
    boolean json;

    @Option(names = "--add", paramLabel = "NODE=ADDRESS[,LINK...]",
            description = "Add this node, without a vote, to the cluster that was founded in the folder.")
    String add;

    @Option(names = "--again", paramLabel = "NODE",
            description = "Make the lost folder of this node anew, with keys from the authority and without a vote.")
    String again;

    @Option(names = "--life", paramLabel = "NUMBER", description = "With --again: the highest life of it that the others know.")
    Long life;

    @Parameters(paramLabel = "NODE=ADDRESS[,LINK...]", arity = "0..63", description = {
            "A node and the address on which it takes streams; its datagrams go to the same address,",
            "or to the further ones when they are given: then it takes streams on each of those links."})
    List<String> nodes = List.of();

    @Override
    public Integer call() {
        if (again != null) {
            return again();
        }
        if (life != null) {
            throw new ClusterFault(FaultCode.CLI_1, "--life goes with --again only.");
        }
        if (add != null) {
            return add();
        }
        if (nodes.isEmpty()) {
            throw new ClusterFault(FaultCode.CLI_1,
                    "Missing required parameter: 'NODE=ADDRESS[,LINK...]'. See `muster init --help`.");
        }
        SortedMap<NodeId, RuntimeConfig.Address> addresses = new TreeMap<>();
        SortedMap<NodeId, List<String>> methods = new TreeMap<>();
        // What `muster node` would refuse is refused here, before there is a cluster of it.
        fence.forEach(InitCommand::requireMethod);
        Map<RuntimeConfig.Endpoint, NodeId> streams = new LinkedHashMap<>();
        Map<RuntimeConfig.Endpoint, NodeId> links = new LinkedHashMap<>();
        for (String text : nodes) {
            try {
                NodeId node = nodeOf(text);
                RuntimeConfig.Address address = addressOf(text);
                if (addresses.put(node, address) != null) {
                    throw unusable(text, "%s is named twice".formatted(node));
                }
                requireOwn(text, node, address.streams(), streams);
                requireOwn(text, node, address.links(), links);
                RuntimeConfig.Address first = addresses.firstEntry().getValue();
                if (address.links().size() != first.links().size()) {
                    throw unusable(text, "it has %d links, and %s has %d".formatted(
                            address.links().size(), addresses.firstKey(), first.links().size()));
                }
                methods.put(node, fence.isEmpty() ? List.of("manual") : fence);
            } catch (IllegalArgumentException e) {
                throw unusable(text, e.getMessage());
            }
        }
        FoundingVotes founding = FoundingVotes.of(NodeSet.of(addresses.keySet()), policy, votes, withoutVote, witnesses);
        ClusterId cluster = ClusterFounder.found(
                folder, addresses, methods, TimeBudget.lan(), founding.electorate(), founding.voting());
        print(cluster, addresses.keySet().stream().map(node -> folder.resolve(node.toString())).toList());
        return ExitCode.FINE.number();
    }

    private int add() {
        if (!nodes.isEmpty()) {
            throw new ClusterFault(FaultCode.CLI_1, "--add takes one node, and %s is named beside it.".formatted(nodes));
        }
        fence.forEach(InitCommand::requireMethod);
        try {
            NodeAdder.Added added = fence.isEmpty()
                    ? NodeAdder.addLikeOthers(folder, nodeOf(add), addressOf(add))
                    : NodeAdder.add(folder, nodeOf(add), addressOf(add), fence);
            printAdded(nodeOf(add), added);
            return ExitCode.FINE.number();
        } catch (IllegalArgumentException e) {
            throw unusable(add, e.getMessage());
        }
    }

    private int again() {
        if (life == null || add != null || !nodes.isEmpty() || !fence.isEmpty()) {
            throw new ClusterFault(FaultCode.CLI_1, "--again takes one node, --dir and --life, the highest life of the node that"
                    + " the others know (`muster status` on one of them), and nothing else.");
        }
        NodeId node;
        try {
            node = NodeId.parse(again);
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_1, e.getMessage() + ".", e);
        }
        Path made = NodeAdder.again(folder, node, life);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.write(Json.object("ok", true, "node", node, "folder", made)));
            return ExitCode.FINE.number();
        }
        out.println("Made %s anew, as it is known here: compare its %s with those of the others, and carry it to its machine."
                .formatted(made, DaemonConfig.FILE));
        out.println("Start it: muster node --config %s".formatted(made.resolve(DaemonConfig.FILE)));
        out.println("If it had a vote: muster voter remove %s, then muster voter add %s.".formatted(node, node));
        return ExitCode.FINE.number();
    }

    private static NodeId nodeOf(String text) {
        int equals = text.indexOf('=');
        if (equals < 0) {
            throw unusable(text, "there is no = in it");
        }
        return NodeId.parse(text.substring(0, equals));
    }

    /** The first address is for streams, in place of the first link's; each further link takes streams too. */
    private static RuntimeConfig.Address addressOf(String text) {
        List<RuntimeConfig.Endpoint> all = new ArrayList<>();
        for (String each : text.substring(text.indexOf('=') + 1).split(",")) {
            all.add(NodeAddress.parse(each));
        }
        List<RuntimeConfig.Endpoint> links = all.size() == 1 ? all : all.subList(1, all.size());
        List<RuntimeConfig.Endpoint> streams = new ArrayList<>(links);
        streams.set(0, all.getFirst());
        return new RuntimeConfig.Address(streams, links);
    }

    private static void requireOwn(
            String text, NodeId node, List<RuntimeConfig.Endpoint> own, Map<RuntimeConfig.Endpoint, NodeId> seen) {
        for (RuntimeConfig.Endpoint endpoint : own) {
            NodeId other = seen.putIfAbsent(endpoint, node);
            if (other != null) {
                throw unusable(text, "%s is an address of %s too".formatted(endpoint, other));
            }
        }
    }

    private static void requireMethod(String name) {
        try {
            ConfigReader.methodName(name);
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_1, "--fence \"%s\" cannot be used: %s; write for instance process,manual."
                    .formatted(name, e.getMessage()), e);
        }
    }

    private void print(ClusterId cluster, List<Path> folders) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.write(Json.object("ok", true, "cluster", cluster, "folders", folders)));
            return;
        }
        out.println("Founded cluster %s.".formatted(cluster));
        out.println("Carry each folder to its machine, keep %s off all of them, then start there:".formatted(
                folder.resolve(ClusterFounder.AUTHORITY)));
        folders.forEach(each -> out.println("  muster node --config %s".formatted(each.resolve(DaemonConfig.FILE))));
    }

    private void printAdded(NodeId node, NodeAdder.Added added) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.write(Json.object("ok", true, "node", node, "folder", added.made(),
                    "changed", added.changed(), "table", added.table())));
            return;
        }
        out.println("Added %s, without a vote. Carry %s to its machine.".formatted(node, added.made()));
        out.println("These name it now; carry each to its node, and there run `muster reload`:");
        added.changed().forEach(each -> out.println("  %s".formatted(each)));
        out.println("A node whose folder is not here any more needs this table in its file, before its reload:");
        added.table().lines().forEach(line -> out.println("  " + line));
        out.println("Then start it: muster node --config %s".formatted(added.made().resolve(DaemonConfig.FILE)));
    }

    private static ClusterFault unusable(String text, String why) {
        return new ClusterFault(FaultCode.CLI_1, "\"%s\" cannot be used: %s; write for instance n1=10.0.0.1:7400.".formatted(
                text, why));
    }
}
