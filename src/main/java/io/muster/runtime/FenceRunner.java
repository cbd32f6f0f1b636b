package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.fence.FenceDevice;
import io.muster.fence.FenceMethod;
import io.muster.fence.FenceMethod.FenceFailed;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs fence devices, each on a thread of its own that stands ready from the start, so that one that hangs delays no
 * other. Every order ends in exactly one {@link Completion.FenceEnded}, at the latest when its time limit has passed,
 * counted from the moment it was handed over: an order that waits behind a hung one fails too.
 */
final class FenceRunner implements AutoCloseable {

    private final SortedMap<String, FenceWorker> workers = new TreeMap<>();
    private final SortedMap<String, FenceDevice> devices = new TreeMap<>();
    private final ScheduledThreadPoolExecutor timer;
    private final Consumer<Completion> completions;

    /** The key of a device's settings that names its method; without it the device is called like its method. */
    static final String KIND = "kind";

    /**
     * Prepares the configured devices, all at once, each on its thread, and waits for them. Of several devices of one
     * kind each gets an instance of its own.
     *
     * @param methods     all known ones
     * @param settings    a section for each configured device
     * @param completions told from several threads
     * @throws ClusterFault CONFIG_1 when a configured method is unknown or refuses its settings
     */
    FenceRunner(SortedMap<String, FenceMethod> methods, Map<String, ? extends Map<String, String>> settings,
            Consumer<Completion> completions) {
        this.completions = completions;
        SortedMap<String, FenceMethod> instances = new TreeMap<>();
        TreeSet<String> taken = new TreeSet<>();
        new TreeMap<>(settings).forEach((name, section) -> {
            String kind = section.getOrDefault(KIND, name);
            FenceMethod method = methods.get(kind);
            if (method == null) {
                throw new ClusterFault(FaultCode.CONFIG_1, "fence method \"%s\" is not known; there are %s%s".formatted(
                        kind, methods.keySet(), kind.equals(name) ? "" : " for the kind of device \"" + name + "\""));
            }
            instances.put(name, taken.add(kind) ? method : FenceMethods.another(method));
        });
        timer = new ScheduledThreadPoolExecutor(1,
                Thread.ofPlatform().name("muster-fence-limit").daemon().factory());
        timer.setRemoveOnCancelPolicy(true);
        timer.prestartAllCoreThreads();
        instances.forEach((name, method) -> {
            TreeMap<String, String> section = new TreeMap<>(settings.get(name));
            section.remove(KIND);
            workers.put(name, new FenceWorker(name, method, Collections.unmodifiableMap(section)));
        });
        requirePrepared();
    }

    /** What the devices say of themselves. */
    SortedMap<String, FenceDevice> devices() {
        return Collections.unmodifiableSortedMap(devices);
    }

    /** Never blocks. */
    void run(Effect.Fence order) {
        FenceWorker worker = workers.get(order.method());
        if (worker == null) {
            completions.accept(new Completion.FenceEnded(order.ticket(), Optional.empty(),
                    "fence method \"%s\" is not configured here; there are %s"
                            .formatted(order.method(), workers.keySet())));
            return;
        }
        FenceWorker.Task task = new FenceWorker.Task(order, completions);
        if (!worker.offer(task)) {
            task.fail("%d orders wait for fence method \"%s\" already"
                    .formatted(FenceWorker.QUEUE_LIMIT, order.method()));
            return;
        }
        timer.schedule(() -> worker.expire(task), order.timeLimitNs(), TimeUnit.NANOSECONDS);
    }

    /** Stops without waiting for methods that run; their orders end unanswered, with the process. */
    @Override
    public void close() {
        timer.shutdownNow();
        workers.values().forEach(FenceWorker::stop);
    }

    private void requirePrepared() {
        List<String> refusals = new ArrayList<>();
        workers.forEach((name, worker) -> {
            try {
                worker.awaitPrepared();
                devices.put(name, worker.device());
            } catch (FenceFailed e) {
                refusals.add("fence method \"%s\": %s".formatted(name, e.getMessage()));
            }
        });
        if (!refusals.isEmpty()) {
            close();
            throw new ClusterFault(FaultCode.CONFIG_1, String.join("; ", refusals));
        }
    }
}
