package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** Files that only their owner may read, private from the moment they exist. */
final class PrivateFiles {

    static final FileAttribute<Set<PosixFilePermission>> FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    static final FileAttribute<Set<PosixFilePermission>> FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    /** Files that are read whole into memory are shorter than this. */
    static final int LIMIT_BYTES = 1024 * 1024;

    private PrivateFiles() {}

    /**
     * Reads a file of the configuration.
     *
     * @throws ClusterFault CONFIG_1 when it cannot be read or is too long to be what it should
     */
    static byte[] read(Path file) {
        try {
            if (Files.size(file) > LIMIT_BYTES) {
                throw new ClusterFault(FaultCode.CONFIG_1, "%s has %d bytes; at most %d are read: name the right file"
                        .formatted(file, Files.size(file), LIMIT_BYTES));
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.CONFIG_1, "%s cannot be read (%s): name a file that this user may read"
                    .formatted(file, e), e);
        }
    }

    /**
     * Reads a secret.
     *
     * @throws ClusterFault CONFIG_1 also when everybody may read it, for then it is none
     */
    static byte[] readSecret(Path file) {
        byte[] content = read(file);
        try {
            Set<PosixFilePermission> others = EnumSet.of(
                    PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            if (permissions.stream().anyMatch(others::contains)) {
                throw new ClusterFault(FaultCode.CONFIG_1, "%s may be used by everybody (%s): make it private, chmod 600"
                        .formatted(file, PosixFilePermissions.toString(permissions)));
            }
            return content;
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.CONFIG_1, "%s: its permissions cannot be read (%s)"
                    .formatted(file, e), e);
        }
    }
}
