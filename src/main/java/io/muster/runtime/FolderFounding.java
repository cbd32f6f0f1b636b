package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.ledger.RecordFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Makes a data folder that will be there after a crash, or none at all. */
final class FolderFounding {

    private final Path folder;
    private final List<Path> made = new ArrayList<>();

    private FolderFounding(Path folder) {
        this.folder = folder;
    }

    static void found(Path folder, FolderIdentity identity, byte[] ledger, long lived) {
        refuseUsed(folder);
        FolderFounding founding = new FolderFounding(folder);
        try {
            founding.makeFolders();
            founding.make(RecordFile.NAME, ledger);
            founding.make(LifeFile.FILE, life(identity, lived));
            founding.make(FolderLock.FILE, FolderLock.NOBODY);
            // Last: with its identity the folder is founded, and without it it is not.
            founding.make(FolderIdentity.FILE, identity.encode());
            flushFolder(folder);
            founding.flushParents();
        } catch (IOException e) {
            founding.undo();
            throw new ClusterFault(FaultCode.DATA_4,
                    "%s cannot be founded (%s): free space or make it writable; nothing was left behind"
                            .formatted(folder, e), e);
        }
    }

    private static void refuseUsed(Path folder) {
        for (String file : List.of(
                FolderIdentity.FILE, LifeFile.FILE, RecordFile.NAME, FolderLock.FILE)) {
            Path path = folder.resolve(file);
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new ClusterFault(FaultCode.DATA_2, ("%s exists already, so %s is or was the data folder of a node:"
                        + " name another folder, or remove it if that node is given up; nothing was changed")
                        .formatted(path, folder));
            }
        }
    }

    /** Both copies say the same. */
    private static byte[] life(FolderIdentity identity, long lived) {
        byte[] copy = LifeFile.copy(identity.cluster(), identity.node(), lived);
        byte[] file = new byte[LifeFile.BYTES];
        System.arraycopy(copy, 0, file, 0, LifeFile.COPY_BYTES);
        System.arraycopy(copy, 0, file, LifeFile.COPY_BYTES, LifeFile.COPY_BYTES);
        return file;
    }

    private void makeFolders() throws IOException {
        List<Path> missing = new ArrayList<>();
        for (Path path = folder.toAbsolutePath(); path != null && !Files.exists(path); path = path.getParent()) {
            missing.addFirst(path);
        }
        for (Path path : missing) {
            Files.createDirectory(path, PrivateFiles.FOLDER);
            made.add(path);
        }
        if (!Files.isDirectory(folder)) {
            throw new FileAlreadyExistsException(folder.toString(), null, "it is a file and not a folder");
        }
    }

    private void make(String name, byte[] content) throws IOException {
        Path file = folder.toAbsolutePath().resolve(name);
        try (FileChannel channel = FileChannel.open(file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PrivateFiles.FILE)) {
            made.add(file);
            DataFolder.writeAll(channel, content, 0);
            channel.force(true);
        }
    }

    /** A new file is lost in a crash unless the folder that names it is flushed too. */
    private static void flushFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private void flushParents() throws IOException {
        for (Path path : made) {
            if (Files.isDirectory(path) && path.getParent() != null) {
                flushFolder(path.getParent());
            }
        }
    }

    private void undo() {
        for (Path path : made.reversed()) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                Log.warn("after a founding that failed, %s could not be removed: %s", path, e);
            }
        }
        made.clear();
    }
}
