package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.fence.FencePlan;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.RecordFile;
import io.muster.runtime.Certificates;
import io.muster.runtime.DataFolder;
import io.muster.runtime.FolderIdentity;
import io.muster.runtime.RuntimeConfig;
import io.muster.runtime.StoppedNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Lets a further node into a cluster that was founded here: makes its folder with keys, configuration and an empty record
 * of its own, and adds its table to the configurations of the others that lie in the founding folder. It has no vote: its
 * record is known to nobody (rule L8). Nothing is changed anywhere when something stands against it.
 */
public final class NodeAdder {

    private static final String MANUAL = "manual";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path folder;
    private final NodeId node;

    private NodeAdder(Path folder, NodeId node) {
        this.folder = folder;
        this.node = node;
    }

    /**
     * What was done.
     *
     * @param made    the new node's folder
     * @param changed configuration files of other nodes that name it now
     * @param table   what has to be added to the configurations of nodes whose folders are not here any more
     */
    public record Added(Path made, List<Path> changed, String table) {}

    /**
     * Adds a node.
     *
     * @param folder where the cluster was founded, with its authority
     * @throws ClusterFault DATA-2 when the node is there already, DATA-4, CONFIG-1 to CONFIG-3
     */
    public static Added add(Path folder, NodeId node, RuntimeConfig.Address address, List<String> fence) {
        return new NodeAdder(folder, node).run(address, Optional.of(FencePlan.flat(fence)));
    }

    /** Adds a node that is fenced as all others are, when these have one plan; else only a person says that it is off. */
    public static Added addLikeOthers(Path folder, NodeId node, RuntimeConfig.Address address) {
        return new NodeAdder(folder, node).run(address, Optional.empty());
    }

    /**
     * Makes the folder of a node anew that the cluster knows and whose own is lost: with keys from the authority and an empty
     * record of a new id, which has no vote. What it had promised before was promised by another acceptor (rule L8).
     *
     * @param life the highest life of it that the others know: it goes on above (rule L7)
     * @return the new folder
     * @throws ClusterFault CLI-1 for a life that cannot be, DATA-2 when its folder is here or nobody knows it, DATA-4
     */
    public static Path again(Path folder, NodeId node, long life) {
        return new NodeAdder(folder, node).again(life);
    }

