package io.muster.nbd;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Does something when a time has passed and nobody took it back: the only way to end a blocking write of a socket. */
final class Deadlines {

    private static final ScheduledThreadPoolExecutor TIMER = timer();

    private Deadlines() {}

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer =
                new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().name("nbd-deadlines").factory());
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    /** @param untilNs of {@link System#nanoTime} @param act short, and never blocking */
    static Future<?> at(long untilNs, Runnable act) {
        return TIMER.schedule(act, untilNs - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
}
