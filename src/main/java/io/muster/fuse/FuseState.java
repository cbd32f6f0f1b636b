package io.muster.fuse;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** What the workers of one session share. */
final class FuseState {

    private final FuseOptions options;
    private final LaterReplies laters;
    private final CopyOnWriteArrayList<FuseDispatcher> dispatchers = new CopyOnWriteArrayList<>();
    private final CountDownLatch initialised = new CountDownLatch(1);
    private final AtomicLong malformed = new AtomicLong();
    private final AtomicLong broken = new AtomicLong();
    private volatile Optional<RuntimeException> lastBroken = Optional.empty();
    private volatile boolean destroyed;

    FuseState(FuseOptions options) {
        this.options = options;
        this.laters = new LaterReplies(options.laterLimit());
    }

    FuseOptions options() {
        return options;
    }

    LaterReplies laters() {
        return laters;
    }

    void add(FuseDispatcher dispatcher) {
        dispatchers.add(dispatcher);
    }

    List<FuseDispatcher> dispatchers() {
        return dispatchers;
    }

    int wantedFlags() {
        return FuseProtocol.INIT_ASYNC_READ | FuseProtocol.INIT_ATOMIC_O_TRUNC | FuseProtocol.INIT_BIG_WRITES
                | FuseProtocol.INIT_DO_READDIRPLUS | FuseProtocol.INIT_READDIRPLUS_AUTO | FuseProtocol.INIT_PARALLEL_DIROPS
                | FuseProtocol.INIT_MAX_PAGES
                | (options.locks() ? FuseProtocol.INIT_POSIX_LOCKS | FuseProtocol.INIT_FLOCK_LOCKS : 0);
    }

    boolean isInitialised() {
        return initialised.getCount() == 0;
    }

    void initialised() {
        initialised.countDown();
    }

    boolean awaitInitialised(long limitMs) throws InterruptedException {
        return initialised.await(limitMs, TimeUnit.MILLISECONDS);
    }

    void destroyed() {
        destroyed = true;
    }

    boolean isDestroyed() {
        return destroyed;
    }

    void malformed() {
        malformed.incrementAndGet();
    }

    long malformedCount() {
        return malformed.get();
    }

    void broken(RuntimeException cause) {
        lastBroken = Optional.of(cause);
        broken.incrementAndGet();
    }

    long brokenCount() {
        return broken.get();
    }

    Optional<RuntimeException> lastBroken() {
        return lastBroken;
    }
}
