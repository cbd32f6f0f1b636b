package io.muster.fuse;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * {@code fusermount3}, which mounts for users who are not root: it is given one end of a pair of sockets by the number in
 * {@code _FUSE_COMMFD}, mounts, and sends the descriptor of /dev/fuse back over it. A process started by the JDK inherits no
 * descriptor, so this one is started with {@code posix_spawn}.
 */
final class FuseHelper {

    private static final long UNMOUNT_LIMIT_S = 10;
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    /** {@code struct msghdr} on 64 bits: name 8, its length 4+4, vectors 8, count 8, control 8, its length 8, flags 4+4. */
    private static final int MSGHDR_BYTES = 56;
    /** Header of 16 (length 8, level 4, type 4), one int, padding. */
    private static final int CONTROL_BYTES = 24;

    private FuseHelper() {}

    static Optional<Path> find() {
        return Stream.of("/usr/bin/fusermount3", "/bin/fusermount3", "/usr/local/bin/fusermount3")
                .map(Path::of).filter(Files::isExecutable).findFirst();
    }

    /** @return the descriptor of /dev/fuse. @throws io.muster.base.ClusterFault TREE-1 */
    static int mount(Path place, FuseOptions options) {
        Path helper = find().orElseThrow(() -> FuseMount.fault(place, "this user is not root and there is no fusermount3"));
        return mount(helper, place, options);
    }

    static int mount(Path helper, Path place, FuseOptions options) {
        // Others may look only where /etc/fuse.conf allows users to let them: not asked for here.
        String words = "fsname=%s,subtype=%s,nosuid,nodev".formatted(options.name(), options.name());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pair = arena.allocate(8, 4);
            int made = (int) link("socketpair", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS))
                    .invokeExact(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
            if (made != 0) {
                throw FuseMount.fault(place, "no pair of sockets can be had");
            }
            int ours = pair.get(JAVA_INT, 0);
            int theirs = pair.get(JAVA_INT, 4);
            int descriptor;
            int status;
            try {
                int pid = spawn(arena, helper, place, words, theirs);
                FuseNative.close(theirs);
                descriptor = pid <= 0 ? -1 : receive(arena, ours);
                status = pid <= 0 ? -1 : await(arena, pid);
            } finally {
                FuseNative.close(ours);
            }
            if (descriptor < 0) {
                throw FuseMount.fault(place, "%s -o %s did not mount, status %d".formatted(helper, words, status));
            }
            return descriptor;
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("fusermount3", e);
        }
    }

    /** @return 0 or -1 */
    static int unmount(Path place) {
        Optional<Path> helper = find();
        if (helper.isEmpty()) {
            return -1;
        }
        try {
            Process process = new ProcessBuilder(helper.get().toString(), "-u", "-z", "-q", "--", place.toString())
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            if (!process.waitFor(UNMOUNT_LIMIT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return -1;
            }
            return process.exitValue() == 0 ? 0 : -1;
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    /** The child's end is duplicated onto 3 by a file action, which takes close-on-exec off the copy. */
    private static int spawn(Arena arena, Path helper, Path place, String words, int theirs) throws Throwable {
        MemorySegment actions = arena.allocate(256, 8);
        int prepared = (int) link("posix_spawn_file_actions_init", FunctionDescriptor.of(JAVA_INT, ADDRESS))
                .invokeExact(actions);
        int added = (int) link("posix_spawn_file_actions_adddup2",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT)).invokeExact(actions, theirs, 3);
        if (prepared != 0 || added != 0) {
            return -1;
        }
        MemorySegment pid = arena.allocate(4, 4);
        MemorySegment arguments = texts(arena, helper.toString(), "-o", words, "--", place.toString());
        MemorySegment environment = texts(arena, "_FUSE_COMMFD=3", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C");
        int spawned = (int) link("posix_spawn",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS))
                .invokeExact(pid, arena.allocateFrom(helper.toString()), actions, MemorySegment.NULL, arguments, environment);
        int _ = (int) link("posix_spawn_file_actions_destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS))
                .invokeExact(actions);
        return spawned == 0 ? pid.get(JAVA_INT, 0) : -1;
    }

    private static MemorySegment texts(Arena arena, String... words) {
        MemorySegment list = arena.allocate(ADDRESS, words.length + 1L);
        for (int i = 0; i < words.length; i++) {
            list.setAtIndex(ADDRESS, i, arena.allocateFrom(words[i]));
        }
        list.setAtIndex(ADDRESS, words.length, MemorySegment.NULL);
        return list;
    }

    /** Waits for one message with a descriptor; the other end closes when the helper gives up. */
    private static int receive(Arena arena, int socket) throws Throwable {
        MemorySegment one = arena.allocate(8, 8);
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(ADDRESS, 0, one);
        vector.set(JAVA_LONG, 8, 1L);
        MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
        MemorySegment message = arena.allocate(MSGHDR_BYTES, 8);
        message.set(ADDRESS, 16, vector);
        message.set(JAVA_LONG, 24, 1L);
        message.set(ADDRESS, 32, control);
        message.set(JAVA_LONG, 40, CONTROL_BYTES);
        long got = (long) link("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT))
                .invokeExact(socket, message, MSG_CMSG_CLOEXEC);
        boolean carried = got > 0 && message.get(JAVA_LONG, 40) >= 20 && control.get(JAVA_INT, 8) == SOL_SOCKET
                && control.get(JAVA_INT, 12) == SCM_RIGHTS;
        return carried ? control.get(JAVA_INT, 16) : -1;
    }

    private static int await(Arena arena, int pid) throws Throwable {
        MemorySegment status = arena.allocate(4, 4);
        int _ = (int) link("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT))
                .invokeExact(pid, status, 0);
        return status.get(ValueLayout.JAVA_INT, 0) >> 8;
    }

    private static MethodHandle link(String name, FunctionDescriptor shape) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name)
                .orElseThrow(() -> new IllegalStateException("the C library has no " + name)), shape);
    }
}
