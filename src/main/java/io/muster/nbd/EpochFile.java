package io.muster.nbd;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** The file behind an {@link EpochStore}: of full length from its founding on, locked while a server lives. */
final class EpochFile implements EpochStore.Medium, AutoCloseable {

    private final FileChannel file;

    private EpochFile(FileChannel file) {
        this.file = file;
    }

    /**
     * Opens it.
     *
     * @param found true makes it when it is not there; one that is there is never replaced
     * @throws ClusterFault STORAGE_1
     */
    static EpochFile open(Path path, String disk, boolean found) {
        try {
            if (found && Files.notExists(path)) {
                found(path, disk);
            }
            FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (file.tryLock() == null) {
                file.close();
                throw fault("%s is in use by another server: stop that one, or name this disk's own file".formatted(path), null);
            }
            return new EpochFile(file);
        } catch (NoSuchFileException e) {
            throw fault(("%s is not there: without it nodes that were fenced could write again. Name the right file, or give"
                    + " --found when no node was ever fenced from this disk").formatted(path), e);
        } catch (IOException | OverlappingFileLockException e) {
            throw fault("%s cannot be opened: %s".formatted(path, e), e);
        }
    }

    /** Either the whole file is there afterwards, or none. */
    private static void found(Path path, String disk) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        Path next = Files.createTempFile(folder, ".epochs", ".new",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            try (FileChannel out = FileChannel.open(next, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(EpochStore.founding(disk));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
                entries.force(true);
            }
        } finally {
            Files.deleteIfExists(next);
        }
    }

    @Override
    public byte[] read() throws IOException {
        // One byte more than there should be, so that a longer file is seen to be one.
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(file.size(), EpochStore.FILE_BYTES + 1));
        while (bytes.hasRemaining() && file.read(bytes, bytes.position()) > 0) {
            // Goes on until the end.
        }
        return bytes.array();
    }

    @Override
    public void write(int offset, byte[] bytes) throws IOException {
        ByteBuffer from = ByteBuffer.wrap(bytes);
        while (from.hasRemaining()) {
            file.write(from, offset + from.position());
        }
    }

    @Override
    public void force() throws IOException {
        file.force(false);
    }

    @Override
    public void close() {
        Streams.closeQuietly(file);
    }

    private static ClusterFault fault(String sentence, Exception cause) {
        return new ClusterFault(FaultCode.STORAGE_1, sentence + ".", cause);
    }
}
