package io.muster.control;

import io.muster.base.ClusterFault;
import io.muster.fuse.FuseSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** A control tree at a place where people and scripts reach it. */
public sealed interface ControlFace extends AutoCloseable permits MountedTree, FolderTree {

    Path place();

    /** {@code mount} or {@code folder}. */
    String kind();

    /** Takes the tree away. */
    @Override
    void close();

    /**
     * Serves a tree: mounted where that can be, otherwise as a plain folder, otherwise not at all. Whoever starts it goes on
     * in every case.
     *
     * @param named   a folder, made when it is not there; not the top of the file system
     * @param warning told once for each thing that could not be had
     */
    static Optional<ControlFace> start(Path named, ControlTree tree, Consumer<String> warning) {
        Path place;
        try {
            // The mount table has real names: by another one a dead mount would not be found again.
            Path folder = Files.createDirectories(named.toAbsolutePath().normalize().getParent()).toRealPath();
            place = folder.resolve(named.getFileName());
        } catch (IOException e) {
            warning.accept("there is no control tree: %s cannot be made: %s".formatted(named, e));
            return Optional.empty();
        }
        try {
            Optional<String> obstacle = FuseSession.obstacle();
            if (obstacle.isEmpty()) {
                return Optional.of(MountedTree.start(place, tree));
            }
            warning.accept("the control tree is a plain folder, for it cannot be mounted: " + obstacle.get());
        } catch (ClusterFault | UncheckedIOException | LinkageError | IllegalStateException e) {
            warning.accept("the control tree is a plain folder, if at all, for it cannot be mounted: " + e.getMessage());
        }
        try {
            return Optional.of(FolderTree.start(place, tree));
        } catch (ClusterFault | LinkageError | IllegalStateException e) {
            warning.accept("there is no control tree: " + e.getMessage());
            return Optional.empty();
        }
    }
}
