package io.muster.cli;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.daemon.ControlClient;
import io.muster.daemon.RuntimeFolder;
import io.muster.daemon.SocketPath;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Which daemon is asked. {@code --dir} and {@code --node} go first, then {@code MUSTER_SOCKET}, then the daemons of this
 * user that run on this machine. A question that any member answers alike goes to the first of one cluster; what
 * changes a node goes to that node only when it is the only one that fits. Otherwise the candidates are listed.
 */
final class DaemonFinder {

    /** A daemon that could be asked. @param place its data folder, which tells it from others, for people */
    record Candidate(String cluster, String node, Path socket, String place) {}

    private final Map<String, String> environment;
    private final Supplier<RuntimeFolder> runtime;

    DaemonFinder(Map<String, String> environment, Supplier<RuntimeFolder> runtime) {
        this.environment = environment;
        this.runtime = runtime;
    }

    static DaemonFinder here() {
        return new DaemonFinder(System.getenv(), RuntimeFolder::open);
    }

    /**
     * Connects to the daemon meant.
     *
     * @param anyMember true when every member of a cluster answers alike
     * @param notes     where a choice that was made here is told
     * @throws ClusterFault CLI-2 when none or more than one fits; CLI-3 when it does not answer
     */
    ControlClient connect(DaemonChoice choice, boolean anyMember, PrintWriter notes) {
        List<Candidate> candidates = candidates(choice);
        if (candidates.size() > 1) {
            boolean oneCluster = candidates.stream().map(Candidate::cluster).distinct().count() == 1;
            if (!anyMember || !oneCluster) {
                throw new ClusterFault(FaultCode.CLI_2,
                        "%d daemons fit: %s; name one with --node%s.".formatted(
                                candidates.size(), list(candidates), oneCluster ? "" : " and --dir"));
            }
        }
        ClusterFault silent = null;
        for (Candidate candidate : candidates) {
            try {
                ControlClient client = ControlClient.connect(candidate.socket());
                if (candidates.size() > 1) {
                    notes.println("(asking %s of %s, one of %d that fit; --node names another)".formatted(
                            candidate.node(), candidate.place(), candidates.size()));
                }
                return client;
            } catch (ClusterFault fault) {
                silent = fault;
            }
        }
        throw silent;
    }

    /** All that fit, at least one. */
    List<Candidate> candidates(DaemonChoice choice) {
        String named = environment.getOrDefault("MUSTER_SOCKET", "");
        if (choice.dir != null) {
            return inFolder(choice);
        }
        if (choice.node.isEmpty() && !named.isEmpty()) {
            return List.of(new Candidate("", "", Path.of(named), "MUSTER_SOCKET"));
        }
        RuntimeFolder folder = runtime.get();
        List<Candidate> running = folder.running().stream()
                .map(entry -> new Candidate(entry.cluster(), entry.node(), entry.socket(), entry.dataFolder().toString()))
                .toList();
        List<Candidate> fitting = running.stream()
                .filter(candidate -> choice.node.isEmpty() || candidate.node().equals(choice.node))
                .toList();
        if (fitting.isEmpty()) {
            throw new ClusterFault(FaultCode.CLI_2, running.isEmpty()
                    ? "no daemon of this user runs here (looked in %s); start one with `muster node` or try `muster demo`."
                            .formatted(folder.path())
                    : "no daemon here is %s; there are %s.".formatted(choice.node, list(running)));
        }
        return fitting;
    }

    private static List<Candidate> inFolder(DaemonChoice choice) {
        Path folder = choice.dir.toAbsolutePath().normalize();
        if (SocketPath.isDataFolder(folder)) {
            return List.of(new Candidate("", choice.node, SocketPath.find(folder), folder.toString()));
        }
        List<Candidate> found = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> inner = Files.newDirectoryStream(folder, SocketPath::isDataFolder)) {
                for (Path data : inner) {
                    found.add(new Candidate("", data.getFileName().toString(), SocketPath.find(data), data.toString()));
                }
            } catch (IOException e) {
                throw new ClusterFault(FaultCode.CLI_2, "folder %s cannot be read: %s.".formatted(folder, e.getMessage()), e);
            }
        }
        found.sort(Comparator.comparingInt((Candidate c) -> c.node().length()).thenComparing(Candidate::node));
        List<Candidate> fitting = found.stream()
                .filter(candidate -> choice.node.isEmpty() || candidate.node().equals(choice.node))
                .toList();
        if (fitting.isEmpty()) {
            throw new ClusterFault(FaultCode.CLI_2, found.isEmpty()
                    ? "%s is no data folder of a daemon that ran, and holds none; --dir takes a data folder or a folder of them."
                            .formatted(folder)
                    : "no data folder in %s is of %s; there are %s.".formatted(
                            folder, choice.node, found.stream().map(Candidate::node).toList()));
        }
        return fitting;
    }

    private static String list(List<Candidate> candidates) {
        return String.join(", ", candidates.stream()
                .map(candidate -> "%s (--dir %s)".formatted(candidate.node(), candidate.place()))
                .toList());
    }
}
