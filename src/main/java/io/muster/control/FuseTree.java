package io.muster.control;

import io.muster.fuse.Errno;
import io.muster.fuse.FuseAttributes;
import io.muster.fuse.FuseCall;
import io.muster.fuse.FuseChange;
import io.muster.fuse.FuseHandler;
import io.muster.fuse.FuseListing;
import io.muster.fuse.FuseName;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The control tree as a file system. The kernel is told to keep nothing, so every look is a look at the newest picture. A
 * file is read as it was when it was opened; a value is judged at its write, which fails with the reason's error number.
 */
final class FuseTree implements FuseHandler {

    /** Open files and folders at once; one more is told ENFILE. */
    static final int HANDLES_LIMIT = 256;

    private static final int O_ACCMODE = 3;
    private static final int O_TRUNC = 01000;
    private static final long ROOT = 1;

    private final ControlTree tree;
    private final long startedNs = System.currentTimeMillis() * 1_000_000;
    private final Map<Long, Inode> byNumber = new HashMap<>();
    private final Map<TreeItem, Inode> byItem = new HashMap<>();
    private final Map<Long, Opened> handles = new HashMap<>();
    private long nextInode = ROOT;
    private long nextHandle = 1;

    /** What the kernel knows by a number, until it has forgotten all its look-ups. */
    private static final class Inode {
        final long number;
        final TreeItem item;
        long lookups;

        Inode(long number, TreeItem item) {
            this.number = number;
            this.item = item;
        }
    }

    /** A descriptor. The content, or the entries, are those of the moment of the open. */
    private static final class Opened {
        final TreeItem item;
        final byte[] content;
        final List<ControlTree.Entry> entries;
        boolean cut;
        boolean written;

        Opened(TreeItem item, byte[] content, List<ControlTree.Entry> entries) {
            this.item = item;
            this.content = content;
            this.entries = entries;
        }
    }

    FuseTree(ControlTree tree) {
        this.tree = tree;
        inode(new TreeItem.Top()).lookups = Long.MAX_VALUE / 2;
    }

    @Override
    public synchronized void lookup(FuseCall call, long parent, FuseName name) {
        Optional<TreeItem> item = tree.child(item(parent), name.text());
        if (item.isEmpty()) {
            call.error(Errno.ENOENT);
            return;
        }
        Inode inode = inode(item.get());
        inode.lookups++;
        call.entry(attributes(inode), 0);
    }

    @Override
    public synchronized void forget(long node, long lookups) {
        Inode inode = byNumber.get(node);
        if (inode == null || node == ROOT) {
            return;
        }
        inode.lookups -= Math.min(Math.max(lookups, 0), inode.lookups);
        if (inode.lookups == 0) {
            byNumber.remove(node);
            byItem.remove(inode.item);
        }
    }

    @Override
    public synchronized void getattr(FuseCall call, long node) {
        Inode inode = byNumber.get(node);
        if (inode == null || !tree.isThere(inode.item)) {
            call.error(Errno.ENOENT);
        } else {
            call.attributes(attributes(inode), 0);
        }
    }

    @Override
    public synchronized void setattr(FuseCall call, long node, FuseChange change) {
        TreeItem item = item(node);
        if (item == null || !tree.isThere(item)) {
            call.error(Errno.ENOENT);
        } else if (change.sizeBytes().isPresent()) {
            refuse(call, item.path(), ControlTree.isWritable(item)
                    ? ControlRefusal.invalid("a value is written whole; it cannot be cut or stretched")
                    : ControlRefusal.notPermitted("it is a view and cannot be written"));
        } else if (change.mode().isPresent() || change.uid().isPresent() || change.gid().isPresent()) {
            refuse(call, item.path(), ControlRefusal.notPermitted("owner and permissions are fixed"));
        } else {
            call.attributes(attributes(byNumber.get(node)), 0);
        }
    }

    @Override
    public synchronized void readlink(FuseCall call, long node) {
        Optional<String> target = tree.target(item(node));
        if (target.isEmpty()) {
            call.error(Errno.ENOENT);
        } else {
            byte[] bytes = target.get().getBytes(StandardCharsets.UTF_8);
            call.data(bytes, 0, bytes.length);
        }
    }

