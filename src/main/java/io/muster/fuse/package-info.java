/**
 * A file system in this process: the kernel's FUSE protocol over /dev/fuse, without a library in between. Knows nothing of
 * clusters; what is served comes from a {@link io.muster.fuse.FuseHandler}.
 *
 * <p>Read {@code FuseHandler} (what a file system answers) with {@code FuseCall} (how), then {@code FuseSession} (the mount
 * and its threads), {@code FuseDispatcher} (bytes to calls; whatever the bytes, the session lives), {@code FuseMount} and
 * {@code FuseHelper} (how it gets into the tree and out of it, also after a death), {@code FuseNotifier}, and
 * {@code FuseProtocol} for the numbers.
 *
 * <p>Threads, by name: {@code muster-fuse-0} and so on read requests and run the handler; {@code muster-fuse-notify} tells
 * the kernel what has changed; {@code muster-fuse-probe} looks, once, whether an old mount still answers.
 *
 * <p>Example: a process reads from a file whose handler calls {@link io.muster.fuse.FuseCall#later}. The worker goes on with
 * other requests; the process waits in the kernel. It gets a signal: the kernel sends INTERRUPT with the number of the read,
 * the handler's {@code interrupted} answers the {@link io.muster.fuse.LaterReply} with EINTR, the read returns, and a grant
 * that comes a moment later finds it answered.
 */
package io.muster.fuse;
