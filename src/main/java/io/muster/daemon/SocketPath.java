package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * Where a daemon's control socket is. It lies in the data folder, but the name of a Unix socket is short: for a folder
 * with a long name the socket lies in the user's runtime folder, and {@code control.path} in the data folder says where.
 */
public final class SocketPath {

    public static final String FILE = "control.sock";
    public static final String POINTER = "control.path";

    /** The longest name of a Unix socket, in bytes; the kernel's structure has 108 with the zero at the end. */
    public static final int LIMIT_BYTES = 107;

    private SocketPath() {}

    /** Where the daemon of this folder has to listen; writes or removes the pointer. @param runtime asked only when needed */
    static Path choose(Path dataFolder, Supplier<RuntimeFolder> runtime, String cluster, String node) {
        Path inFolder = dataFolder.toAbsolutePath().resolve(FILE);
        Path pointer = dataFolder.resolve(POINTER);
        try {
            if (inFolder.toString().getBytes(StandardCharsets.UTF_8).length <= LIMIT_BYTES) {
                Files.deleteIfExists(pointer);
                return inFolder;
            }
            Path outside = runtime.get().path().resolve(cluster + "-" + node + ".sock");
            Files.writeString(pointer, outside.toString());
            return outside;
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_4, "%s cannot be written: %s.".formatted(pointer, e.getMessage()), e);
        }
    }

    /** Where to call the daemon of this folder. */
    public static Path find(Path dataFolder) {
        Path pointer = dataFolder.resolve(POINTER);
        try {
            return Files.exists(pointer)
                    ? Path.of(Files.readString(pointer).strip())
                    : dataFolder.toAbsolutePath().resolve(FILE);
        } catch (IOException e) {
            return dataFolder.toAbsolutePath().resolve(FILE);
        }
    }

    /** True when a daemon has or had its socket here. */
    public static boolean isDataFolder(Path folder) {
        return Files.exists(folder.resolve(FILE)) || Files.exists(folder.resolve(POINTER));
    }
}
