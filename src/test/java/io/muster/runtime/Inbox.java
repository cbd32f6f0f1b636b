package io.muster.runtime;

import io.muster.node.NodeInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** Waits for what has to come into a mailbox. */
public final class Inbox {

    /** Far more than anything takes; only a test that fails waits so long. */
    static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(30);

    private final Mailbox mailbox;
    private final List<NodeInput> seen = new ArrayList<>();
    private final AtomicReference<Throwable> broken = new AtomicReference<>();

    public Inbox(Mailbox mailbox) {
        this.mailbox = mailbox;
    }

    void broken(Throwable cause) {
        broken.set(cause);
    }

    /** Takes letters until one fits. */
    public NodeInput await(Predicate<NodeInput> wanted) throws InterruptedException {
        long until = System.nanoTime() + LIMIT_NS;
        while (System.nanoTime() - until < 0) {
            if (broken.get() != null) {
                throw new AssertionError("a thread broke", broken.get());
            }
            Optional<Mailbox.Letter> letter = mailbox.poll(until - System.nanoTime());
            if (letter.isPresent() && letter.get() instanceof Mailbox.Told(NodeInput input)) {
                seen.add(input);
                if (wanted.test(input)) {
                    return input;
                }
            }
        }
        throw new AssertionError("did not come; what came: " + seen);
    }

    public void await(NodeInput wanted) throws InterruptedException {
        await(wanted::equals);
    }

    /** All that came so far, in order, also what nobody waited for. */
    public List<NodeInput> seen() throws InterruptedException {
        Optional<Mailbox.Letter> letter = mailbox.poll(0);
        while (letter.isPresent()) {
            if (letter.get() instanceof Mailbox.Told(NodeInput input)) {
                seen.add(input);
            }
            letter = mailbox.poll(0);
        }
        return List.copyOf(seen);
    }

    /** Waits for a count to be reached: counted on another thread after what the test did. */
    static void awaitCount(Counters counters, Counters.Kind kind, long count) {
        long until = System.nanoTime() + LIMIT_NS;
        while (counters.count(kind) < count) {
            if (System.nanoTime() - until > 0) {
                throw new AssertionError(kind + " stays at " + counters.count(kind) + " of " + count + ": "
                        + counters.all());
            }
            Thread.onSpinWait();
        }
    }
}
