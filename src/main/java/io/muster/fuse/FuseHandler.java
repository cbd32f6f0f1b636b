package io.muster.fuse;

import java.lang.foreign.MemorySegment;

/**
 * A file system behind a session. Each method answers its call exactly once, now or through {@link FuseCall#later}; what is
 * not overridden is answered with ENOSYS, and the kernel then stops asking. Methods are called by any worker; with several
 * workers they run at the same time. Arguments are views that end with the method.
 *
 * <p>Rule: nothing in here may look into its own mount, or send notices and wait for them: both wait for this very thread.
 */
public interface FuseHandler {

    /** Answer with {@link FuseCall#entry}, which counts as one look-up of the node, or ENOENT. */
    default void lookup(FuseCall call, long parent, FuseName name) {
        call.error(Errno.ENOSYS);
    }

    /** The kernel has forgotten so many look-ups of the node. Nothing is answered. */
    default void forget(long node, long lookups) {}

    default void getattr(FuseCall call, long node) {
        call.error(Errno.ENOSYS);
    }

    default void setattr(FuseCall call, long node, FuseChange change) {
        call.error(Errno.ENOSYS);
    }

    default void readlink(FuseCall call, long node) {
        call.error(Errno.ENOSYS);
    }

    default void symlink(FuseCall call, long parent, FuseName name, FuseName target) {
        call.error(Errno.ENOSYS);
    }

    default void mkdir(FuseCall call, long parent, FuseName name, int mode) {
        call.error(Errno.ENOSYS);
    }

    default void unlink(FuseCall call, long parent, FuseName name) {
        call.error(Errno.ENOSYS);
    }

    default void rmdir(FuseCall call, long parent, FuseName name) {
        call.error(Errno.ENOSYS);
    }

    /** @param flags as of {@code renameat2} */
    default void rename(FuseCall call, long parent, FuseName name, long newParent, FuseName newName, int flags) {
        call.error(Errno.ENOSYS);
    }

    default void link(FuseCall call, long node, long newParent, FuseName newName) {
        call.error(Errno.ENOSYS);
    }

    /** Answer with {@link FuseCall#created}. @param flags as of {@code open} */
    default void create(FuseCall call, long parent, FuseName name, int mode, int flags) {
        call.error(Errno.ENOSYS);
    }

    /** Answer with {@link FuseCall#opened}. @param flags as of {@code open} */
    default void open(FuseCall call, long node, int flags) {
        call.error(Errno.ENOSYS);
    }

    /** Answer with {@link FuseCall#data}; fewer bytes than asked for mean the end of the file. */
    default void read(FuseCall call, long node, long handle, long offset, int size) {
        call.error(Errno.ENOSYS);
    }

    /** Answer with {@link FuseCall#written}. */
    default void write(FuseCall call, long node, long handle, long offset, MemorySegment data) {
        call.error(Errno.ENOSYS);
    }

    /** Somebody closed a descriptor; there may be others of the same handle. */
    default void flush(FuseCall call, long node, long handle, long lockOwner) {
        call.error(Errno.ENOSYS);
    }

    /** The last descriptor of the handle is closed; nobody sees an error of this. */
    default void release(FuseCall call, long node, long handle) {
        call.ok();
    }

    default void fsync(FuseCall call, long node, long handle, boolean dataOnly) {
        call.error(Errno.ENOSYS);
    }

    default void opendir(FuseCall call, long node) {
        call.opened(0, 0);
    }

    /** Answer with {@link FuseCall#listing}. @param offset the one of the last entry the caller has, or 0 */
    default void readdir(FuseCall call, long node, long handle, long offset) {
        call.error(Errno.ENOSYS);
    }

    default void releasedir(FuseCall call, long node, long handle) {
        call.ok();
    }

    default void statfs(FuseCall call) {
        call.statfs(0, 0, 4096);
    }

    /** @param mask as of {@code access} */
    default void access(FuseCall call, long node, int mask) {
        call.error(Errno.ENOSYS);
    }

    /** Answer with {@link FuseCall#noLock} or {@link FuseCall#locked}. */
    default void testLock(FuseCall call, long node, FuseLock lock) {
        call.error(Errno.ENOSYS);
    }

    /** @param wait whether the caller waits for it: put the answer off rather than hold the thread */
    default void lock(FuseCall call, long node, FuseLock lock, boolean wait) {
        call.error(Errno.ENOSYS);
    }

    /** The caller of a request that was put off got a signal: answer it soon, with EINTR unless it is granted anyhow. */
    default void interrupted(LaterReply later) {
        later.error(Errno.EINTR);
    }
}
