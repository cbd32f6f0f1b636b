package io.muster.runtime;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import io.muster.block.DiskHeader;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One shared disk with its two threads, its requests and its figures.
 *
 * <p>Requests of at most a block of Muster, as a heartbeat's, have a lane of their own, so that a long write never delays
 * them. A lane takes the first request of its own that overlaps none that was asked for before and has not ended; a call that
 * hangs in the device has not ended, whatever was answered: so no two writes of one place are ever under way at once, and what
 * was given up cannot land upon what came later (rules D4, D9). A request whose time is up before its call began is never begun.
 */
final class SharedDisk implements AutoCloseable {

    /** Requests of one disk that may be on their way. */
    static final int QUEUE_LIMIT = 256;
    /** Requests up to this length go the quick way, in bytes. */
    static final int QUICK_BYTES = 4096;
    static final long FIRST_PAUSE_MS = 1_000;
    private static final long LAST_PAUSE_MS = 30_000;

    /** Opens a disk and looks at its header. */
    interface Opener {

        /** @throws DiskFault when it is not there @throws ClusterFault DISK_1 when it is another one */
        Opened open();
    }

    record Opened(BlockDevice device, DiskHeader header) {}

    private final String name;
    private final long timeLimitNs;
    private final Opener opener;
    private final ScheduledExecutorService alarms;
    private final Consumer<Completion> completions;
    private final List<DiskRequest> requests = new ArrayList<>();
    private final DiskTally reads = new DiskTally(DiskFigures.Kind.READ);
    private final DiskTally writes = new DiskTally(DiskFigures.Kind.WRITE);
    private Optional<Opened> opened = Optional.empty();
    private String trouble = "it is being opened";
    private Optional<ClusterFault> refusal = Optional.empty();
    private boolean tried;
    private boolean opening;
    private boolean closed;

    /** @param timeLimitNs bounds that of every request */
    SharedDisk(String name, long timeLimitNs, Opener opener, ScheduledExecutorService alarms,
            Consumer<Completion> completions) {
        this.name = name;
        this.timeLimitNs = timeLimitNs;
        this.opener = opener;
        this.alarms = alarms;
        this.completions = completions;
        startOpening();
        Thread.ofPlatform().name("muster-disk-" + name + "-quick").daemon().start(() -> work(true));
        Thread.ofPlatform().name("muster-disk-" + name + "-bulk").daemon().start(() -> work(false));
    }

