package io.muster.control;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.fuse.FuseSession;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The control tree as a plain folder, where there is no FUSE. One thread renews the files as the picture changes and judges
 * what others change: a value when its file is closed, a folder or link when it appears or goes. What the model refuses is put
 * back, and {@code .last_error} says why. A writer therefore does not hear of a refusal; that is what the mount is better at.
 *
 * <p>The folder has to be empty, or one of ours (it has the file {@code .muster-tree}, which is locked while it is served).
 * Regular files and full folders of others in it are told in {@code .last_error} and left where they are.
 */
final class FolderTree implements ControlFace {

    static final String MARK = ".muster-tree";
    static final String MARK_TEXT = "This folder shows a muster node and is written by it; see docs/CONTROL.md.\n";

    /** Between two looks whether the picture is another one. */
    private static final int RENEW_MS = 100;
    /** So many files and full folders of others are told; more are not. */
    private static final int STRAYS_LIMIT = 64;
    private static final byte[] NO_CONTENT = new byte[0];
    private static final long STOP_LIMIT_MS = 5_000;

    private final Path top;
    private final ControlTree tree;
    private final FileChannel mark;
    private final Inotify inotify;
    private final Thread thread;
    /** What this has put there, with the content of files: what differs from it was changed by others. */
    private final Map<Path, byte[]> put = new HashMap<>();
    /** Strays that were told already. */
    private final Set<Path> told = new HashSet<>();
    private int topWatch;
    private ControlView shown = ControlView.EMPTY;
    private byte[] shownErrors = NO_CONTENT;
    private volatile boolean stopping;

    private FolderTree(Path top, ControlTree tree, FileChannel mark, Inotify inotify) {
        this.top = top;
        this.tree = tree;
        this.mark = mark;
        this.inotify = inotify;
        this.thread = Thread.ofPlatform().daemon().name("muster-tree").unstarted(this::run);
    }

    /** @throws ClusterFault TREE-1, and then nothing is changed in the folder */
    static FolderTree start(Path top, ControlTree tree) {
        if (FuseSession.isMountedAt(top)) {
            throw fault(top, "something is mounted there");
        }
        try {
            Files.createDirectories(top);
            if (!Files.exists(top.resolve(MARK)) && !isEmpty(top)) {
                throw fault(top, "the folder is neither empty nor a control tree");
            }
            FileChannel mark = lock(top);
            try {
                clear(top);
                Files.writeString(top.resolve(MARK), MARK_TEXT);
                FolderTree face = new FolderTree(top, tree, mark, new Inotify());
                face.topWatch = face.inotify.watch(top);
                face.renew(true);
                face.thread.start();
                return face;
            } catch (IOException e) {
                mark.close();
                throw e;
            }
        } catch (IOException e) {
            throw fault(top, "it cannot be written: " + e);
        }
    }

    @Override
    public Path place() {
        return top;
    }

    @Override
    public String kind() {
        return "folder";
    }

