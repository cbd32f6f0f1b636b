package io.muster.runtime;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.RecordFile;
import io.muster.ledger.Revival;
import io.muster.ledger.VotePolicy;
import io.muster.ledger.Voting;
import io.muster.quorum.Electorate;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a person may do to the agreed record of a node whose daemon does not run (rules L8, Q6). Whatever changes something
 * holds the folder's lock meanwhile, so that no daemon can start on it.
 */
public final class StoppedNode {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path folder;
    private final ClusterId cluster;
    private final NodeId node;

    /** @param folder the data folder of this node of this cluster, as its configuration says */
    public StoppedNode(Path folder, ClusterId cluster, NodeId node) {
        this.folder = folder;
        this.cluster = cluster;
        this.node = node;
    }

    /**
     * The record as it lies there; also while a daemon runs.
     *
     * @throws ClusterFault DATA_2, DATA_3, DATA_5
     */
    public AcceptorRecord record() {
        FolderIdentity identity = ownIdentity();
        Path file = folder.resolve(RecordFile.NAME);
        try {
            AcceptorRecord record = RecordFile.load(Files.readAllBytes(file)).record();
            if (record.recordId() != identity.recordId() || !record.state().cluster().equals(cluster)) {
                throw new ClusterFault(FaultCode.DATA_5, "%s is not the record that %s was founded for; nothing was changed"
                        .formatted(file, folder));
            }
            return record;
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_5, "%s cannot be read: %s".formatted(file, e), e);
        }
    }

    /**
     * Gives lost voters up: this node decides alone from here on, in a new ledger.
     *
     * @return the record it begins with, on the medium
     * @throws ClusterFault VOTER_1 when it may not be done; DATA_1 while its daemon runs; DATA_2 to DATA_5
     */
    public AcceptorRecord revive(NodeSet lost, String person) {
        record();
        try (DataFolder open = DataFolder.open(folder, cluster, node)) {
            RecordFile.Loaded found = RecordFile.load(open.ledger());
            Revival.Result result = Revival.of(found.record(), node, lost, drawn(), person);
            AcceptorRecord next = result.record().orElseThrow(() -> new ClusterFault(FaultCode.VOTER_1,
                    "%s; nothing was changed".formatted(result.refusal().orElseThrow())));
            for (RecordFile.Part part : RecordFile.after(found, next)) {
                open.write(RecordFile.NAME, part.offset(), part.bytes());
            }
            return next;
        } catch (IOException e) {
            throw DataFolder.unwritable(folder.resolve(RecordFile.NAME), e);
        }
    }

    /**
     * Puts an empty record of a new id in place of the one that is there, which is kept beside it. The node has no vote until
     * it is added again: whatever it promised before was promised by another acceptor (rule L8).
     *
     * @param nodes  all configured nodes
     * @param ledger which ledger it is to keep to; empty: that of the record which is there, or the first
     * @param life   the highest life that the cluster knows of this node, for a folder whose own count is lost
     * @return id of the new record
     * @throws ClusterFault DATA_1 while its daemon runs; DATA_2, DATA_4; DATA_5 when the count of lives is lost too
     */
    public long fresh(NodeSet nodes, OptionalLong ledger, OptionalLong life) {
        try (FolderLock _ = FolderLock.acquire(folder)) {
            refuseForeign();
            Optional<AcceptorRecord> former = former();
            long recordId = drawn();
            byte[] record = RecordFile.founding(AcceptorRecord.founding(recordId, hint(nodes, former,
                    ledger.orElse(former.map(old -> old.state().voting().ledger()).orElse(0L)), recordId)));
            String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
            keepLives(life);
            keepOld(now);
            replace(RecordFile.NAME, Arrays.copyOf(record, record.length + DataFolder.TRIAL_BYTES));
            // Last: until the identity names the new record a daemon refuses both.
            replace(FolderIdentity.FILE, new FolderIdentity(cluster, node, recordId, record.length, now).encode());
            return recordId;
        } catch (IOException e) {
            throw DataFolder.unwritable(folder, e);
        }
    }

    /** Whom to ask, and who decided when this was last known; nobody's vote rests on it. */
    private ClusterState hint(NodeSet nodes, Optional<AcceptorRecord> former, long ledger, long recordId) {
        Electorate electorate = former.map(old -> old.state().electorate()).orElse(Electorate.majorityOf(nodes));
        SortedMap<NodeId, Long> recordIds = new TreeMap<>(
                former.map(old -> old.state().recordIds()).orElse(new TreeMap<>()));
        // Unknown to everybody, this record among them: it votes once a version names it (rule Q4).
        electorate.acceptors().forEach(each -> recordIds.putIfAbsent(each, ~recordId));
        recordIds.computeIfPresent(node, (_, _) -> ~recordId);
        return ClusterState.founded(cluster, electorate, recordIds,
                Voting.of(VotePolicy.FIXED, electorate).ofLedger(ledger));
    }

    private Optional<AcceptorRecord> former() {
        try {
            return Optional.of(record()).filter(old -> old.state().cluster().equals(cluster));
        } catch (ClusterFault e) {
            return Optional.empty();
        }
    }

    private FolderIdentity ownIdentity() {
        FolderIdentity identity = DataFolder.identity(folder);
        if (!identity.cluster().equals(cluster) || !identity.node().equals(node)) {
            throw new ClusterFault(FaultCode.DATA_2, ("%s belongs to node %s of cluster %s, and not to %s of %s; nothing"
                    + " was changed").formatted(folder, identity.node(), identity.cluster(), node, cluster));
        }
        return identity;
    }

    /** A damaged or missing identity is what this is there for; somebody else's is not. */
    private void refuseForeign() {
        try {
            ownIdentity();
        } catch (ClusterFault e) {
            if (e.code() != FaultCode.DATA_5) {
                throw e;
            }
        }
    }

    private void keepLives(OptionalLong life) throws IOException {
        Path file = folder.resolve(LifeFile.FILE);
        byte[] content = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
        OptionalLong next = LifeFile.next(content, cluster, node);
        if (next.isEmpty() && life.isEmpty()) {
            throw new ClusterFault(FaultCode.DATA_5, ("%s does not tell any more which lives %s has lived: give the highest that"
                    + " the others know with --life (`muster status` on one of them); nothing was changed").formatted(
                            file, node));
        }
        long lived = Math.max(next.orElse(1) - 1, life.orElse(0));
        byte[] copy = LifeFile.copy(cluster, node, lived);
        byte[] both = Arrays.copyOf(copy, LifeFile.BYTES);
        System.arraycopy(copy, 0, both, LifeFile.COPY_BYTES, LifeFile.COPY_BYTES);
        replace(LifeFile.FILE, both);
    }

    private void keepOld(String now) throws IOException {
        Path old = folder.resolve(RecordFile.NAME);
        if (Files.exists(old)) {
            Files.copy(old, folder.resolve("%s.before-%s".formatted(RecordFile.NAME, now.replace(":", ""))),
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private void replace(String name, byte[] content) throws IOException {
        Path next = folder.resolve(name + ".next");
        Files.deleteIfExists(next);
        try (FileChannel channel = FileChannel.open(next,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PrivateFiles.FILE)) {
            DataFolder.writeAll(channel, content, 0);
            channel.force(true);
        }
        Files.move(next, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Never 0, which is the ledger that a cluster is founded with. */
    private static long drawn() {
        long drawn = RANDOM.nextLong();
        return drawn == 0 ? 1 : drawn;
    }
}
