package io.muster.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.Prng;
import io.muster.block.DiskFault;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client against the real server, and what it says when that is away. */
@Timeout(60)
class NbdDeviceTest {

    private static final int BLOCK = 4096;

    @TempDir
    Path folder;

    private static DiskFault.Kind kindOf(Runnable call) {
        return ServerRig.begin(call).join().orElseThrow(() -> new AssertionError("it succeeded"));
    }

    @Test
    @DisplayName("what is written is read back, also in more pieces than one request takes, and the ends of the disk hold")
    void whatIsWrittenIsRead() {
        int blocks = 3 * Protocol.PAYLOAD_LIMIT_BYTES / BLOCK;
        try (ServerRig rig = new ServerRig(folder, new MemoryDisk(blocks, BLOCK)); NbdDevice device = rig.device(1, 1)) {
            assertThat(device.bytes()).isEqualTo((long) blocks * BLOCK);
            assertThat(device.blockBytes()).isEqualTo(BLOCK);
            byte[] all = new byte[(int) device.bytes()];
            Prng chance = new Prng(3);
            for (int i = 0; i < all.length; i += 997) {
                all[i] = (byte) chance.nextLong();
            }
            device.write(0, ByteBuffer.wrap(all));
            device.flush();
            ByteBuffer back = ByteBuffer.allocateDirect(all.length);
            device.read(0, back);
            assertThat(back.hasRemaining()).isFalse();
            assertThat(back.flip()).isEqualTo(ByteBuffer.wrap(all));
            assertThat(rig.disk.content()).isEqualTo(all);
            assertThat(rig.disk.flushes.get()).isEqualTo(1);
            for (long offset : new long[] {-BLOCK, 1, device.bytes(), Long.MAX_VALUE / BLOCK * BLOCK}) {
                assertThat(kindOf(() -> device.read(offset, ByteBuffer.allocate(BLOCK)))).isEqualTo(DiskFault.Kind.OUT_OF_RANGE);
                assertThat(kindOf(() -> device.write(offset, ByteBuffer.allocate(BLOCK)))).isEqualTo(DiskFault.Kind.OUT_OF_RANGE);
            }
        }
    }

    @Test
    @DisplayName("several calls are under way at once on one connection, and one that hangs holds up no other")
    void callsOverlap() throws Exception {
        MemoryDisk disk = new MemoryDisk(64, 512);
        try (ServerRig rig = new ServerRig(folder, disk); NbdDevice device = rig.device(1, 1)) {
            assertThat(device.blockBytes()).isEqualTo(512);
            disk.arrived = new CountDownLatch(4);
            disk.held = new CountDownLatch(1);
            List<CompletableFuture<Optional<DiskFault.Kind>>> writes = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int at = i;
                writes.add(ServerRig.begin(() -> device.write(at * 512L, ServerRig.block(512, at + 1))));
            }
            assertThat(disk.arrived.await(10, TimeUnit.SECONDS)).isTrue();
            device.read(0, ByteBuffer.allocate(512));
            disk.held.countDown();
            for (CompletableFuture<Optional<DiskFault.Kind>> write : writes) {
                assertThat(write.get()).isEmpty();
            }
            assertThat(disk.content()[3 * 512]).isEqualTo((byte) 4);
        }
    }

    @Test
    @DisplayName("D9 a call that is not answered in time ends TIMEOUT, others go on, and its late answer hurts nobody")
    void aLateAnswerIsATimeout() throws Exception {
        MemoryDisk disk = new MemoryDisk(64, BLOCK);
        try (ServerRig rig = new ServerRig(folder, disk); NbdDevice device = rig.device(1, 1, 300_000_000L)) {
            disk.held = new CountDownLatch(1);
            assertThat(kindOf(() -> device.write(0, ServerRig.block(BLOCK, 1)))).isEqualTo(DiskFault.Kind.TIMEOUT);
            disk.held.countDown();
            for (int i = 0; i < 100; i++) {
                device.read(0, ByteBuffer.allocate(BLOCK));
            }
        }
    }

    @Test
    @DisplayName("what was under way when the server went ends GONE, and with nothing unflushed the next call connects anew")
    void whatWasUnderWayIsGone() throws Exception {
        MemoryDisk disk = new MemoryDisk(64, BLOCK);
        ServerRig first = new ServerRig(folder, disk);
        try (NbdDevice device = first.device(1, 1)) {
            disk.arrived = new CountDownLatch(1);
            disk.held = new CountDownLatch(1);
            CompletableFuture<Optional<DiskFault.Kind>> write =
                    ServerRig.begin(() -> device.write(0, ServerRig.block(BLOCK, 1)));
            assertThat(disk.arrived.await(10, TimeUnit.SECONDS)).isTrue();
            CompletableFuture<Void> closing = CompletableFuture.runAsync(first::close);
            assertThat(write.get()).contains(DiskFault.Kind.GONE);
            disk.held.countDown();
            closing.get();
            assertThat(kindOf(() -> device.read(0, ByteBuffer.allocate(BLOCK)))).isEqualTo(DiskFault.Kind.GONE);
            try (ServerRig second = new ServerRig(folder, disk)) {
                device.read(0, ByteBuffer.allocate(BLOCK));
                device.write(0, ServerRig.block(BLOCK, 2));
                assertThat(second.disk.content()[0]).isEqualTo((byte) 2);
            }
        }
    }

    @Test
    @DisplayName("writes that were answered and not flushed when the server went are not vouched for by a later flush")
    void unflushedWritesAreNotVouchedFor() {
        MemoryDisk disk = new MemoryDisk(64, BLOCK);
        ServerRig first = new ServerRig(folder, disk);
        try (NbdDevice device = first.device(1, 1)) {
            device.write(0, ServerRig.block(BLOCK, 1));
            first.close();
            try (ServerRig second = new ServerRig(folder, disk)) {
                assertThat(kindOf(device::flush)).isEqualTo(DiskFault.Kind.GONE);
                assertThat(kindOf(device::flush)).isEqualTo(DiskFault.Kind.GONE);
                assertThat(second.disk.flushes.get()).isZero();
            }
        }
    }

    @Test
    @DisplayName("under the plain name a disk is read and never written")
    void thePlainNameReads() {
        try (ServerRig rig = new ServerRig(folder, new MemoryDisk(64, BLOCK));
                NbdDevice reader = NbdDevice.openToRead(rig.clients, "data", ServerRig.LIMIT_NS)) {
            reader.read(0, ByteBuffer.allocate(BLOCK));
            assertThat(kindOf(() -> reader.write(0, ServerRig.block(BLOCK, 1)))).isEqualTo(DiskFault.Kind.IO);
            assertThat(rig.disk.writes.get()).isZero();
            assertThatThrownBy(() -> NbdDevice.openToRead(rig.clients, "other", ServerRig.LIMIT_NS))
                    .isInstanceOf(DiskFault.class).hasMessageContaining("exported are data");
        }
    }
}