    @Override
    public synchronized void symlink(FuseCall call, long parent, FuseName name, FuseName target) {
        withFolder(call, parent, folder -> answer(call, tree.makeLink(folder, name.text(), target.text())));
    }

    @Override
    public synchronized void unlink(FuseCall call, long parent, FuseName name) {
        withFolder(call, parent, folder -> answer(call, tree.removeFile(folder, name.text())));
    }

    @Override
    public synchronized void rmdir(FuseCall call, long parent, FuseName name) {
        withFolder(call, parent, folder -> answer(call, tree.removeFolder(folder, name.text())));
    }

    @Override
    public synchronized void mkdir(FuseCall call, long parent, FuseName name, int mode) {
        withFolder(call, parent, folder -> {
            Optional<ControlRefusal> refusal = tree.makeFolder(folder, name.text());
            if (refusal.isPresent()) {
                call.error(errno(refusal.get()));
            } else {
                lookup(call, parent, name);
            }
        });
    }

    @Override
    public synchronized void create(FuseCall call, long parent, FuseName name, int mode, int flags) {
        withFolder(call, parent, folder -> refuse(call, folder.path() + "/" + name.text(),
                ControlRefusal.notPermitted("no files can be made here")));
    }

    @Override
    public synchronized void rename(FuseCall call, long parent, FuseName name, long newParent, FuseName newName, int flags) {
        withFolder(call, parent, folder -> refuse(call, folder.path() + "/" + name.text(),
                ControlRefusal.notPermitted("nothing can be renamed here")));
    }

    @Override
    public synchronized void link(FuseCall call, long node, long newParent, FuseName newName) {
        withFolder(call, newParent, folder -> refuse(call, folder.path() + "/" + newName.text(),
                ControlRefusal.notPermitted("only links of `ln -s` are known here")));
    }

    @Override
    public synchronized void open(FuseCall call, long node, int flags) {
        TreeItem item = item(node);
        Optional<byte[]> content = tree.content(item);
        boolean writing = (flags & O_ACCMODE) != 0 || (flags & O_TRUNC) != 0;
        if (content.isEmpty()) {
            call.error(Errno.ENOENT);
        } else if (writing && !ControlTree.isWritable(item)) {
            refuse(call, item.path(), ControlRefusal.notPermitted("it is a view and cannot be written"));
        } else if (handles.size() >= HANDLES_LIMIT) {
            call.error(Errno.ENFILE);
        } else {
            Opened opened = new Opened(item, content.get(), List.of());
            opened.cut = (flags & O_TRUNC) != 0;
            handles.put(nextHandle, opened);
            call.opened(nextHandle++, FuseCall.OPEN_DIRECT);
        }
    }

    @Override
    public synchronized void read(FuseCall call, long node, long handle, long offset, int size) {
        Opened opened = handles.get(handle);
        if (opened == null) {
            call.error(Errno.EINVAL);
            return;
        }
        int from = (int) Math.min(offset, opened.content.length);
        call.data(opened.content, from, Math.min(size, opened.content.length - from));
    }

    @Override
    public synchronized void write(FuseCall call, long node, long handle, long offset, MemorySegment data) {
        Opened opened = handles.get(handle);
        if (opened == null) {
            call.error(Errno.EINVAL);
            return;
        }
        opened.written = true;
        Optional<ControlRefusal> refusal = tree.write(opened.item, offset, data.toArray(ValueLayout.JAVA_BYTE));
        if (refusal.isPresent()) {
            call.error(errno(refusal.get()));
        } else {
            call.written((int) data.byteSize());
        }
    }

    @Override
    public void flush(FuseCall call, long node, long handle, long lockOwner) {
        // A shell closes a copy of the descriptor before it has written: nothing can be judged here.
        call.ok();
    }

    @Override
    public synchronized void release(FuseCall call, long node, long handle) {
        Opened opened = handles.remove(handle);
        if (opened != null && opened.cut && !opened.written) {
            // An empty value; nobody hears an error of this moment, but it can be read.
            tree.write(opened.item, 0, new byte[0]);
        }
        call.ok();
    }

    @Override
    public void fsync(FuseCall call, long node, long handle, boolean dataOnly) {
        call.ok();
    }

    @Override
    public void access(FuseCall call, long node, int mask) {
        // The kernel judges permissions by itself.
        call.ok();
    }

