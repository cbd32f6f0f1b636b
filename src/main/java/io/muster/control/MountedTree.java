package io.muster.control;

import io.muster.fuse.FuseOptions;
import io.muster.fuse.FuseSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The control tree as a mounted file system. */
final class MountedTree implements ControlFace {

    /** Of the mount: {@code fuse.muster}. */
    static final String NAME = "muster";

    private final FuseSession session;

    private MountedTree(FuseSession session) {
        this.session = session;
    }

    /** @throws io.muster.base.ClusterFault TREE-1, and then nothing is mounted */
    static MountedTree start(Path place, ControlTree tree) {
        if (!FuseSession.isMountedAt(place)) {
            try {
                Files.createDirectories(place);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return new MountedTree(FuseSession.start(place, FuseOptions.small(NAME), new FuseTree(tree)));
    }

    @Override
    public Path place() {
        return session.place();
    }

    @Override
    public String kind() {
        return "mount";
    }

    @Override
    public void close() {
        session.close();
    }
}
