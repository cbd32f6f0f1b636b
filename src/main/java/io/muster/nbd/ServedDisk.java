package io.muster.nbd;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.block.BlockDevice;
import io.muster.fence.FenceMethod.FenceFailed;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.Optional;

/** All of {@code muster disk serve}: the disk, its epochs, the server and its desk, opened and closed together. */
public final class ServedDisk implements AutoCloseable {

    private final EpochFile file;
    private final NbdServer server;
    private final EpochDesk desk;

    private ServedDisk(EpochFile file, NbdServer server, EpochDesk desk) {
        this.file = file;
        this.server = server;
        this.desk = desk;
    }

    /**
     * Begins to serve; nobody is listened to yet.
     *
     * @param name   1 to 32 lower-case letters, digits and dashes
     * @param device locked by this process, so that nothing of a former server is under way on it
     * @param epochs the file of this disk's epochs
     * @param found  true makes that file when it is not there
     * @throws ClusterFault CONFIG_1 for the name, STORAGE_1 for the file of epochs
     */
    public static ServedDisk open(String name, BlockDevice device, Path epochs, boolean found) {
        if (!ExportName.isDisk(name)) {
            throw new ClusterFault(FaultCode.CONFIG_1,
                    "\"%s\" is no name of a disk: 1 to 32 lower-case letters, digits and dashes.".formatted(name));
        }
        EpochFile file = EpochFile.open(epochs, name, found);
        try {
            NbdServer server = new NbdServer(name, device, EpochStore.open(file, name, epochs.toString()));
            return new ServedDisk(file, server, new EpochDesk(server));
        } catch (ClusterFault e) {
            file.close();
            throw e;
        }
    }

    /** Listens for clients. @return with the port that was found for port 0 @throws ClusterFault LINK_2 */
    public SocketAddress listen(SocketAddress address) {
        return server.listen(address);
    }

    /**
     * Listens for those who fence.
     *
     * @param secret a file with what they have to know; left out only on a Unix socket
     * @throws ClusterFault LINK_2, CONFIG_1 for the secret
     */
    public SocketAddress listenForFences(SocketAddress address, Optional<Path> secret) {
        try {
            return desk.listen(address, secret.isEmpty()
                    ? Optional.empty()
                    : Optional.of(StorageEpochFence.secret(secret.get())));
        } catch (FenceFailed e) {
            throw new ClusterFault(FaultCode.CONFIG_1, e.getMessage() + ".", e);
        }
    }

    /** Clients are cut off; the device stays open, and is the caller's. */
    @Override
    public void close() {
        desk.close();
        server.close();
        file.close();
    }
}
