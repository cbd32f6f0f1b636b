package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The claim of one process to one data folder; the kernel ends it with the process, however that ends. */
final class FolderLock implements AutoCloseable {

    static final String FILE = "lock";

    /** Process number as text, padded with spaces; the file never grows. */
    private static final int HOLDER_BYTES = 20;
    static final byte[] NOBODY = (" ".repeat(HOLDER_BYTES) + "\n").getBytes(StandardCharsets.US_ASCII);

    /**
     * Folders held by this very process. The kernel gives a process a lock that it has, and takes it away when any
     * descriptor of the file is closed: so a second claim must not even open the file.
     */
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** @throws ClusterFault DATA_1 when another daemon has the folder, DATA_4 when its lock file cannot be written */
    static FolderLock acquire(Path folder) {
        Path real;
        try {
            real = folder.toRealPath();
        } catch (IOException e) {
            throw DataFolder.unwritable(folder, e);
        }
        if (!HELD_HERE.add(real)) {
            throw held(folder, Long.toString(ProcessHandle.current().pid()));
        }
        try {
            return new FolderLock(real, lock(folder));
        } catch (RuntimeException e) {
            HELD_HERE.remove(real);
            throw e;
        }
    }

    @Override
    public void close() {
        try (channel) {
            // A refusal that comes after the lock leaves the file as the founding made it.
            DataFolder.writeAll(channel, NOBODY, 0);
        } catch (IOException e) {
            Log.warn("closing the lock of %s: %s", folder, e);
        } finally {
            HELD_HERE.remove(folder);
        }
    }

    private static FileChannel lock(Path folder) {
        Path file = folder.resolve(FILE);
        FileChannel channel;
        try {
            channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE), PrivateFiles.FILE);
        } catch (IOException e) {
            throw DataFolder.unwritable(file, e);
        }
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw held(folder, holder(channel));
            }
            DataFolder.writeAll(channel, ("%-" + HOLDER_BYTES + "d%n").formatted(ProcessHandle.current().pid())
                    .getBytes(StandardCharsets.US_ASCII), 0);
            return channel;
        } catch (IOException e) {
            DataFolder.closeQuietly(channel);
            throw DataFolder.unwritable(file, e);
        } catch (ClusterFault e) {
            DataFolder.closeQuietly(channel);
            throw e;
        }
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(HOLDER_BYTES);
        channel.read(content, 0);
        String pid = new String(content.array(), 0, content.position(), StandardCharsets.US_ASCII).strip();
        return pid.matches("[0-9]+") ? pid : "of unknown number";
    }

    private static ClusterFault held(Path folder, String pid) {
        return new ClusterFault(FaultCode.DATA_1, ("%s is in use by the daemon with process %s: stop that one, or name"
                + " another folder; nothing was changed").formatted(folder, pid));
    }
}
