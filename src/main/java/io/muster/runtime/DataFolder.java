package io.muster.runtime;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.ledger.RecordFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * What a node keeps through its deaths, open and owned by this process alone.
 *
 * <pre>
 * identity  whose folder it is: {@link FolderIdentity}
 * life      which life is lived: {@link LifeFile}
 * ledger    the acceptor record, {@link RecordFile}, and behind it {@link #TRIAL_BYTES} that are
 *           written at each start to try the disk
 * lock      locked while a daemon lives; holds its process number, for the message to a second one
 * </pre>
 *
 * All files have their full length from the founding, written with real bytes, so that later writes need no new space
 * on file systems that overwrite in place. A refusal is a {@link ClusterFault} and has changed nothing.
 * {@link #write} belongs to one thread, everything else to the one that starts the node.
 */
public final class DataFolder implements AutoCloseable {

    /** Overwritten at each start; apart from the record, so that a torn trial cannot hurt what was promised. */
    static final int TRIAL_BYTES = 4096;
    /** What has to be free at a start: the event log and others beside the record need new space. */
    static final int ROOM_BYTES = 64 * 1024;
    private static final String ROOM_FILE = "room.trial";

    private final Path folder;
    private final FolderIdentity identity;
    private final FolderLock lock;
    private final FileChannel life;
    private final FileChannel ledger;

    private DataFolder(Path folder, FolderIdentity identity, FolderLock lock, FileChannel life, FileChannel ledger) {
        this.folder = folder;
        this.identity = identity;
        this.lock = lock;
        this.life = life;
        this.ledger = ledger;
    }

    /**
     * Makes the folder of a new node, durably. When it fails, it leaves nothing behind.
     *
     * @param identity with the length of {@code ledger} as its {@code ledgerBytes}
     * @param ledger   the founding acceptor record, with all the space it will ever need
     * @throws ClusterFault DATA_2 when the folder holds a node's data already, DATA_4 when it cannot be written
     */
    public static void found(Path folder, FolderIdentity identity, byte[] ledger) {
        if (identity.ledgerBytes() != ledger.length) {
            throw new IllegalArgumentException("identity speaks of %d bytes of ledger, there are %d"
                    .formatted(identity.ledgerBytes(), ledger.length));
        }
        FolderFounding.found(folder, identity, Arrays.copyOf(ledger, ledger.length + TRIAL_BYTES));
    }

    /**
     * Opens a node's folder and tries its disk. No file that matters has changed when it returns.
     *
     * @throws ClusterFault DATA_1 to DATA_5
     */
    public static DataFolder open(Path folder, ClusterId cluster, NodeId node) {
        FolderIdentity identity = identity(folder);
        if (!identity.cluster().equals(cluster) || !identity.node().equals(node)) {
            throw new ClusterFault(FaultCode.DATA_2, ("%s belongs to node %s of cluster %s, and this is node %s of"
                    + " cluster %s: start it with the folder that was founded for it; nothing was changed")
                    .formatted(folder, identity.node(), identity.cluster(), node, cluster));
        }
        DataFolder open = claim(folder, identity);
        try {
            open.nextLife();
            open.tryDisk();
            return open;
        } catch (ClusterFault e) {
            open.close();
            throw e;
        }
    }

    /**
     * Whose folder it is, read without opening it; also while a daemon owns it.
     *
     * @throws ClusterFault DATA_3 when the format is newer, DATA_5 when there is no identity to be read
     */
    public static FolderIdentity identity(Path folder) {
        Path file = folder.resolve(FolderIdentity.FILE);
        try {
            if (Files.size(file) > FolderIdentity.LIMIT_BYTES) {
                throw new ClusterFault(FaultCode.DATA_5, "%s has %d bytes, more than an identity has; nothing was changed"
                        .formatted(file, Files.size(file)));
            }
            return FolderIdentity.decode(Files.readAllBytes(file), file);
        } catch (NoSuchFileException e) {
            throw new ClusterFault(FaultCode.DATA_5,
                    "%s does not exist, so %s is no data folder: name another one, or found it with `muster init`"
                            .formatted(file, folder));
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_5, "%s cannot be read: %s".formatted(file, e), e);
        }
    }

    public FolderIdentity identity() {
        return identity;
    }

    /**
     * Begins a new life: raises the counter, durably, before anything else is done in it (rule L7).
     *
     * @return the life to live now
     * @throws ClusterFault DATA_4 when the counter cannot be written; then the life may not be lived
     */
    public long raiseLife() {
        long next = nextLife();
        byte[] copy = LifeFile.copy(identity.cluster(), identity.node(), next);
        try {
            writeAll(life, copy, 0);
            life.force(false);
            // Only now the second: one of the two is whole at any moment.
            writeAll(life, copy, LifeFile.COPY_BYTES);
            life.force(false);
            return next;
        } catch (IOException e) {
            throw unwritable(folder.resolve(LifeFile.FILE), e);
        }
    }

    /**
     * The record file as it is now.
     *
     * @throws ClusterFault DATA_5 when it cannot be read
     */
    public byte[] ledger() {
        return readAll(ledger, folder.resolve(RecordFile.NAME), identity.ledgerBytes());
    }

    /**
     * Writes a part of a file and flushes it; it never grows the file.
     *
     * @param file only {@link RecordFile#NAME} is there to be written
     * @throws IOException also for bytes that do not lie within the file; the message says why
     */
    void write(String file, long offset, Bytes bytes) throws IOException {
        if (!file.equals(RecordFile.NAME)) {
            throw new IOException("there is no file \"%s\" in %s to be written".formatted(file, folder));
        }
        if (offset < 0 || offset + bytes.length() > identity.ledgerBytes()) {
            throw new IOException("%d bytes at %d do not lie within the %d bytes of %s"
                    .formatted(bytes.length(), offset, identity.ledgerBytes(), folder.resolve(file)));
        }
        writeAll(ledger, bytes.shared(), offset);
        ledger.force(false);
    }

    /** Lets go of the folder; another daemon may open it. */
    @Override
    public void close() {
        closeQuietly(life);
        closeQuietly(ledger);
        lock.close();
    }

    private static DataFolder claim(Path folder, FolderIdentity identity) {
        FolderLock lock = FolderLock.acquire(folder);
        try {
            FileChannel life = openFile(folder.resolve(LifeFile.FILE), LifeFile.BYTES);
            try {
                FileChannel ledger = openFile(folder.resolve(RecordFile.NAME), identity.ledgerBytes() + TRIAL_BYTES);
                return new DataFolder(folder, identity, lock, life, ledger);
            } catch (ClusterFault e) {
                closeQuietly(life);
                throw e;
            }
        } catch (ClusterFault e) {
            lock.close();
            throw e;
        }
    }

    private long nextLife() {
        Path file = folder.resolve(LifeFile.FILE);
        byte[] content = readAll(life, file, LifeFile.BYTES);
        return LifeFile.next(content, identity.cluster(), identity.node()).orElseThrow(() -> new ClusterFault(
                FaultCode.DATA_5, ("both copies in %s are damaged, so it is not known which lives were lived: give the"
                        + " node a new record with `muster ledger fresh --life`; nothing was changed").formatted(file)));
    }

    /** A real write and flush of the real file, before anything is promised. */
    private void tryDisk() {
        Path file = folder.resolve(RecordFile.NAME);
        byte[] trial = new byte[TRIAL_BYTES];
        ByteBuffer.wrap(trial).putLong(ProcessHandle.current().pid()).putLong(System.nanoTime());
        try {
            writeAll(ledger, trial, identity.ledgerBytes());
            ledger.force(false);
            ByteBuffer found = ByteBuffer.allocate(TRIAL_BYTES);
            while (found.hasRemaining() && ledger.read(found, identity.ledgerBytes() + found.position()) > 0) {
                // The kernel may answer in parts.
            }
            if (!Arrays.equals(found.array(), trial)) {
                throw new IOException("what was written is not what is read");
            }
        } catch (IOException e) {
            throw unwritable(file, e);
        }
        tryRoom();
    }

    /** The record's own space was taken at the founding; a daemon that could not log on a full disk is refused too. */
    private void tryRoom() {
        Path file = folder.resolve(ROOM_FILE);
        try (FileChannel room = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            writeAll(room, new byte[ROOM_BYTES], 0);
            room.force(false);
        } catch (IOException e) {
            throw unwritable(file, e);
        } finally {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                Log.warn("removing %s: %s", file, e);
            }
        }
    }

    private static FileChannel openFile(Path file, long lengthBytes) {
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            throw new ClusterFault(FaultCode.DATA_5,
                    "%s is missing: give the node a new record with `muster ledger fresh`; nothing was changed"
                            .formatted(file), e);
        } catch (IOException e) {
            throw unwritable(file, e);
        }
        try {
            if (channel.size() == lengthBytes) {
                return channel;
            }
            long size = channel.size();
            closeQuietly(channel);
            throw new ClusterFault(FaultCode.DATA_5, ("%s has %d bytes instead of %d: give the node a new record"
                    + " with `muster ledger fresh`; nothing was changed").formatted(file, size, lengthBytes));
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_5, "%s cannot be read: %s".formatted(file, e), e);
        }
    }

    private static byte[] readAll(FileChannel channel, Path file, int lengthBytes) {
        ByteBuffer content = ByteBuffer.allocate(lengthBytes);
        try {
            while (content.hasRemaining()) {
                if (channel.read(content, content.position()) < 0) {
                    throw new IOException("it ends after %d bytes".formatted(content.position()));
                }
            }
            return content.array();
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_5, "%s cannot be read: %s".formatted(file, e), e);
        }
    }

    static void writeAll(FileChannel channel, byte[] bytes, long offset) throws IOException {
        ByteBuffer content = ByteBuffer.wrap(bytes);
        while (content.hasRemaining()) {
            channel.write(content, offset + content.position());
        }
    }

    static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            Log.warn("closing a file: %s", e);
        }
    }

    static ClusterFault unwritable(Path file, IOException cause) {
        return new ClusterFault(FaultCode.DATA_4,
                "%s cannot be written (%s): free space or make it writable; the node promised nothing"
                        .formatted(file, cause.getMessage()), cause);
    }
}
