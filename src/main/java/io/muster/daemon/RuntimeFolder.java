package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.runtime.ProcStat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The folder in which the daemons of one user say that they run: {@code $XDG_RUNTIME_DIR/muster}, otherwise
 * {@code /tmp/muster-<uid>}. It is private; one that others could write to is refused, since a socket found there would
 * be believed. One small file for each daemon, named {@code <cluster>-<node>.json}.
 */
public final class RuntimeFolder {

    private final Path folder;

    private RuntimeFolder(Path folder) {
        this.folder = folder;
    }

    /** A daemon that said it runs. @param startTicks tells its process from a later one of the same number */
    public record Entry(String cluster, String node, Path dataFolder, Path socket, long pid, long startTicks) {}

    /** The user's folder, made when it is not there. @throws ClusterFault CLI-3 when it cannot be trusted */
    public static RuntimeFolder open() {
        return open(placeFor(Optional.ofNullable(System.getenv("XDG_RUNTIME_DIR"))));
    }

    static Path placeFor(Optional<String> userRuntimeFolder) {
        Optional<Path> given = userRuntimeFolder.filter(text -> !text.isEmpty()).map(Path::of)
                .filter(path -> path.isAbsolute() && Files.isWritable(path));
        return given.map(path -> path.resolve("muster")).orElseGet(() -> Path.of("/tmp/muster-" + ownUid()));
    }

    /** The same at another place; made private when it is not there. */
    public static RuntimeFolder open(Path folder) {
        try {
            if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                try {
                    Files.createDirectory(folder,
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                } catch (java.nio.file.FileAlreadyExistsException e) {
                    // Another daemon was quicker; its folder is checked like any other.
                }
            }
            PosixFileAttributes found = Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            int owner = (Integer) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            Set<PosixFilePermission> permissions = found.permissions();
            boolean open = permissions.contains(PosixFilePermission.GROUP_WRITE)
                    || permissions.contains(PosixFilePermission.OTHERS_WRITE);
            if (!found.isDirectory() || owner != ownUid() || open) {
                throw new ClusterFault(FaultCode.CLI_3,
                        "%s is not a private folder of this user (owner %d, %s), so what it says about daemons is not believed; "
                                        .formatted(folder, owner, PosixFilePermissions.toString(permissions))
                                + "remove it, or set XDG_RUNTIME_DIR to a folder of your own.");
            }
            return new RuntimeFolder(folder);
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.CLI_3, "the folder %s for running daemons cannot be made: %s.".formatted(
                    folder, e.getMessage()), e);
        }
    }

    public Path path() {
        return folder;
    }

    /** Says that a daemon runs, whole or not at all. */
    void register(Entry entry) throws IOException {
        Path file = fileOf(entry.cluster(), entry.node());
        Path next = file.resolveSibling(file.getFileName() + "." + entry.pid());
        String text = Json.write(Json.object(
                "cluster", entry.cluster(), "node", entry.node(), "data", entry.dataFolder(),
                "socket", entry.socket(), "pid", entry.pid(), "start", entry.startTicks()));
        try {
            Files.writeString(next, text);
        } catch (NoSuchFileException e) {
            // A demo that ended since removed the empty folder behind itself.
            open(folder);
            Files.writeString(next, text);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    void withdraw(Entry entry) {
        try {
            Files.deleteIfExists(fileOf(entry.cluster(), entry.node()));
        } catch (IOException e) {
            // Readers find out by the process.
        }
    }

    /** The daemons whose process still runs, ordered by cluster and node; entries of the dead are removed on the way. */
    public List<Entry> running() {
        List<Entry> entries = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                Optional<Entry> entry = read(file);
                if (entry.isPresent()
                        && ProcStat.aliveSince(entry.get().pid()).equals(Optional.of(entry.get().startTicks()))) {
                    entries.add(entry.get());
                } else {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            return List.of();
        }
        entries.sort(Comparator.comparing(Entry::cluster)
                .thenComparingInt(entry -> entry.node().length())
                .thenComparing(Entry::node));
        return entries;
    }

    private static Optional<Entry> read(Path file) throws IOException {
        try {
            Map<String, Object> json = Json.read(Files.readString(file, StandardCharsets.UTF_8));
            return Optional.of(new Entry(Json.text(json, "cluster"), Json.text(json, "node"),
                    Path.of(Json.text(json, "data")), Path.of(Json.text(json, "socket")),
                    Json.number(json, "pid", 0), Json.number(json, "start", 0)));
        } catch (Json.NotJson e) {
            return Optional.empty();
        }
    }

    private Path fileOf(String cluster, String node) {
        return folder.resolve(cluster + "-" + node + ".json");
    }

    private static int ownUid() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.CLI_3,
                    "the own user cannot be read from /proc/self: %s.".formatted(e.getMessage()), e);
        }
    }
}
