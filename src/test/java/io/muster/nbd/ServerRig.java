package io.muster.nbd;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.block.DiskFault;
import io.muster.fence.FenceMethod;
import io.muster.machine.FenceOperation;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/** A server of a disk in memory on Unix sockets in a folder. */
final class ServerRig implements AutoCloseable {

    static final long LIMIT_NS = 10_000_000_000L;

    final MemoryDisk disk;
    final Path folder;
    final SocketAddress clients;
    private final ServedDisk served;

    ServerRig(Path folder, MemoryDisk disk) {
        this.folder = folder;
        this.disk = disk;
        served = ServedDisk.open("data", disk, folder.resolve("epochs"), true);
        clients = UnixDomainSocketAddress.of(folder.resolve("clients"));
        served.listen(clients);
        served.listenForFences(UnixDomainSocketAddress.of(folder.resolve("control")), Optional.empty());
    }

    NbdDevice device(int node, long life) {
        return device(node, life, LIMIT_NS);
    }

    NbdDevice device(int node, long life, long limitNs) {
        return NbdDevice.open(clients, "data", Incarnation.of(node, life), limitNs);
    }

    FenceMethod method() throws FenceMethod.FenceFailed {
        StorageEpochFence method = new StorageEpochFence();
        method.prepare(Map.of("control", folder.resolve("control").toString(), "disk", "data"));
        return method;
    }

    static FenceMethod.Order order(int node, long life, long limitMs, FenceOperation operation) {
        return new FenceMethod.Order(1, Incarnation.of(node, life), HostProcess.UNKNOWN, limitMs * 1_000_000, operation);
    }

    FenceMethod.Proof fence(int node, long life) throws Exception {
        return method().fence(order(node, life, 5_000, FenceOperation.OFF));
    }

    static ByteBuffer block(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    /** Runs it on a thread of its own; ends with the fault, or nothing. */
    static CompletableFuture<Optional<DiskFault.Kind>> begin(Runnable call) {
        CompletableFuture<Optional<DiskFault.Kind>> end = new CompletableFuture<>();
        Executors.newVirtualThreadPerTaskExecutor().execute(() -> {
            try {
                call.run();
                end.complete(Optional.empty());
            } catch (DiskFault e) {
                end.complete(Optional.of(e.kind()));
            } catch (RuntimeException e) {
                end.completeExceptionally(e);
            }
        });
        return end;
    }

    @Override
    public void close() {
        served.close();
    }
}
