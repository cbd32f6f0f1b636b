package io.muster.fuse;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A place in the file tree at which a session is mounted: made by {@code mount(2)} as root, through {@code fusermount3}
 * otherwise.
 *
 * <p>A process that is killed cannot unmount: its connection ends with its last descriptor, and the mount stays, answering
 * everything with ENOTCONN. So a mount first takes away what a dead session of the same type has left at its place, and only
 * that: a mount that answers, or is of another type, is refused.
 */
final class FuseMount {

    static final Path DEVICE = Path.of("/dev/fuse");
    private static final Path TABLE = Path.of("/proc/self/mountinfo");
    private static final Path CONNECTIONS = Path.of("/sys/fs/fuse/connections");
    /** A mount that does not say within this time whether it lives is taken as living. */
    private static final long PROBE_LIMIT_MS = 2_000;
    /** More mounts than this on one another are not ours to take away. */
    private static final int STALE_LIMIT = 16;

    private final Path place;
    private final int descriptor;
    private final boolean throughHelper;
    private final Optional<String> device;

    private FuseMount(Path place, int descriptor, boolean throughHelper, Optional<String> device) {
        this.place = place;
        this.descriptor = descriptor;
        this.throughHelper = throughHelper;
        this.device = device;
    }

    /** One line of the mount table. @param device {@code major:minor}, which names a connection too */
    record Row(String device, Path place, String type) {}

    /**
     * Mounts.
     *
     * @throws ClusterFault TREE-1 with the reason, and then nothing is mounted
     */
    static FuseMount make(Path place, FuseOptions options) {
        String type = "fuse." + options.name();
        takeStaleAway(place, type);
        if (!Files.isDirectory(place)) {
            throw fault(place, "it is no folder");
        }
        int user = FuseNative.uid();
        if (user != 0) {
            int descriptor = FuseHelper.mount(place, options);
            return new FuseMount(place, descriptor, true, deviceAt(place));
        }
        int descriptor = FuseNative.open(DEVICE.toString(), FuseNative.O_RDWR | FuseNative.O_CLOEXEC);
        if (descriptor < 0) {
            throw fault(place, "%s cannot be opened: error %d".formatted(DEVICE, -descriptor));
        }
        String words = "fd=%d,rootmode=40000,user_id=%d,group_id=%d%s".formatted(
                descriptor, user, FuseNative.gid(), options.othersMayLook() ? ",allow_other,default_permissions" : "");
        int mounted = FuseNative.mount(
                options.name(), place.toString(), type, FuseNative.MS_NOSUID | FuseNative.MS_NODEV, words);
        if (mounted < 0) {
            FuseNative.close(descriptor);
            throw fault(place, "mount failed with error %d".formatted(-mounted));
        }
        return new FuseMount(place, descriptor, false, deviceAt(place));
    }

    int descriptor() {
        return descriptor;
    }

    Path place() {
        return place;
    }

    /**
     * Takes the mount away. Who still has a file open keeps it: then the connection is ended, so that nobody hangs, and the
     * place is free at once.
     */
    void unmount() {
        int plain = throughHelper ? FuseHelper.unmount(place) : FuseNative.umount(place.toString(), 0);
        if (plain != 0) {
            abort();
            if (!throughHelper) {
                // Forcing ends the connection too where /sys/fs/fuse is not mounted; detaching frees the place.
                FuseNative.umount(place.toString(), FuseNative.MNT_FORCE);
                FuseNative.umount(place.toString(), FuseNative.MNT_DETACH);
            }
        }
    }

    /** Ends the connection: every request fails, every reader of the device is told ENODEV. */
    void abort() {
        if (device.isPresent()) {
            String minor = device.get().substring(device.get().indexOf(':') + 1);
            try {
                Files.writeString(CONNECTIONS.resolve(minor).resolve("abort"), "1");
            } catch (IOException e) {
                // Not mounted there, or ended already; unmounting by force does the same.
                return;
            }
        }
    }

    /** Whether this machine has what a mount needs. @return what is missing */
    static Optional<String> obstacle() {
        if (!Files.exists(DEVICE)) {
            return Optional.of("this machine has no " + DEVICE);
        }
        if (FuseNative.uid() != 0) {
            return FuseHelper.find().isPresent() ? Optional.empty()
                    : Optional.of("this user is not root and there is no fusermount3");
        }
        int descriptor = FuseNative.open(DEVICE.toString(), FuseNative.O_RDWR | FuseNative.O_CLOEXEC);
        if (descriptor < 0) {
            return Optional.of("%s cannot be opened: error %d".formatted(DEVICE, -descriptor));
        }
        FuseNative.close(descriptor);
        return Optional.empty();
    }

    private static void takeStaleAway(Path place, String type) {
        Deque<Row> here = new ArrayDeque<>();
        table().stream().filter(row -> row.place().equals(place)).forEach(here::push);
        for (int i = 0; i < STALE_LIMIT && !here.isEmpty() && here.peek().type().equals(type); i++) {
            if (isAlive(place)) {
                throw fault(place, "another process serves a %s there; end it or name another place".formatted(type));
            }
            if (FuseNative.uid() == 0) {
                FuseNative.umount(place.toString(), FuseNative.MNT_DETACH);
            } else {
                FuseHelper.unmount(place);
            }
            here.pop();
        }
    }

    /** Asked on a thread of its own: one that lives and does not answer would hold us for ever. */
    private static boolean isAlive(Path place) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("muster-fuse-probe").start(() -> {
            try {
                Files.getFileStore(place).getTotalSpace();
                answer.complete(true);
            } catch (IOException e) {
                answer.complete(!String.valueOf(e.getMessage()).contains("not connected"));
            }
        });
        try {
            return answer.get(PROBE_LIMIT_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private static Optional<String> deviceAt(Path place) {
        return table().stream().filter(row -> row.place().equals(place)).reduce((_, last) -> last).map(Row::device);
    }

    /** All mounts this process sees, oldest first; a line that cannot be read is left out. */
    static List<Row> table() {
        try {
            return Files.readAllLines(TABLE).stream().map(FuseMount::row).flatMap(Optional::stream).toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** {@code 36 35 98:0 / /mnt2 rw,noatime master:1 - ext3 /dev/root rw}, blanks in names as {@code \040}. */
    static Optional<Row> row(String line) {
        int dash = line.indexOf(" - ");
        String[] head = line.split(" ");
        if (dash < 0 || head.length < 5) {
            return Optional.empty();
        }
        String type = line.substring(dash + 3).split(" ")[0];
        return Optional.of(new Row(head[2], Path.of(unescape(head[4])), type));
    }

    private static String unescape(String text) {
        return text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\");
    }

    static ClusterFault fault(Path place, String why) {
        return new ClusterFault(FaultCode.TREE_1, "%s: %s.".formatted(place, why));
    }
}
