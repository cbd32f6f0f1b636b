package io.muster.runtime;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Sockets on addresses that this node had before: they are listened on until the peers have had time to learn the new
 * ones, and then closed. At most {@link #LIMIT} at a time; beyond that the oldest goes at once.
 */
final class RetiredSockets {

    static final int LIMIT = 16;
    static final long GRACE_MS = 10_000;

    private final CountDownLatch ended = new CountDownLatch(1);
    // Guarded by this.
    private final Deque<Runnable> closers = new ArrayDeque<>();

    /** @param left how to close each */
    void add(List<Runnable> left) {
        if (left.isEmpty()) {
            return;
        }
        synchronized (this) {
            closers.addAll(left);
            while (closers.size() > LIMIT) {
                closers.remove().run();
            }
        }
        Thread.ofPlatform().name("muster-retired").daemon().start(() -> {
            try {
                boolean _ = ended.await(GRACE_MS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            closeAll(left);
        });
    }

    /** Closes all of them now. @return false when there were none */
    synchronized boolean release() {
        boolean any = !closers.isEmpty();
        closers.forEach(Runnable::run);
        closers.clear();
        return any;
    }

    void close() {
        ended.countDown();
        release();
    }

    private synchronized void closeAll(List<Runnable> left) {
        left.forEach(closer -> {
            if (closers.remove(closer)) {
                closer.run();
            }
        });
    }
}