    @Override
    public synchronized void opendir(FuseCall call, long node) {
        TreeItem item = item(node);
        if (item == null || !tree.isThere(item)) {
            call.error(Errno.ENOENT);
        } else if (handles.size() >= HANDLES_LIMIT) {
            call.error(Errno.ENFILE);
        } else {
            List<ControlTree.Entry> entries = new ArrayList<>();
            entries.add(new ControlTree.Entry(".", item));
            entries.add(new ControlTree.Entry("..", item));
            entries.addAll(tree.children(item));
            handles.put(nextHandle, new Opened(item, new byte[0], entries));
            call.opened(nextHandle++, 0);
        }
    }

    @Override
    public synchronized void readdir(FuseCall call, long node, long handle, long offset) {
        Opened opened = handles.get(handle);
        if (opened == null) {
            call.error(Errno.EINVAL);
            return;
        }
        FuseListing listing = call.listing();
        for (int i = (int) Math.min(offset, opened.entries.size()); i < opened.entries.size(); i++) {
            ControlTree.Entry entry = opened.entries.get(i);
            Inode inode = inode(entry.item());
            boolean added = listing.add(entry.name().getBytes(StandardCharsets.UTF_8), attributes(inode), i + 1, 0);
            if (added && listing.withAttributes() && i >= 2) {
                inode.lookups++;
            }
            if (inode.lookups == 0) {
                // Only shown: the kernel will not say that it forgets this number.
                byNumber.remove(inode.number);
                byItem.remove(inode.item);
            }
            if (!added) {
                break;
            }
        }
        listing.send();
    }

    @Override
    public synchronized void releasedir(FuseCall call, long node, long handle) {
        handles.remove(handle);
        call.ok();
    }

    /** Numbers that the kernel holds now; for tests. */
    synchronized int known() {
        return byNumber.size() + handles.size();
    }

    private void withFolder(FuseCall call, long node, java.util.function.Consumer<TreeItem> then) {
        TreeItem folder = item(node);
        if (folder == null) {
            call.error(Errno.ENOENT);
        } else {
            then.accept(folder);
        }
    }

    private void refuse(FuseCall call, String path, ControlRefusal refusal) {
        call.error(errno(tree.refuse(path, refusal)));
    }

    private static void answer(FuseCall call, Optional<ControlRefusal> refusal) {
        if (refusal.isPresent()) {
            call.error(errno(refusal.get()));
        } else {
            call.ok();
        }
    }

    static int errno(ControlRefusal refusal) {
        return switch (refusal.kind()) {
            case INVALID -> Errno.EINVAL;
            case BUSY -> Errno.EBUSY;
            case NOT_PERMITTED -> Errno.EPERM;
            case ABSENT -> Errno.ENOENT;
            case EXISTS -> Errno.EEXIST;
            case TOO_MANY -> Errno.ENOSPC;
        };
    }

    /** Null for a number that is not known: the tree's look-ups take it as nothing (003-29). */
    private TreeItem item(long number) {
        Inode inode = byNumber.get(number);
        return inode == null ? null : inode.item;
    }

    private Inode inode(TreeItem item) {
        Inode inode = byItem.get(item);
        if (inode == null) {
            inode = new Inode(nextInode++, item);
            byItem.put(item, inode);
            byNumber.put(inode.number, inode);
        }
        return inode;
    }

    private FuseAttributes attributes(Inode inode) {
        return switch (inode.item) {
            case TreeItem.ModeFile _, TreeItem.LastErrorFile _, TreeItem.NodeFile _ -> new FuseAttributes(
                    inode.number, tree.content(inode.item).map(bytes -> bytes.length).orElse(0),
                    FuseAttributes.REGULAR | (ControlTree.isWritable(inode.item) ? 0644 : 0444), 1, 0, 0, startedNs);
            case TreeItem.InterestLink(String _, String node) -> new FuseAttributes(
                    inode.number, ControlTree.linkTarget(node).length(), FuseAttributes.SYMLINK | 0777, 1, 0, 0, startedNs);
            case TreeItem.Top _, TreeItem.NodesFolder _, TreeItem.NodeFolder _, TreeItem.RegionsFolder _,
                    TreeItem.RegionFolder _ -> new FuseAttributes(
                    inode.number, 0, FuseAttributes.FOLDER | 0755, 2, 0, 0, startedNs);
        };
    }
}
