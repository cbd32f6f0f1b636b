package io.muster.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.block.DiskFault;
import io.muster.fence.FenceMethod;
import io.muster.ledger.EvidenceClass;
import io.muster.machine.FenceOperation;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A fence by storage epoch, from the method to the disk. */
@Timeout(60)
class StorageEpochTest {

    private static final int BLOCK = 4096;

    @TempDir
    Path folder;

    private static AbstractThrowableAssert<?, ? extends Throwable> assertFault(DiskFault.Kind kind, ThrowingCallable call) {
        return assertThatThrownBy(call).isInstanceOfSatisfying(DiskFault.class, fault ->
                assertThat(fault.kind()).as(fault.getMessage()).isEqualTo(kind));
    }

    @Test
    @DisplayName("F3 the fenced life is refused on its connection and on new ones, reads too; the next life and others write on")
    void theFencedLifeIsRefused() throws Exception {
        try (ServerRig rig = new ServerRig(folder, new MemoryDisk(16, BLOCK));
                NbdDevice victim = rig.device(2, 17);
                NbdDevice idle = rig.device(2, 17);
                NbdDevice other = rig.device(3, 17)) {
            victim.write(0, ServerRig.block(BLOCK, 1));
            FenceMethod.Proof proof = rig.fence(2, 17);
            assertThat(proof.evidence()).isEqualTo(EvidenceClass.STORAGE_REFUSED);
            assertThat(proof.text()).contains("lets n2 through from epoch 18 on only");
            assertThat(rig.disk.flushes.get()).isPositive();
            assertFault(DiskFault.Kind.FENCED, () -> victim.write(0, ServerRig.block(BLOCK, 9)));
            assertFault(DiskFault.Kind.FENCED, () -> victim.write(0, ServerRig.block(BLOCK, 9)));
            assertFault(DiskFault.Kind.FENCED, () -> idle.read(0, ByteBuffer.allocate(BLOCK)));
            assertFault(DiskFault.Kind.FENCED, () -> rig.device(2, 17));
            assertFault(DiskFault.Kind.FENCED, () -> rig.device(2, 16));
            assertThat(rig.disk.content()[0]).isEqualTo((byte) 1);
            other.write(0, ServerRig.block(BLOCK, 3));
            try (NbdDevice next = rig.device(2, 18)) {
                next.write(BLOCK, ServerRig.block(BLOCK, 4));
            }
            assertThat(rig.disk.content()[0]).isEqualTo((byte) 3);
            assertThat(rig.disk.content()[BLOCK]).isEqualTo((byte) 4);
        }
    }