    private Path again(long life) {
        StoppedNode.requireLife(OptionalLong.of(life));
        Path own = folder.resolve(node.toString());
        if (Files.exists(own)) {
            throw new ClusterFault(FaultCode.DATA_2, ("%s is there: when it is the newest there is of %s, keep it and see `muster"
                    + " ledger fresh`; when not, move it away first; nothing was changed.").formatted(own, node));
        }
        DaemonConfig like = ConfigReader.read(anyConfig());
        if (!like.machine().nodes().containsKey(node)) {
            throw new ClusterFault(FaultCode.DATA_2, "%s is no node of this cluster, which has %s: use --add; nothing"
                    .concat(" was changed.").formatted(node, like.machine().nodeSet()));
        }
        try {
            make(own, like, like.machine().nodes(), like.fencing().plans(), life);
            return own;
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private Path anyConfig() {
        List<Path> files = configs();
        if (files.isEmpty()) {
            throw unknownCluster();
        }
        return files.getFirst();
    }

    private Added run(RuntimeConfig.Address address, Optional<FencePlan> wished) {
        Path own = folder.resolve(node.toString());
        List<Path> files = configs();
        for (Path file : files) {
            if (!Files.exists(own) && ConfigReader.read(file).machine().nodes().containsKey(node)) {
                throw new ClusterFault(FaultCode.DATA_2, ("%s is a node of this cluster already, by %s: give the new one a number"
                        + " that is free, or make the lost folder of %s anew with --again; nothing was changed.").formatted(
                                node, file, node));
            }
        }
        if (Files.exists(own)) {
            throw new ClusterFault(FaultCode.DATA_2, "%s is there already: %s was added before, or its folder is another's; "
                    .formatted(own, node) + "nothing was changed.");
        }
        if (files.isEmpty()) {
            throw unknownCluster();
        }
        DaemonConfig first = ConfigReader.read(files.getFirst());
        FencePlan plan = wished.orElseGet(() -> shared(first));
        String table = ConfigWriter.node(node, address, plan);
        List<Path> checked = new ArrayList<>();
        try {
            for (Path file : files) {
                checked.add(extended(file, table));
            }
            SortedMap<NodeId, RuntimeConfig.Address> nodes = new TreeMap<>(first.machine().nodes());
            nodes.put(node, address);
            SortedMap<NodeId, FencePlan> plans = new TreeMap<>(first.fencing().plans());
            plans.put(node, plan);
            make(own, first, nodes, plans, 0);
            for (int i = 0; i < files.size(); i++) {
                Files.move(checked.get(i), files.get(i), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw unwritable(e);
        } finally {
            checked.forEach(NodeAdder::removeQuietly);
        }
        return new Added(own, files, table.strip());
    }

    /** That a host is fixed is a promise about one host, and is never taken over. */
    private static FencePlan shared(DaemonConfig config) {
        List<FencePlan> different = config.fencing().plans().values().stream().map(plan -> new FencePlan(
                plan.levels(), plan.delayNs(), plan.randomDelayNs(), plan.priority(), plan.unfence(), false)).distinct().toList();
        return different.size() == 1 && !different.getFirst().levels().isEmpty()
                ? different.getFirst() : FencePlan.flat(List.of(MANUAL));
    }

    private ClusterFault unknownCluster() {
        return new ClusterFault(FaultCode.DATA_2, ("%s holds no folder of a node with its %s, so the cluster is not known:"
                + " name the folder in which it was founded, or put one of them back; nothing was changed.").formatted(
                        folder, DaemonConfig.FILE));
    }

    private ClusterFault unwritable(IOException cause) {
        return new ClusterFault(FaultCode.DATA_4, "%s cannot be changed (%s): free space or make it writable."
                .formatted(folder, cause), cause);
    }

    /** Of all nodes whose folders are here, the lowest first. */
    private List<Path> configs() {
        SortedMap<NodeId, Path> found = new TreeMap<>();
        try (DirectoryStream<Path> inner = Files.newDirectoryStream(folder)) {
            for (Path path : inner) {
                String name = path.getFileName().toString();
                Path file = path.resolve(DaemonConfig.FILE);
                if (name.matches("n[1-9][0-9]?") && Files.exists(file)) {
                    found.put(NodeId.parse(name), file);
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.DATA_4, "%s is no founding folder that can be read: %s.".formatted(folder, e), e);
        }
        return List.copyOf(found.values());
    }

    /** The file with the new table behind it, which keeps what people wrote; read as a whole before it is believed. */
    private Path extended(Path file, String table) throws IOException {
        Path next = file.resolveSibling(DaemonConfig.FILE + ".next");
        Files.writeString(next, Files.readString(file).stripTrailing() + "\n" + table);
        try {
            ConfigReader.read(next);
        } catch (ClusterFault e) {
            removeQuietly(next);
            throw e;
        }
        return next;
    }

    /** @param lived the highest life that it has lived, 0 for a new node */
    private void make(Path own, DaemonConfig like, SortedMap<NodeId, RuntimeConfig.Address> nodes,
            SortedMap<NodeId, FencePlan> plans, long lived) throws IOException {
        Path authority = folder.resolve(ClusterFounder.AUTHORITY);
        ClusterState founding = founding(like, authority);
        RuntimeConfig.TlsFiles keys = Certificates.files(authority, node);
        if (!Files.exists(keys.certificate())) {
            Certificates.open(authority, like.cluster()).issue(node);
        }
        long recordId = RANDOM.nextLong();
        byte[] record = RecordFile.founding(AcceptorRecord.founding(recordId, founding));
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        DataFolder.found(own, new FolderIdentity(like.cluster(), node, recordId, record.length, now), record, lived);
        for (Path file : List.of(keys.authority(), keys.certificate(), keys.key(), Certificates.datagramKey(authority))) {
            Files.copy(file, own.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
        }
        RuntimeConfig machine = new RuntimeConfig(Path.of("."), nodes, Certificates.files(Path.of(""), node),
                Certificates.datagramKey(Path.of("")),
                new RuntimeConfig.Fencing(Optional.empty(), like.machine().fencing().methods()));
        Files.writeString(own.resolve(DaemonConfig.FILE),
                ConfigWriter.write(new DaemonConfig(
                        like.cluster(), node, like.times(), like.fencing().withPlans(plans), machine)),
                StandardOpenOption.CREATE_NEW);
    }

    /** As it was kept at the founding; of clusters that were founded before it was kept, from a record that is here. */
    private ClusterState founding(DaemonConfig like, Path authority) throws IOException {
        Path kept = authority.resolve(ClusterFounder.FOUNDING);
        Path record = Files.exists(kept) ? kept : like.machine().dataFolder().resolve(RecordFile.NAME);
        ClusterState state = RecordFile.load(Files.readAllBytes(record)).record().state();
        if (!state.cluster().equals(like.cluster())) {
            throw new ClusterFault(FaultCode.DATA_2, "%s is of cluster %s and %s is of %s; nothing was changed.".formatted(
                    record, state.cluster(), folder, like.cluster()));
        }
        return ClusterState.founded(state.cluster(), state.electorate(), state.recordIds());
    }

    private static void removeQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // It is never read by anybody but us, and replaced the next time.
        }
    }
}
