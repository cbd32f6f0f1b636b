package io.muster.runtime;

import io.muster.base.BrokenInvariant;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.node.NodeEvent;
import io.muster.node.NodeInput;
import io.muster.node.NodeNews;
import io.muster.runtime.Mailbox.Letter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The one thread that steps a node: takes letters until the deadline, steps, carries out what the step wanted, in
 * order. Nobody else touches the machine.
 *
 * <p>Letters that wait are told before a deadline that has passed: a pulse that lies in the mailbox was heard, and a
 * node that was held up must not take it for silence. At most {@link #TURN_LIMIT} at a time, so that a flood cannot
 * hold the deadline up.
 *
 * <p>When a step breaks an invariant, or throws anything at all, the gate is shut for good, the last steps are logged
 * and the node ends: the others recover it.
 *
 * @param <M> the node; a {@link io.muster.node.ClusterNode} in a daemon
 */
public final class NodeRuntime<M extends Machine<NodeInput, NodeNews>> {

    /** Letters told before the deadline is looked at again. */
    static final int TURN_LIMIT = 64;

    private final M machine;
    private final Parts parts;
    private final Thread thread;
    private final StepTrace trace = new StepTrace();
    private final Latencies latencies;
    private final Drawer drawer = new Drawer();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicBoolean told = new AtomicBoolean();
    /** Of the node's thread. */
    private Optional<NodeNews.Stop> stop = Optional.empty();

    /**
     * What the thread works with.
     *
     * @param writer carries out writes, without blocking
     * @param fencer carries out fences, without blocking
     * @param events told of what happens, on the node's thread: must not block
     * @param ending told once, when the node has ended
     * @param delivered told of messages for ports, on the node's thread: must not block
     * @param latencies written by the node's thread; read through {@link #look} only
     * @param disks carries out what is done on shared disks, without blocking
     */
    record Parts(
            MonotonicClock clock,
            Mailbox mailbox,
            IoGate gate,
            Transport transport,
            Consumer<Effect.Write> writer,
            Consumer<Effect.Fence> fencer,
            Consumer<NodeEvent> events,
            Ending ending,
            Consumer<NodeNews.Delivered> delivered,
            Latencies latencies,
            Consumer<Effect.OnDisk> disks) {

        /** For a node whose ports nobody listens on and that has no disks. */
        Parts(MonotonicClock clock, Mailbox mailbox, IoGate gate, Transport transport, Consumer<Effect.Write> writer,
                Consumer<Effect.Fence> fencer, Consumer<NodeEvent> events, Ending ending, Latencies latencies) {
            this(clock, mailbox, gate, transport, writer, fencer, events, ending, _ -> { }, latencies,
                    DiskRunner.none(mailbox::complete)::run);
        }
    }

    /** How a node ended. */
    public interface Ending {

        /** @param planned false when something is wrong */
        void ended(FaultCode code, String reason, boolean planned);
    }

    NodeRuntime(M machine, Parts parts) {
        this.machine = machine;
        this.parts = parts;
        this.latencies = parts.latencies();
        thread = Thread.ofPlatform().name("muster-node").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    /** Tells the node something; waits when its mailbox is full. @return false when the node has ended */
    public boolean tell(NodeInput input) throws InterruptedException {
        return parts.mailbox().put(input);
    }

    /**
     * Looks at the machine between two steps.
     *
     * @param glance gets the machine and the node's time; must not block and must not keep the machine
     * @return fails with {@link RejectedExecutionException} when the node has ended or is overrun
     */
    public <T> CompletableFuture<T> look(BiFunction<? super M, Long, T> glance) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        boolean accepted = parts.mailbox().look(() -> {
            try {
                answer.complete(glance.apply(machine, parts.clock().now()));
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        if (!accepted) {
            answer.completeExceptionally(new RejectedExecutionException("the node has ended or is overrun"));
        }
        return answer;
    }

    /**
     * Tells the node something unless it has something against it, which is found out in the very step before.
     *
     * @param obstacle asked of the machine
     * @return the obstacle; empty when the input was told
     */
    public <R> CompletableFuture<Optional<R>> tellUnless(Function<? super M, Optional<R>> obstacle, NodeInput input) {
        return look((node, _) -> {
            Optional<R> against = obstacle.apply(node);
            if (against.isEmpty()) {
                open(new Mailbox.Told(input));
            }
            return against;
        });
    }

    /** What was measured so far; fails as {@link #look} does. */
    public CompletableFuture<List<Latencies.Measured>> measured() {
        return look((_, now) -> latencies.all(now));
    }

    /** Something broke on another thread of this node: it ends as after a broken step. May be called by any thread. */
    public void broken(Thread where, Throwable cause) {
        end(FaultCode.SELF_1, "thread %s broke: %s".formatted(where.getName(), cause), cause);
        thread.interrupt();
    }

    /** What this node may not be without is lost: it ends at once. May be called by any thread. */
    void lost(FaultCode code, String reason) {
        end(code, reason, new IllegalStateException(reason));
        thread.interrupt();
    }

    /** Ends without asking the machine and without telling the {@link Ending}, as when a program gives up at once. */
    public void halt() {
        told.set(true);
        parts.gate().shut();
        parts.mailbox().close();
        thread.interrupt();
    }

    public void awaitEnd() throws InterruptedException {
        ended.await();
    }

    /** Waits for the end of the node's thread; the thread itself does not wait. @return false when it still runs */
    boolean awaitEnd(long limitMs) throws InterruptedException {
        return Thread.currentThread() == thread || ended.await(limitMs, TimeUnit.MILLISECONDS);
    }

    private void run() {
        try {
            while (stop.isEmpty()) {
                turn();
            }
            NodeNews.Stop reason = stop.get();
            conclude(reason.code(), reason.reason(), reason.planned());
        } catch (InterruptedException e) {
            // Halted, or broken elsewhere: who did that has shut the gate and knows.
        } catch (RuntimeException | Error e) {
            parts.gate().shut();
            logTrace();
            String what = e instanceof BrokenInvariant ? "an invariant is broken: " : "a step broke: ";
            end(FaultCode.SELF_1, what + e.getMessage(), e);
        } finally {
            parts.mailbox().close();
            answerLastGlances();
            ended.countDown();
        }
    }

    private void logTrace() {
        try {
            trace.lines().forEach(line -> Log.error("%s", line));
        } catch (RuntimeException e) {
            Log.error("the last steps cannot be printed", e);
        }
    }

    /** The machine stands still now, and who waits for a look at it gets one. */
    private void answerLastGlances() {
        Thread.interrupted();
        try {
            for (Optional<Letter> last = parts.mailbox().poll(0); last.isPresent(); last = parts.mailbox().poll(0)) {
                if (last.get() instanceof Mailbox.Look(Runnable glance)) {
                    glance.run();
                }
            }
        } catch (InterruptedException e) {
            Log.warn("the node's thread was interrupted twice; glances that waited are not answered");
        }
    }

    private void turn() throws InterruptedException {
        Optional<Letter> letter = parts.mailbox().poll(untilDeadlineNs());
        for (int i = 0; letter.isPresent(); i++) {
            open(letter.get());
            boolean more = i + 1 < TURN_LIMIT && stop.isEmpty();
            letter = more ? parts.mailbox().poll(0) : Optional.empty();
        }
        long now = parts.clock().now();
        if (stop.isEmpty() && now >= machine.deadline()) {
            trace.add(now, "due");
            latencies.late(now - machine.deadline(), now);
            machine.due(now, drawer);
            drawer.carryOut(now);
        }
    }

    private long untilDeadlineNs() {
        long deadline = machine.deadline();
        return deadline == Machine.NEVER ? Long.MAX_VALUE : Math.max(0, deadline - parts.clock().now());
    }

    private void open(Letter letter) {
        switch (letter) {
            case Mailbox.Told(NodeInput input) -> {
                long now = parts.clock().now();
                trace.add(now, input);
                latencies.told(input, now);
                machine.step(input, now, drawer);
                drawer.carryOut(now);
            }
            case Mailbox.Look(Runnable glance) -> glance.run();
        }
    }

    private void end(FaultCode code, String reason, Throwable cause) {
        parts.gate().shut();
        Log.error(code.label() + " " + reason, cause);
        conclude(code, reason, false);
    }

    private void conclude(FaultCode code, String reason, boolean planned) {
        parts.gate().shut();
        parts.mailbox().close();
        if (told.compareAndSet(false, true)) {
            parts.ending().ended(code, reason, planned);
        }
    }

    /** What one step wants, carried out when it has ended; in order. */
    private final class Drawer implements Outbox<NodeNews> {

        private final List<Wish> wishes = new ArrayList<>();

        @Override
        public void send(NodeId to, Message message) {
            wishes.add(new Send(to, message));
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            wishes.add(new Cast(to, link, message));
        }

        @Override
        public void perform(Effect effect) {
            wishes.add(new Perform(effect));
        }

        @Override
        public void announce(NodeNews news) {
            wishes.add(new Announce(news));
        }

        void carryOut(long now) {
            for (Wish wish : wishes) {
                trace.add(now, wish);
                switch (wish) {
                    case Send(NodeId to, Message message) -> {
                        latencies.sent(message, now);
                        parts.transport().send(to, message);
                    }
                    case Cast(NodeId to, int link, Message message) -> parts.transport().cast(to, link, message);
                    case Perform(Effect.Write write) -> {
                        latencies.writing(write, now);
                        parts.writer().accept(write);
                    }
                    case Perform(Effect.Fence fence) -> parts.fencer().accept(fence);
                    case Perform(Effect.OnDisk order) -> parts.disks().accept(order);
                    case Announce(NodeNews.Happened(NodeEvent event)) -> {
                        latencies.happened(event, now);
                        parts.events().accept(event);
                    }
                    case Announce(NodeNews.Agreed _) -> { /* its events were told apart */ }
                    case Announce(NodeNews.Delivered message) -> parts.delivered().accept(message);
                    case Announce(NodeNews.ActUntil(long until)) -> {
                        latencies.actUntil(until, now);
                        parts.gate().openUntil(until);
                    }
                    case Announce(NodeNews.Stop reason) -> {
                        parts.gate().shut();
                        stop = stop.or(() -> Optional.of(reason));
                    }
                }
            }
            wishes.clear();
        }
    }

    private sealed interface Wish {}

    private record Send(NodeId to, Message message) implements Wish {}

    private record Cast(NodeId to, int link, Message message) implements Wish {}

    private record Perform(Effect effect) implements Wish {}

    private record Announce(NodeNews news) implements Wish {}
}
