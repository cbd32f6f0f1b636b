package io.muster.nbd;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A device or image file of this machine, as a server has it: past the page cache where the file system can, and locked.
 *
 * <p>The lock is half of what makes a fence last through a crash of the server. The kernel gives it up when the last thread of
 * the process that held it has left all its calls, also when that process was killed in the middle of a write that hangs. So
 * who gets the lock knows that nothing of a former server is under way.
 */
public final class ServedFile implements BlockDevice {

    private static final int BLOCK_BYTES = 4096;

    private final FileChannel file;
    private final FileLock lock;
    private final boolean direct;
    private final long bytes;
    /** Calls hold it shared, so that closing waits for them. */
    private final ReadWriteLock use = new ReentrantReadWriteLock();
    private volatile String flushFailure = "";

    private ServedFile(FileChannel file, FileLock lock, boolean direct, long bytes) {
        this.file = file;
        this.lock = lock;
        this.direct = direct;
        this.bytes = bytes;
    }

    /**
     * Opens and locks it.
     *
     * @throws ClusterFault STORAGE_2 when it cannot be opened, is in use by another server, or is not whole blocks of 4 KiB
     */
    public static ServedFile open(Path path) {
        boolean direct = true;
        FileChannel file;
        try {
            try {
                file = open(path, true);
                file.read(BufferPool.allocate(BLOCK_BYTES), 0);
            } catch (IOException | UnsupportedOperationException e) {
                // A file system in memory has no direct access; nothing of it survives the machine anyway.
                direct = false;
                file = open(path, false);
            }
        } catch (IOException e) {
            throw fault("%s cannot be opened for reading and writing: %s".formatted(path, e), e);
        }
        try {
            FileLock lock = file.tryLock();
            if (lock == null) {
                throw fault("%s is in use by another process that locked it, perhaps another server: stop that one first; one"
                        .formatted(path) + " that was killed lets go when its last call has returned from the disk", null);
            }
            long bytes = Files.isRegularFile(path) ? file.size() : deviceBytes(file);
            if (bytes == 0 || bytes % BLOCK_BYTES != 0) {
                throw fault("%s has %d bytes: it has to be whole blocks of %d".formatted(path, bytes, BLOCK_BYTES), null);
            }
            return new ServedFile(file, lock, direct, bytes);
        } catch (IOException | OverlappingFileLockException e) {
            Streams.closeQuietly(file);
            throw fault("%s cannot be locked: %s".formatted(path, e), e);
        } catch (ClusterFault e) {
            Streams.closeQuietly(file);
            throw e;
        }
    }

    private static FileChannel open(Path path, boolean direct) throws IOException {
        Set<OpenOption> options = new HashSet<>(Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
        if (direct) {
            options.add(directOption());
        }
        return FileChannel.open(path, options);
    }

    /** The JDK's own option, by its name: the compiler objects to every other way to it. */
    private static OpenOption directOption() throws IOException {
        try {
            for (Object option : Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
                if (option instanceof OpenOption found && option.toString().equals("DIRECT")) {
                    return found;
                }
            }
        } catch (ClassNotFoundException e) {
            throw new IOException("this Java has no direct access to files", e);
        }
        throw new IOException("this Java has no option DIRECT");
    }

    /** {@code size()} of a block device is 0 on Linux; its end is where one can seek to no further. */
    private static long deviceBytes(FileChannel device) throws IOException {
        long low = 0;
        long high = 1L << 52;
        ByteBuffer block = BufferPool.allocate(BLOCK_BYTES);
        while (high - low > BLOCK_BYTES) {
            long middle = (low + high) / 2 / BLOCK_BYTES * BLOCK_BYTES;
            if (device.read(block.clear(), middle) == BLOCK_BYTES) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low + (device.read(block.clear(), low) == BLOCK_BYTES ? BLOCK_BYTES : 0);
    }

    /** Whether it goes past the page cache. */
    public boolean direct() {
        return direct;
    }

    @Override
    public int blockBytes() {
        return BLOCK_BYTES;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        require(offset, into.remaining());
        carryOut("read of %d bytes at %d", into.remaining(), offset, () -> {
            long at = offset;
            while (into.hasRemaining()) {
                int count = file.read(into, at);
                if (count <= 0) {
                    throw new IOException("the file ends at " + at);
                }
                at += count;
            }
        });
    }

    @Override
    public void write(long offset, ByteBuffer from) {
        require(offset, from.remaining());
        carryOut("write of %d bytes at %d", from.remaining(), offset, () -> {
            long at = offset;
            while (from.hasRemaining()) {
                at += file.write(from, at);
            }
        });
    }

    /** After one that failed all fail: what the kernel could not write it may have forgotten. */
    @Override
    public void flush() {
        if (!flushFailure.isEmpty()) {
            throw new DiskFault(DiskFault.Kind.IO, "an earlier flush failed: " + flushFailure);
        }
        carryOut("flush of %d bytes from %d", bytes, 0, () -> {
            try {
                file.force(false);
            } catch (IOException e) {
                flushFailure = String.valueOf(e.getMessage());
                throw e;
            }
        });
    }

    @Override
    public void close() {
        Lock alone = use.writeLock();
        alone.lock();
        try {
            Streams.closeQuietly(lock);
            Streams.closeQuietly(file);
        } finally {
            alone.unlock();
        }
    }

    private interface Call {
        void run() throws IOException;
    }

    private void carryOut(String what, long length, long offset, Call call) {
        Lock shared = use.readLock();
        shared.lock();
        try {
            call.run();
        } catch (IOException e) {
            DiskFault.Kind kind = file.isOpen() ? DiskFault.Kind.IO : DiskFault.Kind.GONE;
            throw new DiskFault(kind, (what + " failed: %s").formatted(length, offset, e), e);
        } finally {
            shared.unlock();
        }
    }

    private void require(long offset, int length) {
        if (offset < 0 || offset % BLOCK_BYTES != 0 || length % BLOCK_BYTES != 0 || offset > bytes - length) {
            throw new DiskFault(DiskFault.Kind.OUT_OF_RANGE, "%d bytes at %d are not whole blocks of the %d bytes there are"
                    .formatted(length, offset, bytes));
        }
    }

    private static ClusterFault fault(String sentence, Exception cause) {
        return new ClusterFault(FaultCode.STORAGE_2, sentence + ".", cause);
    }
}
