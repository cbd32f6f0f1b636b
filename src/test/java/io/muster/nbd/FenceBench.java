package io.muster.nbd;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.block.DiskFault;
import io.muster.fence.FenceMethod;
import io.muster.machine.FenceOperation;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long a fence by storage epoch takes, from the order to the evidence, while the victim writes all the time from several
 * threads: arguments are the socket for clients, the one for fences, and how many fences. Each fence is against a new life.
 */
final class FenceBench {

    private static final int WRITERS = 4;
    private static final int WRITES_BEFORE = 200;
    private static final int BLOCK = 4096;
    private static final long LIMIT_NS = 10_000_000_000L;

    private FenceBench() {}

    public static void main(String[] arguments) throws Exception {
        SocketAddress server = UnixDomainSocketAddress.of(arguments[0]);
        StorageEpochFence method = new StorageEpochFence();
        method.prepare(Map.of("control", arguments[1], "disk", "data"));
        int rounds = Integer.parseInt(arguments[2]);
        // The record may be of an earlier run.
        long life = System.currentTimeMillis();
        List<Long> micros = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            micros.add(round(server, method, life + round));
        }
        // The first one loads what a daemon has loaded by its rehearsal.
        micros.removeFirst();
        micros.sort(null);
        System.out.printf("fence by storage epoch under %d writers, %d times: median %.1f ms, highest %.1f ms%n", WRITERS,
                micros.size(), micros.get(micros.size() / 2) / 1e3, micros.getLast() / 1e3);
    }

    private static long round(SocketAddress server, StorageEpochFence method, long life) throws Exception {
        CountDownLatch busy = new CountDownLatch(WRITES_BEFORE);
        AtomicInteger fenced = new AtomicInteger();
        try (NbdDevice device = NbdDevice.open(server, "data", Incarnation.of(2, life), LIMIT_NS)) {
            List<Thread> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                int first = i;
                writers.add(Thread.ofPlatform().start(() -> {
                    ByteBuffer block = BufferPool.allocate(BLOCK);
                    try {
                        for (long at = first; ; at += WRITERS) {
                            device.write(at * BLOCK % (device.bytes() / 2 / BLOCK * BLOCK), block.clear());
                            busy.countDown();
                        }
                    } catch (DiskFault e) {
                        fenced.addAndGet(e.kind() == DiskFault.Kind.FENCED || e.kind() == DiskFault.Kind.GONE ? 1 : 0);
                    }
                }));
            }
            busy.await();
            long begin = System.nanoTime();
            method.fence(new FenceMethod.Order(
                    1, Incarnation.of(2, life), HostProcess.UNKNOWN, LIMIT_NS, FenceOperation.OFF));
            long end = System.nanoTime();
            for (Thread writer : writers) {
                writer.join();
            }
            if (fenced.get() != WRITERS) {
                throw new IllegalStateException("only %d of %d writers were refused".formatted(fenced.get(), WRITERS));
            }
            return (end - begin) / 1_000;
        }
    }
}
