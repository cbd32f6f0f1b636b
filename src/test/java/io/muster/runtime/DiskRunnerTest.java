package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import io.muster.block.DiskFormat;
import io.muster.block.DiskHeader;
import io.muster.block.DiskId;
import io.muster.block.MemoryDevice;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DiskRunnerTest {

    private static final ClusterId CLUSTER = new ClusterId(1, 2);
    private static final DiskHeader HEADER =
            new DiskHeader(new DiskId(3, 4), CLUSTER, 5, 1, 0, HeldDevice.BYTES, "a");
    private static final long LONG_NS = Inbox.LIMIT_NS;
    private static final long SHORT_NS = 30_000_000;
    private static final int MIB = 1 << 20;

    private final BlockingQueue<Completion> completions = new LinkedBlockingQueue<>();
    private final HeldDevice device = new HeldDevice();
    private final List<DiskRunner> runners = new ArrayList<>();

    private DiskRunner runner(Map<String, SharedDisk.Opener> openers) {
        TreeMap<String, Long> limits = new TreeMap<>();
        openers.keySet().forEach(name -> limits.put(name, LONG_NS));
        DiskRunner runner = DiskRunner.open(new TreeMap<>(openers), limits, completions::add);
        runners.add(runner);
        return runner;
    }

    private DiskRunner runner() {
        return runner(Map.of("a", () -> new SharedDisk.Opened(device, HEADER)));
    }

    @AfterEach
    void letGo() {
        device.letGo();
        runners.forEach(DiskRunner::close);
    }

    private static Effect.OnDisk write(long ticket, long offset, int length, long limitNs) {
        return new Effect.WriteDisk(ticket, "a", offset, Bytes.owning(filled(length, (int) ticket)), limitNs);
    }

    private static Effect.OnDisk read(long ticket, long offset, int length) {
        return new Effect.ReadDisk(ticket, "a", offset, length, LONG_NS);
    }

    private static byte[] filled(int length, int value) {
        byte[] content = new byte[length];
        Arrays.fill(content, (byte) value);
        return content;
    }

    private Completion next() throws InterruptedException {
        Completion completion = completions.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
        assertThat(completion).as("a completion").isNotNull();
        return completion;
    }

    private void assertFailed(long ticket, String says) throws InterruptedException {
        assertThat(next()).isInstanceOfSatisfying(Completion.DiskFailed.class, failed -> {
            assertThat(failed.ticket()).isEqualTo(ticket);
            assertThat(failed.why()).contains(says);
        });
    }

    @Test
    @DisplayName("what was written is read; each request ends in one completion")
    void requestsAreCarriedOut() throws Exception {
        DiskRunner runner = runner();
        runner.run(write(1, 4096, 4096, LONG_NS));
        runner.run(read(2, 4096, 4096));
        assertThat(next()).isEqualTo(new Completion.DiskWritten(1));
        assertThat(next()).isEqualTo(new Completion.DiskRead(2, Bytes.owning(filled(4096, 1))));
        runner.run(read(3, 4095, 512));
        assertFailed(3, "512 bytes at byte 4095");
        runner.run(new Effect.ReadDisk(4, "b", 0, 512, LONG_NS));
        assertFailed(4, "there is no disk b");
        runner.run(new Effect.ReadDisk(5, "a", 0, 512, 0));
        assertFailed(5, "no time");
        assertThat(completions).isEmpty();
    }

    @Test
    @DisplayName("a write of the ledger that hangs delays no heartbeat on the same disk")
    void aLongWriteDelaysNoHeartbeat() throws Exception {
        device.hold(4L * MIB);
        DiskRunner runner = runner();
        runner.run(write(1, 4L * MIB, MIB / 4, LONG_NS));
        assertThat(device.awaitBegin()).isEqualTo("write " + 4L * MIB);
        for (long ticket = 2; ticket < 10; ticket++) {
            runner.run(write(ticket, 2L * MIB, 4096, LONG_NS));
            assertThat(next()).isEqualTo(new Completion.DiskWritten(ticket));
        }
        device.letGo();
        assertThat(next()).isEqualTo(new Completion.DiskWritten(1));
    }

    @Test
    @DisplayName("a disk that hangs delays no other disk")
    void aHungDiskDelaysNoOther() throws Exception {
        device.hold(0).hold(8192);
        HeldDevice other = new HeldDevice();
        DiskRunner runner = runner(Map.of("a", () -> new SharedDisk.Opened(device, HEADER),
                "b", () -> new SharedDisk.Opened(other, HEADER)));
        runner.run(write(1, 0, 4096, LONG_NS));
        runner.run(write(2, 8192, 8192, LONG_NS));
        assertThat(List.of(device.awaitBegin(), device.awaitBegin())).containsExactlyInAnyOrder("write 0", "write 8192");
        runner.run(new Effect.WriteDisk(3, "b", 0, Bytes.owning(filled(4096, 1)), LONG_NS));
        runner.run(new Effect.WriteDisk(4, "b", 8192, Bytes.owning(filled(8192, 1)), LONG_NS));
        assertThat(List.of(next().ticket(), next().ticket())).containsExactlyInAnyOrder(3L, 4L);
    }

    @Test
    @DisplayName("D9: a request that hangs has failed when its time is up, once, even if it is done later")
    void aLateWriteDoesNotCount() throws Exception {
        device.hold(0);
        DiskRunner runner = runner();
        runner.run(write(1, 0, 4096, SHORT_NS));
        assertFailed(1, "was not done within 30 ms");
        assertThat(runner.states().get("a").trouble()).hasValueSatisfying(why -> assertThat(why).contains("hangs"));
        device.letGo();
        runner.run(read(2, 0, 4096));
        assertThat(next()).isEqualTo(new Completion.DiskRead(2, Bytes.owning(filled(4096, 1))));
        assertThat(completions).isEmpty();
        assertThat(runner.states().get("a").trouble()).isEmpty();
        assertThat(runner.states().get("a").figures().get(1)).satisfies(writes -> {
            assertThat(writes.kind()).isEqualTo(DiskFigures.Kind.WRITE);
            assertThat(writes.missed()).isEqualTo(1);
            assertThat(writes.leastMarginNs()).isNegative();
        });
    }

    @Test
    @DisplayName("D4: behind a write that was given up and may still land no overlapping one begins, in neither lane")
    void nothingOvertakesAGhost() throws Exception {
        device.hold(0);
        DiskRunner runner = runner();
        runner.run(write(1, 0, 8192, SHORT_NS));
        assertThat(device.awaitBegin()).isEqualTo("write 0");
        assertFailed(1, "not done");
        runner.run(write(2, 4096, 4096, LONG_NS));
        runner.run(write(3, 4096, 4096, SHORT_NS));
        assertFailed(3, "was not begun");
        assertThat(device.began).isEmpty();
        device.letGo();
        assertThat(next()).isEqualTo(new Completion.DiskWritten(2));
        assertThat(device.began).containsExactly("write 4096");
        ByteBuffer found = ByteBuffer.allocate(4096);
        device.disk.read(4096, found);
        assertThat(found.array()).isEqualTo(filled(4096, 2));
    }

    @Test
    @DisplayName("overlapping requests are carried out in the order asked for, though a short one has its own lane")
    void overlappingRequestsKeepTheirOrder() throws Exception {
        DiskRunner runner = runner();
        long ticket = 1;
        for (int round = 0; round < 100; round++) {
            runner.run(write(ticket++ % 100, 0, 8192, LONG_NS));
            runner.run(write(ticket++ % 100, 4096, 4096, LONG_NS));
            runner.run(read(1_000 + round, 4096, 4096));
        }
        for (int i = 0; i < 300; i++) {
            if (next() instanceof Completion.DiskRead(long of, Bytes content)) {
                assertThat(content.shared()).isEqualTo(filled(4096, (int) (2 * (of - 1_000) + 2) % 100));
            }
        }
    }

    @Test
    @DisplayName("what waits is bounded, and fails when the runner ends; nothing is left without an answer")
    void whatWaitsIsBounded() throws Exception {
        device.hold(0);
        DiskRunner runner = runner();
        for (int ticket = 0; ticket <= SharedDisk.QUEUE_LIMIT; ticket++) {
            runner.run(write(ticket, 0, 4096, LONG_NS));
        }
        assertFailed(SharedDisk.QUEUE_LIMIT, "256 requests to disk a are on their way");
        runner.close();
        assertThat(completions).hasSize(SharedDisk.QUEUE_LIMIT).allMatch(Completion.DiskFailed.class::isInstance);
        runner.run(write(1, 0, 4096, LONG_NS));
        assertThat(completions).hasSize(SharedDisk.QUEUE_LIMIT + 1);
    }

    @Test
    @DisplayName("a disk that is not there stops nothing: it is named, its requests fail at once, and it is opened when it comes")
    void aMissingDiskIsLookedFor() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        DiskRunner runner = runner(Map.of("a", () -> {
            if (tries.getAndIncrement() == 0) {
                throw new DiskFault(DiskFault.Kind.GONE, "/dev/sdz is not there");
            }
            return new SharedDisk.Opened(device, HEADER);
        }));
        runner.run(read(1, 0, 512));
        assertFailed(1, "disk a is not open: /dev/sdz is not there");
        long ticket = 2;
        runner.run(read(ticket, 0, 512));
        while (next() instanceof Completion.DiskFailed) {
            assertThat(new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS)).isFalse();
            assertThat(ticket).isLessThan(5_000);
            runner.run(read(++ticket, 0, 512));
        }
        assertThat(runner.states().get("a").header()).contains(HEADER);
    }

    @Test
    @DisplayName("a disk of another cluster, without a header or of another length refuses the start")
    void anotherClustersDiskIsRefused() {
        assertRefused(HEADER, new ClusterId(8, 8), HeldDevice.BYTES, "it belongs to cluster");
        assertRefused(HEADER, CLUSTER, HeldDevice.BYTES + MIB, "rule D8");
        MemoryDevice empty = new MemoryDevice(512, HeldDevice.BYTES);
        assertFault(() -> runner(Map.of("a", () -> DiskRunner.opened("a", Path.of("x"), empty, CLUSTER))), "it has no header");
        MemoryDevice small = new MemoryDevice(512, MIB);
        assertFault(() -> runner(Map.of("a", () -> DiskRunner.opened("a", Path.of("x"), small, CLUSTER))), "too small");
    }

    private void assertRefused(DiskHeader header, ClusterId cluster, long bytes, String says) {
        MemoryDevice disk = new MemoryDevice(512, bytes);
        DiskFormat.write(disk, header, List.of());
        assertFault(() -> runner(Map.of("a", () -> DiskRunner.opened("a", Path.of("x"), disk, cluster))), says);
    }

    private static void assertFault(Runnable start, String says) {
        assertThatThrownBy(start::run).hasMessageContaining(says).isInstanceOfSatisfying(ClusterFault.class,
                fault -> assertThat(fault.code()).isEqualTo(FaultCode.DISK_1));
    }

    @Test
    @DisplayName("a call that hangs ends in time for its caller; as many as may hang do, and then none begins")
    void deadlinesHoldForTheCaller() throws Exception {
        device.hold(0);
        try (DeadlineDevice limited = new DeadlineDevice(device, "a", SHORT_NS, 2)) {
            ByteBuffer into = ByteBuffer.allocate(512);
            assertTimeout(() -> limited.read(0, into), "not done within");
            assertTimeout(() -> limited.write(0, ByteBuffer.wrap(filled(512, 9))), "not done within");
            assertThat(limited.underWay()).isEqualTo(2);
            assertTimeout(() -> limited.read(4096, ByteBuffer.allocate(512)), "was not begun");
            device.letGo();
            assertThat(into.position()).isZero();
        }
        assertThat(List.of(device.awaitBegin(), device.awaitBegin())).containsExactly("read 0", "write 0");
    }

    @Test
    @DisplayName("a device with a deadline reads and writes what the device below does, and tells its faults")
    void deadlinesChangeNothingElse() {
        BlockDevice limited = new DeadlineDevice(device, "a", LONG_NS, 2);
        limited.write(512, ByteBuffer.wrap(filled(1024, 6)));
        limited.flush();
        ByteBuffer into = ByteBuffer.allocate(1024);
        limited.read(512, into);
        assertThat(into.array()).isEqualTo(filled(1024, 6));
        assertThat(into.hasRemaining()).isFalse();
        assertThatThrownBy(() -> limited.read(1, ByteBuffer.allocate(512))).isInstanceOfSatisfying(DiskFault.class,
                fault -> assertThat(fault.kind()).isEqualTo(DiskFault.Kind.OUT_OF_RANGE));
        limited.close();
        assertThatThrownBy(limited::flush).isInstanceOfSatisfying(DiskFault.class,
                fault -> assertThat(fault.kind()).isEqualTo(DiskFault.Kind.GONE));
    }

    private static void assertTimeout(Runnable call, String says) {
        assertThatThrownBy(call::run).hasMessageContaining(says).isInstanceOfSatisfying(DiskFault.class,
                fault -> assertThat(fault.kind()).isEqualTo(DiskFault.Kind.TIMEOUT));
    }
}
