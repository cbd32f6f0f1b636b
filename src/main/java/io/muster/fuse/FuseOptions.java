package io.muster.fuse;

/**
 * How a session is run.
 *
 * @param name          the mount's type is {@code fuse.NAME} and its source NAME; lower-case letters
 * @param workers       threads that read requests, 1 to {@value #WORKERS_LIMIT}
 * @param writeBytes    the longest write in one request, a multiple of 4096 up to 1 MiB
 * @param laterLimit    so many requests may be left unanswered at once; one more is answered with EAGAIN
 * @param locks         whether record locks and {@code flock} come here; otherwise the kernel keeps them for itself
 * @param othersMayLook whether other users than the one that mounted may use the tree
 */
public record FuseOptions(
        String name, int workers, int writeBytes, int laterLimit, boolean locks, boolean othersMayLook) {

    static final int WORKERS_LIMIT = 16;
    static final int WRITE_LIMIT_BYTES = 1 << 20;

    public FuseOptions {
        if (!name.matches("[a-z]{1,16}")) {
            throw new IllegalArgumentException("name " + name);
        }
        if (workers < 1 || workers > WORKERS_LIMIT || laterLimit < 0) {
            throw new IllegalArgumentException("%d workers, %d later".formatted(workers, laterLimit));
        }
        if (writeBytes < 4096 || writeBytes > WRITE_LIMIT_BYTES || writeBytes % 4096 != 0) {
            throw new IllegalArgumentException("writes of " + writeBytes);
        }
    }

    /** One thread, small writes, no locks: for trees of settings. */
    public static FuseOptions small(String name) {
        return new FuseOptions(name, 1, 4096, 64, false, true);
    }

    /** The smallest buffer that takes every request and every reply. */
    int bufferBytes() {
        return Math.max(FuseProtocol.LEAST_BUFFER_BYTES, writeBytes + 4096);
    }
}
