package io.muster.runtime;

import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import io.muster.block.DiskFault.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * A block device of this machine or an image file, read and written past the cache of this machine (O_DIRECT; rule D6).
 *
 * <p>System calls are made directly: a {@link java.nio.channels.FileChannel} is closed under everybody when one of its threads
 * is interrupted, and tells error numbers as texts. Buffers that lie outside of the heap at a multiple of 4096 are handed to
 * the kernel as they are; others are copied through one of a few that are kept.
 */
public final class FileDevice implements BlockDevice {

    /** What the device is opened for. */
    public enum Access {
        /** Looking; takes no lock. */
        READ,
        /** Being one of several users of this machine; no formatting begins meanwhile. */
        SHARED,
        /** Formatting; refused while anybody of this machine uses it. */
        EXCLUSIVE
    }

    private static final int MEMORY_ALIGNMENT = 4096;
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int BUFFERS_KEPT = 4;
    private static final long CLOSE_LIMIT_MS = 1_000;
    private static final int TYPE_MASK = 0xF000;
    private static final int TYPE_BLOCK = 0x6000;
    private static final int TYPE_FILE = 0x8000;

    /** Room for data and for an error number, for one call at a time. */
    private static final class Slab {
        private final MemorySegment memory;
        private final MemorySegment errno;

        Slab() {
            Arena arena = Arena.ofAuto();
            memory = arena.allocate(BUFFER_BYTES, MEMORY_ALIGNMENT);
            errno = NativeFile.errorPlace(arena);
        }
    }

    private final Path path;
    private final int descriptor;
    private final boolean direct;
    private final int blockBytes;
    private final long bytes;
    private final ArrayBlockingQueue<Slab> slabs = new ArrayBlockingQueue<>(BUFFERS_KEPT);
    private int underWay;
    private boolean closed;

    private FileDevice(Path path, int descriptor, boolean direct, int blockBytes, long bytes) {
        this.path = path;
        this.descriptor = descriptor;
        this.direct = direct;
        this.blockBytes = blockBytes;
        this.bytes = bytes;
        for (int i = 0; i < BUFFERS_KEPT; i++) {
            slabs.add(new Slab());
        }
    }

    /**
     * Opens it and finds out the size of its blocks.
     *
     * @param direct past the cache of this machine; without, two machines do not see what the other wrote, so it is for trials
     *               on one machine
     * @throws DiskFault GONE when it is not there; IN_USE when something claimed it; IO when its file system refuses direct
     *                   access, or it is no disk and no file
     */
    public static FileDevice open(Path path, Access access, boolean direct) {
        int type = type(path);
        if (type != TYPE_BLOCK && type != TYPE_FILE) {
            throw new DiskFault(Kind.IO, "%s is neither a block device nor a file".formatted(path));
        }
        int flags = access == Access.READ ? NativeFile.READ_ONLY : NativeFile.READ_WRITE;
        flags |= direct ? NativeFile.DIRECT : 0;
        flags |= access == Access.EXCLUSIVE && type == TYPE_BLOCK ? NativeFile.EXCLUSIVE : 0;
        int descriptor = NativeFile.open(path.toString(), flags);
        if (descriptor < 0) {
            throw notOpened(path, -descriptor, direct);
        }
        try {
            lock(path, descriptor, access);
            boolean block = type == TYPE_BLOCK;
            int blockBytes = block ? sector(path, descriptor) : direct ? probed(path, descriptor) : 512;
            long bytes = block ? NativeFile.deviceBytes(descriptor) : size(path);
            return new FileDevice(path, descriptor, direct, blockBytes, bytes / blockBytes * blockBytes);
        } catch (RuntimeException e) {
            Native.close(descriptor);
            throw e;
        }
    }

