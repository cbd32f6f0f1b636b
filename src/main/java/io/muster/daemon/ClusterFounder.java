package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.RecordFile;
import io.muster.ledger.VotePolicy;
import io.muster.ledger.Voting;
import io.muster.quorum.Electorate;
import io.muster.runtime.Certificates;
import io.muster.runtime.DataFolder;
import io.muster.runtime.FolderIdentity;
import io.muster.runtime.RuntimeConfig;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Founds a cluster: draws its id, makes its authority, and for each node a folder that holds all that its daemon needs.
 *
 * <pre>
 * FOLDER/authority/   the cluster's authority and all keys: needed only to let further nodes in, keep it elsewhere
 * FOLDER/n1/          to be carried to machine n1: muster.toml, keys, and the data folder's own files
 * </pre>
 */
public final class ClusterFounder {

    public static final String AUTHORITY = "authority";
    /** In it: a founding record, from which the records of further nodes are made. */
    static final String FOUNDING = "founding";

    private static final SecureRandom RANDOM = new SecureRandom();

    private ClusterFounder() {}

    /**
     * Founds a cluster in which every node has one vote and a majority decides.
     *
     * @param folder       empty or absent; private to the user afterwards
     * @param fenceMethods for each node, first choice first
     * @return the new cluster's id
     * @throws ClusterFault DATA-2 when the folder holds something, DATA-4 when it cannot be written
     */
    public static ClusterId found(
            Path folder,
            SortedMap<NodeId, RuntimeConfig.Address> nodes,
            SortedMap<NodeId, List<String>> fenceMethods,
            TimeBudget times) {
        Electorate electorate = Electorate.majorityOf(NodeSet.of(nodes.keySet()));
        return found(folder, nodes, fenceMethods, times, electorate, Voting.of(VotePolicy.FIXED, electorate));
    }

    /**
     * Founds a cluster with votes and a policy of its own.
     *
     * @param electorate votes of some of the nodes
     * @param voting     the policy and what goes with it
     */
    public static ClusterId found(
            Path folder,
            SortedMap<NodeId, RuntimeConfig.Address> nodes,
            SortedMap<NodeId, List<String>> fenceMethods,
            TimeBudget times,
            Electorate electorate,
            Voting voting) {
        requireEmpty(folder);
        ClusterId cluster = new ClusterId(RANDOM.nextLong(), RANDOM.nextLong());
        NodeSet all = NodeSet.of(nodes.keySet());
        SortedMap<NodeId, Long> recordIds = new TreeMap<>();
        all.forEach(node -> recordIds.put(node, RANDOM.nextLong()));
        ClusterState founded = ClusterState.founded(cluster, electorate, recordIds, voting);
        try {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            Path authority = folder.resolve(AUTHORITY);
            Certificates.found(authority, cluster, all);
            String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
            Files.write(authority.resolve(FOUNDING),
                    RecordFile.founding(AcceptorRecord.founding(RANDOM.nextLong(), founded)));
            for (NodeId node : all) {
                byte[] record = RecordFile.founding(
                        new AcceptorRecord(recordIds.get(node), Optional.empty(), Optional.empty(), founded));
                Path own = folder.resolve(node.toString());
                DataFolder.found(own, new FolderIdentity(cluster, node, recordIds.get(node), record.length, now), record);
                RuntimeConfig.TlsFiles tls = Certificates.files(authority, node);
                Path datagramKey = Certificates.datagramKey(authority);
                for (Path file : List.of(tls.authority(), tls.certificate(), tls.key(), datagramKey)) {
                    Files.copy(file, own.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        } catch (IOException e) {
            throw unwritable(folder, e);
        }
        writeConfigs(folder, cluster, nodes, fenceMethods, times);
        return cluster;
    }

    /** Writes the configuration of every node anew, as after a change of addresses. @throws ClusterFault DATA-4 */
    public static void writeConfigs(
            Path folder,
            ClusterId cluster,
            SortedMap<NodeId, RuntimeConfig.Address> nodes,
            SortedMap<NodeId, List<String>> fenceMethods,
            TimeBudget times) {
        for (NodeId node : nodes.keySet()) {
            RuntimeConfig.TlsFiles tls = Certificates.files(Path.of(""), node);
            RuntimeConfig machine = new RuntimeConfig(Path.of("."), nodes, tls, Certificates.datagramKey(Path.of("")),
                    new RuntimeConfig.Fencing(Optional.empty(), new TreeMap<>()));
            Path file = folder.resolve(node.toString()).resolve(DaemonConfig.FILE);
            try {
                Path next = file.resolveSibling(DaemonConfig.FILE + ".next");
                Files.writeString(next, ConfigWriter.write(new DaemonConfig(
                        cluster, node, times, FencingReader.shipped(fenceMethods), machine)));
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw unwritable(file, e);
            }
        }
    }

    private static void requireEmpty(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (DirectoryStream<Path> content = Files.newDirectoryStream(folder)) {
            if (content.iterator().hasNext()) {
                throw new ClusterFault(FaultCode.DATA_2,
                        "%s is not empty, so no cluster is founded in it: name a new folder; nothing was changed."
                                .formatted(folder));
            }
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_4, "%s is no folder that can be read: %s.".formatted(folder, e), e);
        }
    }

    private static ClusterFault unwritable(Path path, IOException cause) {
        return new ClusterFault(FaultCode.DATA_4,
                "%s cannot be written (%s): free space or name another folder.".formatted(path, cause), cause);
    }
}
