package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import io.muster.block.DiskHeader;
import io.muster.block.DiskLayout;
import io.muster.block.DiskFormat;
import io.muster.block.HeaderChoice;
import io.muster.block.HeaderCopy;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Consumer;

/**
 * Carries out what machines want of shared disks: each disk with threads of its own, so that one that hangs delays none but
 * itself, and a thread for all time limits. Every request ends in one completion, at the latest when its time is up.
 */
public final class DiskRunner implements AutoCloseable {

    /** How long a start waits for disks that hang while they are opened, all together. */
    private static final long OPEN_LIMIT_NS = 5_000_000_000L;

    private final Consumer<Completion> completions;
    private final ScheduledThreadPoolExecutor alarms;
    private final SortedMap<String, SharedDisk> disks = new TreeMap<>();

    private DiskRunner(Consumer<Completion> completions) {
        this.completions = completions;
        // Its thread begins with the first request: without a disk there is none.
        alarms = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("muster-disk-limit").daemon().factory());
        alarms.setRemoveOnCancelPolicy(true);
        alarms.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** One that knows no disk. */
    static DiskRunner none(Consumer<Completion> completions) {
        return new DiskRunner(completions);
    }

    /**
     * Opens the disks. One that cannot be opened is tried again without end.
     *
     * @param completions may be called by any thread; must not block
     * @throws ClusterFault DISK_1 when one of them is not a disk of this cluster; all are closed again
     */
    static DiskRunner open(SortedMap<String, RuntimeConfig.Disk> configured, ClusterId cluster,
            Consumer<Completion> completions) {
        SortedMap<String, SharedDisk.Opener> openers = new TreeMap<>();
        SortedMap<String, Long> limits = new TreeMap<>();
        configured.forEach((name, disk) -> {
            openers.put(name, () -> opened(name, disk.path(), FileDevice.open(
                    disk.path(), FileDevice.Access.SHARED, disk.direct()), cluster));
            limits.put(name, disk.timeLimitNs());
        });
        return open(openers, limits, completions);
    }

    /** With devices of any kind. */
    static DiskRunner open(SortedMap<String, SharedDisk.Opener> openers, SortedMap<String, Long> limitsNs,
            Consumer<Completion> completions) {
        DiskRunner runner = new DiskRunner(completions);
        openers.forEach((name, opener) -> runner.disks.put(name,
                new SharedDisk(name, limitsNs.get(name), opener, runner.alarms, completions)));
        long until = System.nanoTime() + OPEN_LIMIT_NS;
        try {
            runner.disks.values().forEach(disk -> disk.awaitFirstTry(Math.max(0, until - System.nanoTime())));
        } catch (ClusterFault e) {
            runner.close();
            throw e;
        }
        return runner;
    }

    /** Never waits. */
    public void run(Effect.OnDisk order) {
        SharedDisk disk = disks.get(order.disk());
        if (disk == null) {
            completions.accept(new Completion.DiskFailed(order.ticket(), "there is no disk " + order.disk()));
            return;
        }
        disk.run(order);
    }

    /** How one disk does. @param trouble why it is not open, or what hangs; empty when all is well */
    public record State(Optional<DiskHeader> header, Optional<String> trouble, List<DiskFigures> figures) {}

    /** How all configured disks do, by name; may be called by any thread. */
    public SortedMap<String, State> states() {
        SortedMap<String, State> states = new TreeMap<>();
        disks.forEach((name, disk) -> states.put(name, new State(disk.header(), disk.trouble(), disk.figures())));
        return Collections.unmodifiableSortedMap(states);
    }

    /** What waits fails; what hangs is left to itself. */
    @Override
    public void close() {
        disks.values().forEach(SharedDisk::close);
        alarms.shutdownNow();
    }

    /**
     * Looks at the header of a device that was opened for a cluster; closes it when it is another's.
     *
     * @throws ClusterFault DISK_1
     */
    static SharedDisk.Opened opened(String name, Path path, BlockDevice device, ClusterId cluster) {
        boolean taken = false;
        try {
            DiskHeader header = header(name, path, device);
            if (!header.cluster().equals(cluster)) {
                throw refused(name, path, "it belongs to cluster %s and this node to cluster %s".formatted(
                        header.cluster(), cluster));
            }
            long bytes = device.bytes() / DiskHeader.BYTES * DiskHeader.BYTES;
            if (bytes != header.diskBytes()) {
                throw refused(name, path, ("it has %d bytes and was formatted with %d: a disk that was resized or copied is"
                        + " another one (rule D8)").formatted(bytes, header.diskBytes()));
            }
            taken = true;
            return new SharedDisk.Opened(device, header);
        } finally {
            if (!taken) {
                device.close();
            }
        }
    }

    private static DiskHeader header(String name, Path path, BlockDevice device) {
        if (device.bytes() < DiskLayout.CONTROL_BYTES) {
            throw refused(name, path, DiskFormat.tooSmall(device.bytes()));
        }
        var copies = HeaderChoice.read(device);
        return switch (HeaderChoice.of(copies)) {
            case HeaderChoice.Chosen(DiskHeader header, List<String> bad) -> {
                bad.forEach(line -> Log.warn("disk %s: %s; `muster disk check` shows more", name, line));
                yield header;
            }
            // What could not be read is no proof of being another disk's: it is tried again.
            case HeaderChoice.Missing(List<String> lines) when copies.stream()
                    .anyMatch(HeaderCopy.Unreadable.class::isInstance) ->
                throw new DiskFault(DiskFault.Kind.IO, "its header cannot be read: " + String.join("; ", lines));
            case HeaderChoice.Missing(List<String> lines) ->
                throw refused(name, path, "it has no header: " + String.join("; ", lines));
            case HeaderChoice.Undecided(String why, List<String> lines) ->
                throw refused(name, path, "%s: %s".formatted(why, String.join("; ", lines)));
        };
    }

    private static ClusterFault refused(String name, Path path, String why) {
        return new ClusterFault(FaultCode.DISK_1, "disk %s (%s): %s; nothing was written".formatted(name, path, why));
    }
}