    @Override
    public int blockBytes() {
        return blockBytes;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    /** Whether it is read and written past the cache of this machine. */
    public boolean direct() {
        return direct;
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        transfer(false, offset, into);
    }

    @Override
    public void write(long offset, ByteBuffer from) {
        transfer(true, offset, from);
    }

    @Override
    public void flush() {
        enter();
        Slab slab = take();
        try {
            int result = NativeFile.flush(descriptor, slab.errno);
            while (result == -NativeFile.E_INTR) {
                result = NativeFile.flush(descriptor, slab.errno);
            }
            if (result < 0) {
                throw failed("flush", 0, 0, -result);
            }
        } finally {
            give(slab);
            leave();
        }
    }

    /** Waits a second at most; a call that hangs longer keeps the descriptor until it ends. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            underWay++;
        }
        leave();
        awaitCalls();
    }

    @Override
    public String toString() {
        return path.toString();
    }

    private void transfer(boolean write, long offset, ByteBuffer buffer) {
        int length = buffer.remaining();
        if (offset < 0 || offset % blockBytes != 0 || length % blockBytes != 0 || offset > bytes - length) {
            throw new DiskFault(Kind.OUT_OF_RANGE, "%s: %d bytes at byte %d; it has %d bytes in blocks of %d".formatted(
                    path, length, offset, bytes, blockBytes));
        }
        enter();
        Slab slab = take();
        try {
            MemorySegment data = MemorySegment.ofBuffer(buffer);
            boolean asIs = data.isNative() && data.address() % MEMORY_ALIGNMENT == 0;
            for (int done = 0; done < length; ) {
                int part = asIs ? length - done : Math.min(BUFFER_BYTES, length - done);
                MemorySegment memory = asIs ? data.asSlice(done) : slab.memory;
                if (write && !asIs) {
                    MemorySegment.copy(data, done, memory, 0, part);
                }
                int moved = call(write, memory, part, offset + done, slab.errno);
                if (!write && !asIs) {
                    MemorySegment.copy(memory, 0, data, done, moved);
                }
                done += moved;
            }
            buffer.position(buffer.limit());
        } finally {
            give(slab);
            leave();
        }
    }

    /** @return bytes moved, at least one block */
    private int call(boolean write, MemorySegment memory, int length, long offset, MemorySegment errno) {
        long result;
        do {
            result = write ? NativeFile.write(descriptor, memory, length, offset, errno)
                    : NativeFile.read(descriptor, memory, length, offset, errno);
        } while (result == -NativeFile.E_INTR);
        if (result < 0) {
            throw failed(write ? "write" : "read", length, offset, (int) -result);
        }
        int whole = (int) result / blockBytes * blockBytes;
        if (whole == 0) {
            throw new DiskFault(Kind.GONE, "%s ends before byte %d: it was longer when it was opened".formatted(
                    path, offset + length));
        }
        return whole;
    }

    private DiskFault failed(String what, int length, long offset, int error) {
        Kind kind = kind(error);
        return new DiskFault(kind, "%s: %s of %d bytes at byte %d failed: %s (error %d)".formatted(
                path, what, length, offset, kind, error));
    }

    /** What an error number of a read, write or flush means. */
    static Kind kind(int error) {
        return switch (error) {
            case NativeFile.E_ROFS, NativeFile.E_PERM, NativeFile.E_ACCES -> Kind.READ_ONLY;
            case NativeFile.E_NOSPC, NativeFile.E_DQUOT -> Kind.FULL;
            case NativeFile.E_NODEV, NativeFile.E_NXIO, NativeFile.E_BADF, NativeFile.E_STALE -> Kind.GONE;
            case NativeFile.E_BADE -> Kind.FENCED;
            case NativeFile.E_TIMEDOUT -> Kind.TIMEOUT;
            case NativeFile.E_INVAL -> Kind.OUT_OF_RANGE;
            default -> Kind.IO;
        };
    }

    private static DiskFault notOpened(Path path, int error, boolean direct) {
        if (direct && error == NativeFile.E_INVAL) {
            return noDirect(path);
        }
        return switch (error) {
            case NativeFile.E_BUSY -> new DiskFault(Kind.IN_USE, ("%s is claimed by something else on this machine: mounted,"
                    + " swap, or part of an array or volume group").formatted(path));
            case NativeFile.E_NOENT, NativeFile.E_NXIO, NativeFile.E_NODEV ->
                new DiskFault(Kind.GONE, "%s is not there".formatted(path));
            default -> new DiskFault(
                    kind(error), "%s cannot be opened: %s (error %d)".formatted(path, kind(error), error));
        };
    }

    private static DiskFault noDirect(Path path) {
        return new DiskFault(Kind.IO, ("the file system of %s refuses direct access (O_DIRECT): put the image onto another one,"
                + " or, for a trial on one machine only, write direct = false").formatted(path));
    }

    private static void lock(Path path, int descriptor, Access access) {
        int result = switch (access) {
            case READ -> 0;
            case SHARED -> NativeFile.lock(descriptor, NativeFile.LOCK_SHARED);
            case EXCLUSIVE -> NativeFile.lock(descriptor, NativeFile.LOCK_EXCLUSIVE);
        };
        if (result == -NativeFile.E_AGAIN) {
            throw new DiskFault(Kind.IN_USE, "%s is in use on this machine: %s holds its lock".formatted(
                    path, access == Access.SHARED ? "a formatting" : "a daemon or a formatting"));
        }
    }

    private static int sector(Path path, int descriptor) {
        int bytes = NativeFile.sectorBytes(descriptor);
        if (bytes != 512 && bytes != 4096) {
            throw new DiskFault(Kind.IO, "%s has blocks of %d bytes; 512 and 4096 can be used".formatted(path, bytes));
        }
        return bytes;
    }

    /** A file system takes blocks of its own device: a read tells which. */
    private static int probed(Path path, int descriptor) {
        Slab slab = new Slab();
        for (int bytes : new int[] {512, 4096}) {
            long result = NativeFile.read(descriptor, slab.memory, bytes, 0, slab.errno);
            if (result >= 0) {
                return bytes;
            }
            if (result != -NativeFile.E_INVAL) {
                throw new DiskFault(kind((int) -result), "%s: its first block cannot be read: %s (error %d)".formatted(
                        path, kind((int) -result), -result));
            }
        }
        throw noDirect(path);
    }

    private static int type(Path path) {
        try {
            return (int) Files.getAttribute(path, "unix:mode") & TYPE_MASK;
        } catch (NoSuchFileException e) {
            throw new DiskFault(Kind.GONE, "%s is not there".formatted(path), e);
        } catch (IOException e) {
            throw new DiskFault(Kind.IO, "%s cannot be looked at: %s".formatted(path, e.getMessage()), e);
        }
    }

    private static long size(Path path) {
        try {
            return Files.size(path);
        } catch (IOException e) {
            throw new DiskFault(Kind.IO, "%s cannot be looked at: %s".formatted(path, e.getMessage()), e);
        }
    }

    /** Never waits: a call that hangs keeps its buffer, and the next one gets another. */
    private Slab take() {
        Slab kept = slabs.poll();
        return kept == null ? new Slab() : kept;
    }

    private void give(Slab slab) {
        slabs.offer(slab);
    }

    private synchronized void enter() {
        if (closed) {
            throw new DiskFault(Kind.GONE, path + " is closed");
        }
        underWay++;
    }

    /** The last one out closes: a descriptor that is closed under a call might become another file's. */
    private synchronized void leave() {
        underWay--;
        if (closed && underWay == 0) {
            Native.close(descriptor);
            notifyAll();
        }
    }

    private synchronized void awaitCalls() {
        long until = System.nanoTime() + CLOSE_LIMIT_MS * 1_000_000;
        try {
            for (long left = CLOSE_LIMIT_MS; underWay > 0 && left > 0; left = (until - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
