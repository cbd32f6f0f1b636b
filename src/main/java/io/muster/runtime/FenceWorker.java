package io.muster.runtime;

import io.muster.fence.FenceDevice;
import io.muster.fence.FenceMethod;
import io.muster.fence.FenceMethod.FenceFailed;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** One device, that is, an instance of a fence method, and its thread: prepares it, then runs one order after the other. */
final class FenceWorker {

    /** Orders that wait for one method. */
    static final int QUEUE_LIMIT = 64;
    /** A method that is not ready after this is refused. */
    static final long PREPARE_LIMIT_S = 30;

    private final String name;
    private final FenceMethod method;
    private final BlockingQueue<Task> queue = new ArrayBlockingQueue<>(QUEUE_LIMIT);
    private final CompletableFuture<Optional<FenceFailed>> prepared = new CompletableFuture<>();
    private final Thread thread;
    private final Object turn = new Object();
    private Optional<Task> running = Optional.empty();
    private volatile boolean stopped;

    FenceWorker(String name, FenceMethod method, Map<String, String> settings) {
        this.name = name;
        this.method = method;
        thread = Thread.ofPlatform().name("muster-fence-" + name).daemon().start(() -> {
            prepare(settings);
            work();
        });
    }

    void awaitPrepared() throws FenceFailed {
        try {
            Optional<FenceFailed> refusal = prepared.get(PREPARE_LIMIT_S, TimeUnit.SECONDS);
            if (refusal.isPresent()) {
                throw refusal.get();
            }
        } catch (TimeoutException e) {
            throw new FenceFailed("was not prepared after %d s".formatted(PREPARE_LIMIT_S));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FenceFailed("the preparation was interrupted");
        } catch (ExecutionException e) {
            throw new FenceFailed("the preparation failed: " + e.getCause());
        }
    }

    /** What the device says of itself; after {@link #awaitPrepared}. */
    FenceDevice device() throws FenceFailed {
        try {
            return FenceDevice.of(name, method.abilities());
        } catch (RuntimeException | Error e) {
            throw new FenceFailed("it does not say what it can do: " + e);
        }
    }

    /** False when too many wait. */
    boolean offer(Task task) {
        return queue.offer(task);
    }

    /** The order's time has passed: it counts as failed, and if it runs it is interrupted. */
    void expire(Task task) {
        synchronized (turn) {
            // Only under the lock is it sure that the interrupt hits this order and not the next one; an order that never
            // ran has no effects that nobody knows of.
            boolean runs = running.equals(Optional.of(task));
            boolean inTime = !task.end(runs ? Optional.of(Completion.FenceEnded.UNKNOWN) : Optional.empty(),
                    "no answer after %d ms".formatted(task.order.timeLimitNs() / 1_000_000));
            if (!inTime && runs) {
                thread.interrupt();
            }
        }
        queue.remove(task);
    }

    void stop() {
        stopped = true;
        thread.interrupt();
    }

    private void prepare(Map<String, String> settings) {
        try {
            method.prepare(settings);
            prepared.complete(Optional.empty());
        } catch (FenceFailed e) {
            prepared.complete(Optional.of(e));
        } catch (RuntimeException | Error e) {
            prepared.complete(Optional.of(new FenceFailed("the preparation failed: " + e)));
        }
    }

    private void work() {
        while (!stopped) {
            try {
                Task task = queue.take();
                synchronized (turn) {
                    if (task.ended()) {
                        continue;
                    }
                    running = Optional.of(task);
                }
                carryOut(task);
            } catch (InterruptedException e) {
                // Either we were stopped, which the loop sees, or a late interrupt of an order that is over.
            } finally {
                synchronized (turn) {
                    running = Optional.empty();
                    Thread.interrupted();
                }
            }
        }
    }

    private void carryOut(Task task) {
        Effect.Fence order = task.order;
        try {
            FenceMethod.Proof proof = method.fence(new FenceMethod.Order(
                    order.intent(), order.victim(), order.process(), order.timeLimitNs(), order.operation()));
            boolean proves = switch (order.operation()) {
                case OFF, READ -> true;
                case ON, UNFENCE -> false;
            };
            task.end(Optional.of(proves ? proof.evidence().label() : Completion.FenceEnded.DONE), proof.text());
        } catch (FenceMethod.DeviceUnseen e) {
            task.end(Optional.of(Completion.FenceEnded.UNSEEN), String.valueOf(e.getMessage()));
        } catch (FenceFailed e) {
            task.fail(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            task.end(Optional.of(Completion.FenceEnded.UNKNOWN), "interrupted");
        } catch (RuntimeException | Error e) {
            // A method is somebody else's code: whatever it throws is its answer, and the fence is tried again.
            task.end(Optional.of(Completion.FenceEnded.UNKNOWN), "the method broke: " + e);
        }
    }

    /** One order on its way to its one completion. */
    static final class Task {

        private final Effect.Fence order;
        private final Consumer<Completion> completions;
        private final AtomicBoolean ended = new AtomicBoolean();

        Task(Effect.Fence order, Consumer<Completion> completions) {
            this.order = order;
            this.completions = completions;
        }

        boolean ended() {
            return ended.get();
        }

        /** False when it had ended before. */
        boolean fail(String answer) {
            return end(Optional.empty(), answer);
        }

        private boolean end(Optional<String> evidence, String proof) {
            if (!ended.compareAndSet(false, true)) {
                return false;
            }
            completions.accept(new Completion.FenceEnded(order.ticket(), evidence, proof));
            return true;
        }
    }
}
