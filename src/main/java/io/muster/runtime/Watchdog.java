package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.TimeBudget;
import io.muster.base.WatchdogTimes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Ends this node when it cannot vouch for itself: whatever hangs, stops or loses its way, a timer outside of it runs out.
 *
 * <p>The timer is held back by a thread of its own, which proves nothing by being alive. It passes on what the node's thread says
 * between two steps of its machine ({@link Vouch}), and the moment that counts is the one at which that was said. So the timer
 * runs out when
 * <ul>
 *   <li>the process is stopped, or its machine stands still;
 *   <li>the node's thread hangs in a step or in what follows from it;
 *   <li>this thread hangs or ends;
 *   <li>the node may not act and may have left something half-done (rule G6): whoever takes it for ended has to be right. It
 *       is the same word, {@link io.muster.ledger.ClusterState#mayHoldDirtyState}, by which others decide whether it has to be
 *       fenced at all (rule F9). A node that may not act and holds nothing is held back: it waits for a
 *       quorum, and may wait long.
 * </ul>
 * Rule A4, a write that is still out when the lease ends, is part of the last: writes of a group are made by its members.
 *
 * <p>When the timer itself is lost the node ends at once (rule G3): it could not keep what it lets others rely on.
 */
final class Watchdog implements AutoCloseable {

    /** Where the kernel takes the word to start the machine anew. */
    private static final Path REBOOT = Path.of("/proc/sysrq-trigger");
    /** How long the thread that holds back may take to end; it may hang in a write to a device. */
    private static final long END_LIMIT_MS = 1_000;

    /**
     * What the node's thread says of itself.
     *
     * @param at   when, on {@link Native#bootTimeNs}, read before it looked whether it may
     * @param well that it may act, or holds nothing
     */
    record Vouch(long at, boolean well) {}

    private final WatchdogTimer timer;
    private final WatchdogTimes times;
    private final CountDownLatch closing = new CountDownLatch(1);
    private Optional<Thread> thread = Optional.empty();
    private Optional<BooleanSupplier> clean = Optional.empty();
    private boolean mayStop = true;
    private boolean closed;

    Watchdog(WatchdogTimer timer, WatchdogTimes times) {
        this.timer = timer;
        this.times = times;
    }

    /** Prepares it; only a device begins to count when it is opened. @throws ClusterFault WATCHDOG_1 */
    static Watchdog prepare(RuntimeConfig.OwnWatchdog config) {
        if (!Native.hasBootTime()) {
            throw new ClusterFault(FaultCode.WATCHDOG_1,
                    "the watchdog of this node needs a clock that counts suspension, and there is none; nothing was started");
        }
        WatchdogTimer timer = config.device().isPresent()
                ? DeviceTimer.open(config.device().get(), config.times(), new WatchdogCalls())
                : KeeperTimer.start(config.times(), config.reboot() ? Optional.of(REBOOT) : Optional.empty());
        return new Watchdog(timer, config.times());
    }

    /**
     * From here on the node has to vouch for itself.
     *
     * @param asking asks the node's thread; what fails, or is not answered, is no vouching
     * @param lost   told once why the timer is lost; the node has to end
     * @param clean  asked when the node's thread has ended: whether it leaves nothing half-done behind
     */
    synchronized void start(Supplier<CompletableFuture<Vouch>> asking, Consumer<String> lost, BooleanSupplier clean) {
        this.clean = Optional.of(clean);
        mayStop = false;
        timer.arm(Native.bootTimeNs());
        thread = Optional.of(Thread.ofPlatform().name("muster-watchdog").daemon().start(() -> hold(asking, lost)));
    }

    /** The node's thread has ended; without this {@link #close} lets the timer run out. */
    synchronized void nodeEnded() {
        try {
            mayStop = clean.isEmpty() || clean.get().getAsBoolean();
        } catch (RuntimeException e) {
            // A machine that broke cannot be asked.
            Log.error("nobody knows what this node leaves behind", e);
        }
    }

    String about() {
        return "%s, after %d ms".formatted(timer.about(), times.timeoutNs() / TimeBudget.MS);
    }

    /** Stops the timer if nothing was begun, or the node has ended and leaves nothing behind; otherwise it runs out. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        closing.countDown();
        if (mayStop && hasEnded()) {
            timer.release();
        } else {
            Log.warn("this process leaves something behind that others have to look after: its watchdog, %s, goes on", about());
            timer.abandon();
        }
    }

    private boolean hasEnded() {
        try {
            return thread.isEmpty() || thread.get().join(Duration.ofMillis(END_LIMIT_MS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void hold(Supplier<CompletableFuture<Vouch>> asking, Consumer<String> lost) {
        CompletableFuture<Vouch> question = asking.get();
        try {
            while (!closing.await(times.periodNs(), TimeUnit.NANOSECONDS)) {
                Optional<String> trouble = timer.trouble();
                if (trouble.isPresent()) {
                    lost.accept("the watchdog of this node is lost: %s; the node ends, since it could not be ended any more"
                            .formatted(trouble.get()));
                    return;
                }
                if (question.isDone()) {
                    passOn(question);
                    question = asking.get();
                }
            }
        } catch (InterruptedException e) {
            // Nobody interrupts it; without it the timer runs out.
        } catch (RuntimeException | Error e) {
            lost.accept("the watchdog of this node is lost: " + e);
        }
    }

    private void passOn(CompletableFuture<Vouch> answered) {
        if (answered.isCompletedExceptionally()) {
            return;
        }
        Vouch vouch = answered.join();
        if (vouch.well()) {
            timer.pet(vouch.at(), Native.bootTimeNs());
        }
    }
}