    @Test
    @DisplayName("clusterfs G5: while a call of the victim hangs in the device there is no evidence; after it returned there is")
    void aStuckCallGivesNoEvidence() throws Exception {
        MemoryDisk disk = new MemoryDisk(16, BLOCK);
        try (ServerRig rig = new ServerRig(folder, disk); NbdDevice victim = rig.device(2, 1)) {
            disk.arrived = new CountDownLatch(1);
            disk.held = new CountDownLatch(1);
            CompletableFuture<Optional<DiskFault.Kind>> write =
                    ServerRig.begin(() -> victim.write(0, ServerRig.block(BLOCK, 1)));
            assertThat(disk.arrived.await(10, TimeUnit.SECONDS)).isTrue();
            FenceMethod method = rig.method();
            assertThatThrownBy(() -> method.fence(ServerRig.order(2, 1, 50, FenceOperation.OFF)))
                    .isInstanceOf(FenceMethod.FenceFailed.class).hasMessageContaining("1 calls of n2 below epoch 2");
            assertThatThrownBy(() -> method.fence(ServerRig.order(2, 1, 50, FenceOperation.READ)))
                    .isInstanceOf(FenceMethod.FenceFailed.class).hasMessageContaining("are under way");
            assertThat(method.fence(ServerRig.order(3, 1, 5_000, FenceOperation.OFF)).evidence())
                    .as("the fence of another node does not wait for it").isEqualTo(EvidenceClass.STORAGE_REFUSED);
            CompletableFuture<FenceMethod.Proof> proof = CompletableFuture.supplyAsync(() -> {
                try {
                    return method.fence(ServerRig.order(2, 1, 20_000, FenceOperation.OFF));
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            disk.held.countDown();
            assertThat(proof.get().evidence()).isEqualTo(EvidenceClass.STORAGE_REFUSED);
            assertThat(disk.content()[0]).as("it was on the medium before the answer").isEqualTo((byte) 1);
            assertThat(write.get()).as("it had happened, and may be told so").isEmpty();
        }
    }

    @Test
    @DisplayName("D9 a write that timed out on the device may still happen, so its epoch is never reported as drained")
    void aCallOfUnknownEndGivesNoEvidence() throws Exception {
        MemoryDisk disk = new MemoryDisk(16, BLOCK);
        try (ServerRig rig = new ServerRig(folder, disk); NbdDevice victim = rig.device(2, 1)) {
            disk.failure = new DiskFault(DiskFault.Kind.IO, "EIO");
            assertFault(DiskFault.Kind.IO, () -> victim.write(0, ServerRig.block(BLOCK, 1)));
            assertThat(rig.fence(2, 0 + 1L).evidence()).isEqualTo(EvidenceClass.STORAGE_REFUSED);
            try (NbdDevice next = rig.device(2, 2)) {
                disk.failure = new DiskFault(DiskFault.Kind.TIMEOUT, "no answer");
                assertFault(DiskFault.Kind.IO, () -> next.write(0, ServerRig.block(BLOCK, 1)));
                disk.failure = null;
                FenceMethod method = rig.method();
                assertThatThrownBy(() -> method.fence(ServerRig.order(2, 2, 50, FenceOperation.OFF)))
                        .isInstanceOf(FenceMethod.FenceFailed.class).hasMessageContaining("their end is not known");
            }
        }
    }

    @Test
    @DisplayName("a fence outlives the server: after its restart the old life is refused, and looking is evidence")
    void aFenceOutlivesTheServer() throws Exception {
        MemoryDisk disk = new MemoryDisk(16, BLOCK);
        try (ServerRig rig = new ServerRig(folder, disk)) {
            FenceMethod method = rig.method();
            assertThatThrownBy(() -> method.fence(ServerRig.order(2, 17, 5_000, FenceOperation.READ)))
                    .isInstanceOf(FenceMethod.FenceFailed.class).hasMessageContaining("lets n2#17 through");
            rig.fence(2, 17);
            rig.fence(2, 5);
        }
        try (ServerRig rig = new ServerRig(folder, disk)) {
            assertFault(DiskFault.Kind.FENCED, () -> rig.device(2, 17));
            assertThat(rig.method().fence(ServerRig.order(2, 17, 5_000, FenceOperation.READ)).evidence())
                    .isEqualTo(EvidenceClass.STORAGE_REFUSED);
            rig.device(2, 18).close();
        }
    }

    @Test
    @DisplayName("a higher life that comes by raises nothing")
    void aHigherLifeRaisesNothing() {
        try (ServerRig rig = new ServerRig(folder, new MemoryDisk(16, BLOCK));
                NbdDevice first = rig.device(2, 1); NbdDevice second = rig.device(2, 900)) {
            second.write(0, ServerRig.block(BLOCK, 1));
            first.write(0, ServerRig.block(BLOCK, 2));
            assertThat(rig.disk.content()[0]).isEqualTo((byte) 2);
        }
    }

    @Test
    @DisplayName("000-26: the method is found by name; a server out of reach is unseen, so that another node is asked")
    void theMethodIsFound() throws Exception {
        FenceMethod method = ServiceLoader.load(FenceMethod.class).stream().map(ServiceLoader.Provider::get)
                .filter(each -> each.name().equals("storage-epoch")).findFirst().orElseThrow();
        assertThat(method.abilities()).containsExactlyInAnyOrder(FenceMethod.Ability.ONE_LIFE, FenceMethod.Ability.READ);
        for (Map<String, String> settings : List.of(Map.<String, String>of(), Map.of("disk", "data"),
                Map.of("disk", "data", "control", "nowhere"), Map.of("disk", "No", "control", "/x"),
                Map.of("disk", "data", "control", "/x", "volume", "y"), Map.of("disk", "data", "control", "10.0.0.9:10810"))) {
            assertThatThrownBy(() -> method.prepare(settings)).as(settings.toString())
                    .isInstanceOf(FenceMethod.FenceFailed.class);
        }
        method.prepare(Map.of("disk", "data", "control", folder.resolve("nobody").toString()));
        assertThatThrownBy(() -> method.fence(ServerRig.order(2, 1, 1_000, FenceOperation.OFF)))
                .isInstanceOf(FenceMethod.DeviceUnseen.class);
        try (ServerRig rig = new ServerRig(folder, new MemoryDisk(1, BLOCK))) {
            StorageEpochFence other = new StorageEpochFence();
            other.prepare(Map.of("disk", "other", "control", folder.resolve("control").toString()));
            assertThatThrownBy(() -> other.fence(ServerRig.order(2, 1, 1_000, FenceOperation.OFF)))
                    .hasMessageContaining("disk \"other\" is not served here, only \"data\"");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(rig.folder.resolve("control"))))
                    .as("who may fence is a question of permissions").isEqualTo("rw-------");
        }
    }

    @Test
    @DisplayName("over TCP only those fence who know the secret, and none without one is listened for")
    void overTcpASecretIsNeeded() throws Exception {
        Path secret = folder.resolve("secret");
        Path wrong = folder.resolve("wrong");
        Files.writeString(secret, "a secret of more than 16 bytes");
        Files.writeString(wrong, "a guess of more than 16 bytes");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(wrong, PosixFilePermissions.fromString("rw-------"));
        InetSocketAddress any = new InetSocketAddress("127.0.0.1", 0);
        try (ServedDisk served = ServedDisk.open("data", new MemoryDisk(1, BLOCK), folder.resolve("epochs"), true)) {
            assertThatThrownBy(() -> served.listenForFences(any, Optional.empty()))
                    .isInstanceOf(ClusterFault.class).hasMessageContaining("CONFIG-1");
            String control = "127.0.0.1:" + ((InetSocketAddress) served.listenForFences(any, Optional.of(secret))).getPort();
            StorageEpochFence knowing = new StorageEpochFence();
            knowing.prepare(Map.of("disk", "data", "control", control, "secret", secret.toString()));
            StorageEpochFence guessing = new StorageEpochFence();
            guessing.prepare(Map.of("disk", "data", "control", control, "secret", wrong.toString()));
            assertThatThrownBy(() -> guessing.fence(ServerRig.order(2, 1, 1_000, FenceOperation.OFF)))
                    .isInstanceOf(FenceMethod.FenceFailed.class).hasMessageContaining("no answer");
            assertThatThrownBy(() -> knowing.fence(ServerRig.order(2, 1, 1_000, FenceOperation.READ)))
                    .as("the guess raised nothing").hasMessageContaining("lets n2#1 through");
            assertThat(knowing.fence(ServerRig.order(2, 1, 1_000, FenceOperation.OFF)).evidence())
                    .isEqualTo(EvidenceClass.STORAGE_REFUSED);
        }
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> StorageEpochFence.secret(secret)).hasMessageContaining("chmod 600");
    }
}