    @Override
    public synchronized void close() {
        if (stopping) {
            return;
        }
        stopping = true;
        try {
            if (thread.join(Duration.ofMillis(STOP_LIMIT_MS))) {
                inotify.close();
                clear(top);
                Files.deleteIfExists(top.resolve(MARK));
            }
            mark.close();
        } catch (IOException e) {
            warn("%s could not be cleared: %s", top, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!stopping) {
            try {
                List<Inotify.Event> events = inotify.await(RENEW_MS);
                if (events.stream().anyMatch(this::isModeWritten)) {
                    judgeMode();
                }
                renew(!events.isEmpty());
            } catch (IOException | RuntimeException e) {
                // A full disk, or a folder that was taken away under us: the next round tries again.
                warn("the control tree in %s: %s", top, e);
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(1_000);
        } catch (InterruptedException e) {
            stopping = true;
        }
    }

    private boolean isModeWritten(Inotify.Event event) {
        return (event.mask() & Inotify.OVERFLOW) != 0
                || event.watch() == topWatch && event.isWhole() && event.name().equals(ControlTree.MODE);
    }

    private void judgeMode() throws IOException {
        Path file = top.resolve(ControlTree.MODE);
        Optional<byte[]> value = read(file, ControlTree.VALUE_LIMIT_BYTES + 1);
        if (value.isPresent() && !Arrays.equals(value.get(), tree.content(new TreeItem.ModeFile()).orElseThrow())) {
            tree.write(new TreeItem.ModeFile(), 0, value.get());
        }
    }

    /** Makes the folder say what the picture says. @param all whether to look at every file, not only at a new picture */
    private void renew(boolean all) throws IOException {
        ControlView view = tree.view();
        byte[] errors = tree.content(new TreeItem.LastErrorFile()).orElseThrow();
        if (all || view != shown) {
            folder(top, new TreeItem.Top(), all);
            shown = view;
        }
        errors = tree.content(new TreeItem.LastErrorFile()).orElse(errors);
        if (all || errors != shownErrors) {
            put(top.resolve(ControlTree.LAST_ERROR), errors);
            shownErrors = errors;
        }
    }

    /** @param judging whether what differs was changed by others, rather than by the picture */
    private void folder(Path path, TreeItem item, boolean judging) throws IOException {
        inotify.watch(path);
        if (judging) {
            judgeNames(path, item);
        }
        Set<String> wanted = new HashSet<>();
        for (ControlTree.Entry entry : tree.children(item)) {
            wanted.add(entry.name());
            show(path.resolve(entry.name()), entry.item(), judging);
            put.putIfAbsent(path.resolve(entry.name()), NO_CONTENT);
        }
        for (Path other : list(path)) {
            if (!wanted.contains(other.getFileName().toString())) {
                remove(other);
            }
        }
    }

    private void show(Path path, TreeItem item, boolean judging) throws IOException {
        switch (item) {
            case TreeItem.NodesFolder _, TreeItem.NodeFolder _, TreeItem.RegionsFolder _, TreeItem.RegionFolder _,
                    TreeItem.Top _ -> {
                if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                    Files.deleteIfExists(path);
                    forget(path);
                    Files.createDirectory(path);
                }
                folder(path, item, judging);
            }
            case TreeItem.InterestLink(String _, String node) -> {
                Path target = Path.of(ControlTree.linkTarget(node));
                if (!Files.isSymbolicLink(path) || !Files.readSymbolicLink(path).equals(target)) {
                    Files.deleteIfExists(path);
                    Files.createSymbolicLink(path, target);
                }
            }
            case TreeItem.LastErrorFile _ -> {
                // Last of all, for what is refused on the way belongs into it.
            }
            case TreeItem.ModeFile _, TreeItem.NodeFile _ -> {
                byte[] content = tree.content(item).orElse(NO_CONTENT);
                byte[] before = put.get(path);
                if (judging && before != null && item instanceof TreeItem.NodeFile
                        && Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                        && !read(path, before.length + 1).map(now -> Arrays.equals(now, before)).orElse(false)) {
                    tree.refuse(item.path(), ControlRefusal.notPermitted("it is a view and cannot be written"));
                }
                put(path, content);
                put.put(path, content);
            }
        }
    }

    /** What others have made or taken away: asked of the model as the same call on a mount would be. */
    private void judgeNames(Path path, TreeItem item) throws IOException {
        Set<String> known = new HashSet<>();
        for (ControlTree.Entry entry : tree.children(item)) {
            known.add(entry.name());
            Path at = path.resolve(entry.name());
            if (put.containsKey(at) && !Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
                forget(at);
                if (entry.item() instanceof TreeItem.RegionFolder) {
                    tree.removeFolder(item, entry.name());
                } else {
                    tree.removeFile(item, entry.name());
                }
            }
        }
        for (Path other : list(path)) {
            String name = other.getFileName().toString();
            boolean ours = put.containsKey(other) || path.equals(top) && name.equals(MARK);
            if (!ours && !known.contains(name)) {
                judgeStray(other, item, name);
            }
        }
    }

    private void judgeStray(Path stray, TreeItem folder, String name) throws IOException {
        if (Files.isSymbolicLink(stray)) {
            tree.makeLink(folder, name, Files.readSymbolicLink(stray).toString());
        } else if (told.contains(stray) || told.size() >= STRAYS_LIMIT) {
            return;
        } else if (Files.isDirectory(stray, LinkOption.NOFOLLOW_LINKS)) {
            if (tree.makeFolder(folder, name).isPresent() && !isEmpty(stray)) {
                told.add(stray);
            }
        } else {
            told.add(stray);
            tree.refuse(folder.path() + "/" + name, ControlRefusal.notPermitted("no files can be made here"));
        }
    }

    private void forget(Path gone) {
        put.keySet().removeIf(path -> path.startsWith(gone));
    }

    /** Takes away what the picture lacks: links, empty folders, and folders with nothing but what we have put there. */
    private void remove(Path stray) throws IOException {
        if (stray.getFileName().toString().equals(MARK) && stray.getParent().equals(top)) {
            return;
        }
        if (Files.isSymbolicLink(stray)) {
            Files.delete(stray);
            forget(stray);
        } else if (Files.isDirectory(stray, LinkOption.NOFOLLOW_LINKS)) {
            if (put.containsKey(stray)) {
                deleteAll(stray);
                forget(stray);
            } else if (isEmpty(stray)) {
                Files.delete(stray);
            }
        }
    }

    /** In place, so that who has the file open goes on seeing it; an equal file is left alone. */
    private static void put(Path file, byte[] content) throws IOException {
        if (read(file, content.length + 1).map(now -> Arrays.equals(now, content)).orElse(false)) {
            return;
        }
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            deleteAll(file);
        }
        Files.write(file, content, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    /** @return empty when it is no regular file or cannot be read */
    private static Optional<byte[]> read(Path file, int limitBytes) {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of(in.readNBytes(limitBytes));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static FileChannel lock(Path top) throws IOException {
        FileChannel channel = FileChannel.open(top.resolve(MARK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            channel.close();
            throw fault(top, "another process serves a control tree there; end it or name another place");
        }
        return channel;
    }

    /** Takes away what a control tree has, and nothing else. */
    private static void clear(Path top) throws IOException {
        for (String name : List.of(ControlTree.MODE, ControlTree.LAST_ERROR, ControlTree.NODES, ControlTree.REGIONS)) {
            deleteAll(top.resolve(name));
        }
    }

    private static void deleteAll(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException error) throws IOException {
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static List<Path> list(Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            List<Path> paths = new java.util.ArrayList<>();
            entries.forEach(paths::add);
            return paths;
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        return list(folder).isEmpty();
    }

    private static void warn(String format, Object... values) {
        System.getLogger("io.muster.control").log(System.Logger.Level.WARNING, () -> format.formatted(values));
    }

    private static ClusterFault fault(Path top, String why) {
        return new ClusterFault(FaultCode.TREE_1, "%s: %s.".formatted(top, why));
    }
}