    /** Waits for the first try to open it. @throws ClusterFault DISK_1 when it was found to be another one */
    synchronized void awaitFirstTry(long limitNs) {
        long until = System.nanoTime() + limitNs;
        try {
            for (long left = limitNs; !tried && left > 0; left = until - System.nanoTime()) {
                wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!tried) {
            Log.warn("disk %s: opening it hangs; it is not used until that has ended", name);
        }
        refusal.ifPresent(fault -> {
            throw fault;
        });
    }

    /** Never waits for the disk. Ends in one completion, within the request's time. */
    void run(Effect.OnDisk order) {
        String refused = "";
        synchronized (this) {
            if (closed || opened.isEmpty()) {
                refused = "disk %s is not open: %s".formatted(name, closed ? "the node ends" : trouble);
            } else if (order.timeLimitNs() <= 0) {
                refused = "disk %s was given no time".formatted(name);
            } else if (requests.size() >= QUEUE_LIMIT) {
                refused = "%d requests to disk %s are on their way already".formatted(QUEUE_LIMIT, name);
            } else {
                DiskRequest request = new DiskRequest(order, System.nanoTime(), Math.min(order.timeLimitNs(), timeLimitNs));
                try {
                    request.alarm = alarms.schedule(() -> timeIsUp(request), request.limitNs, TimeUnit.NANOSECONDS);
                    requests.add(request);
                    notifyAll();
                } catch (RejectedExecutionException e) {
                    refused = "disk %s is not open: the node ends".formatted(name);
                }
            }
        }
        if (!refused.isEmpty()) {
            completions.accept(new Completion.DiskFailed(order.ticket(), refused));
        }
    }

    /** The header, once it is open. */
    synchronized Optional<DiskHeader> header() {
        return opened.map(Opened::header);
    }

    /** Why it is not open, or for how long which request hangs; empty when all is well. */
    synchronized Optional<String> trouble() {
        if (opened.isEmpty()) {
            return Optional.of(trouble);
        }
        return requests.stream().filter(request -> request.begun && request.answered).findFirst().map(this::hanging);
    }

    synchronized List<DiskFigures> figures() {
        long now = System.nanoTime();
        return List.of(reads.figures(now), writes.figures(now));
    }

    /** What is on its way is answered as failed; a call that hangs is left to itself. */
    @Override
    public void close() {
        List<DiskRequest> waiting = new ArrayList<>();
        Optional<Opened> was;
        synchronized (this) {
            closed = true;
            was = opened;
            opened = Optional.empty();
            for (Iterator<DiskRequest> all = requests.iterator(); all.hasNext(); ) {
                DiskRequest request = all.next();
                if (!request.answered) {
                    request.answered = true;
                    request.alarm.cancel(false);
                    waiting.add(request);
                }
                if (!request.begun) {
                    all.remove();
                }
            }
            notifyAll();
        }
        waiting.forEach(request -> completions.accept(
                new Completion.DiskFailed(request.order.ticket(), "the node ends; disk %s is closed".formatted(name))));
        was.ifPresent(each -> each.device().close());
    }

    private void work(boolean quick) {
        while (true) {
            DiskRequest request;
            BlockDevice device;
            synchronized (this) {
                Optional<DiskRequest> next = next(quick);
                while (next.isEmpty() && !closed) {
                    waitQuietly();
                    next = next(quick);
                }
                if (closed) {
                    return;
                }
                request = next.get();
                request.begun = true;
                device = opened.get().device();
            }
            Completion completion;
            boolean gone = false;
            try {
                completion = carryOut(device, request.order);
            } catch (DiskFault e) {
                gone = e.kind() == DiskFault.Kind.GONE;
                completion = new Completion.DiskFailed(request.order.ticket(), "disk %s: %s".formatted(name, e.getMessage()));
            } catch (RuntimeException e) {
                completion = new Completion.DiskFailed(request.order.ticket(), "disk %s: %s".formatted(name, e));
            }
            end(request, completion);
            if (gone) {
                lose(device);
            }
        }
    }

    /** Under the lock. */
    private Optional<DiskRequest> next(boolean quick) {
        if (opened.isEmpty()) {
            return Optional.empty();
        }
        for (int i = 0; i < requests.size(); i++) {
            DiskRequest request = requests.get(i);
            if (!request.begun && request.length() <= QUICK_BYTES == quick
                    && requests.subList(0, i).stream().noneMatch(request::conflicts)) {
                return Optional.of(request);
            }
        }
        return Optional.empty();
    }

    private static Completion carryOut(BlockDevice device, Effect.OnDisk order) {
        return switch (order) {
            case Effect.ReadDisk read -> {
                byte[] content = new byte[read.length()];
                device.read(read.offset(), ByteBuffer.wrap(content));
                yield new Completion.DiskRead(read.ticket(), Bytes.owning(content));
            }
            case Effect.WriteDisk write -> {
                device.write(write.offset(), ByteBuffer.wrap(write.bytes().shared()));
                device.flush();
                yield new Completion.DiskWritten(write.ticket());
            }
        };
    }

    private void end(DiskRequest request, Completion completion) {
        boolean late;
        synchronized (this) {
            requests.remove(request);
            notifyAll();
            if (request.answered) {
                return;
            }
            request.answered = true;
            request.alarm.cancel(false);
            long now = System.nanoTime();
            long took = now - request.askedAt;
            // The alarm may be late; a limit that was missed is missed all the same (rule D9).
            late = took > request.limitNs;
            if (late) {
                tally(request).missed(took, request.limitNs, now);
            } else {
                tally(request).done(took, request.limitNs, !(completion instanceof Completion.DiskFailed), now);
            }
        }
        completions.accept(late ? overdue(request) : completion);
    }

    private void timeIsUp(DiskRequest request) {
        synchronized (this) {
            if (request.answered) {
                return;
            }
            request.answered = true;
            if (!request.begun) {
                requests.remove(request);
                notifyAll();
            }
            long now = System.nanoTime();
            tally(request).missed(now - request.askedAt, request.limitNs, now);
        }
        completions.accept(overdue(request));
    }

    private Completion overdue(DiskRequest request) {
        return new Completion.DiskFailed(request.order.ticket(), "disk %s: a %s was not done within %.0f ms%s".formatted(
                name, request, request.limitNs / 1e6, request.begun ? "" : "; it waited for its turn and was not begun"));
    }

    private DiskTally tally(DiskRequest request) {
        return request.isWrite() ? writes : reads;
    }

    private String hanging(DiskRequest request) {
        return "a %s hangs for %.1f s".formatted(request, (System.nanoTime() - request.askedAt) / 1e9);
    }

    /** The device is gone: all that waits will fail, until it is found again. */
    private void lose(BlockDevice device) {
        synchronized (this) {
            if (closed || opened.isEmpty() || opened.get().device() != device) {
                return;
            }
            opened = Optional.empty();
            trouble = "it is gone and is looked for";
            startOpening();
        }
        Log.warn("disk %s is gone; it is looked for", name);
        device.close();
    }

    /** Under the lock, or before anybody knows this. */
    private void startOpening() {
        if (!opening) {
            opening = true;
            Thread.ofPlatform().name("muster-disk-" + name + "-open").daemon().start(this::openSoon);
        }
    }

    private void openSoon() {
        long pauseMs = FIRST_PAUSE_MS;
        while (true) {
            Optional<Opened> found = tryToOpen();
            synchronized (this) {
                tried = true;
                opened = closed ? Optional.empty() : found;
                boolean done = closed || found.isPresent();
                opening = !done;
                notifyAll();
                if (done) {
                    if (closed) {
                        found.ifPresent(each -> each.device().close());
                    }
                    return;
                }
                long until = System.nanoTime() + pauseMs * 1_000_000;
                for (long left = pauseMs; left > 0 && !closed; left = (until - System.nanoTime()) / 1_000_000) {
                    waitQuietly(left);
                }
            }
            pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS);
        }
    }

    private Optional<Opened> tryToOpen() {
        try {
            Opened found = opener.open();
            if (isLookedFor()) {
                Log.warn("disk %s is there: disk %s, acceptor %016x", name, found.header().disk(), found.header().acceptorId());
            }
            return Optional.of(found);
        } catch (ClusterFault e) {
            tell(e.getMessage(), Optional.of(e));
        } catch (RuntimeException e) {
            tell(String.valueOf(e.getMessage()), Optional.empty());
        }
        return Optional.empty();
    }

    private synchronized boolean isLookedFor() {
        return tried;
    }

    private void tell(String why, Optional<ClusterFault> fault) {
        boolean news;
        synchronized (this) {
            news = !tried || !why.equals(trouble);
            trouble = why;
            refusal = fault;
        }
        if (news) {
            Log.warn("disk %s cannot be used and is tried again: %s", name, why);
        }
    }

    private void waitQuietly() {
        waitQuietly(0);
    }

    /** Under the lock. */
    private void waitQuietly(long limitMs) {
        try {
            wait(limitMs);
        } catch (InterruptedException e) {
            // Nobody interrupts these threads; who called looks again in any case.
        }
    }
}
