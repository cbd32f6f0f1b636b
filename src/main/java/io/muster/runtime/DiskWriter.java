package io.muster.runtime;

import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/**
 * Carries out the writes of a node's own record, in order, each flushed before its completion.
 *
 * <p>After one failure every later write fails too: a kernel that could not write a page may forget that it is dirty,
 * so a later flush that succeeds proves nothing about it. The node has to doubt its record then (rule L8).
 */
final class DiskWriter implements AutoCloseable {

    /** Writes that wait; a machine has one or two out at a time. */
    static final int QUEUE_LIMIT = 64;

    /** How long an orderly end waits for writes that are out. */
    private static final long CLOSE_LIMIT_MS = 1_000;

    /** Where the bytes go: {@link DataFolder#write}. Returns when they are on the medium. */
    interface Target {
        void write(Effect.Write order) throws IOException;
    }

    private final Target target;
    private final Consumer<Completion> completions;
    /** Empty means: end now. */
    private final BlockingQueue<Optional<Effect.Write>> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private Optional<String> failure = Optional.empty();

    DiskWriter(Target target, Consumer<Completion> completions) {
        this.target = target;
        this.completions = completions;
        thread = Thread.ofPlatform().name("muster-disk").daemon().start(this::work);
    }

    /** Never blocks. Called by one thread. */
    void write(Effect.Write order) {
        if (queue.size() >= QUEUE_LIMIT) {
            completions.accept(new Completion.WriteFailed(order.ticket(),
                    "%d writes wait already".formatted(QUEUE_LIMIT)));
            return;
        }
        queue.add(Optional.of(order));
    }

    /** Finishes what was handed over, within a limit. */
    @Override
    public void close() {
        queue.add(Optional.empty());
        try {
            thread.join(CLOSE_LIMIT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void work() {
        while (true) {
            try {
                Optional<Effect.Write> order = queue.take();
                if (order.isEmpty()) {
                    return;
                }
                completions.accept(carryOut(order.get()));
            } catch (InterruptedException e) {
                // Nobody interrupts this thread, for that would close the file under a write.
            }
        }
    }

    private Completion carryOut(Effect.Write order) {
        if (failure.isPresent()) {
            return new Completion.WriteFailed(order.ticket(), "an earlier write failed: " + failure.get());
        }
        try {
            target.write(order);
            return new Completion.Written(order.ticket());
        } catch (IOException | RuntimeException e) {
            failure = Optional.of(String.valueOf(e.getMessage()));
            return new Completion.WriteFailed(order.ticket(), failure.get());
        }
    }
}
