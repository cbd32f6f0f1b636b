package io.muster.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.fuse.FuseSession;
import io.muster.fuse.Shell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The two faces of one tree, used by a real shell: they show the same and refuse the same. */
@Timeout(60)
class ControlFaceTest {

    private static final long LIMIT_NS = 20_000_000_000L;

    enum Kind {
        MOUNT,
        FOLDER;

        ControlFace start(Path place, ControlTree tree) {
            if (this == FOLDER) {
                return FolderTree.start(place, tree);
            }
            FuseSession.obstacle().ifPresent(why -> Assumptions.abort("no FUSE here: " + why));
            return MountedTree.start(place, tree);
        }
    }

    @TempDir
    Path folder;

    private final FakeSource source = new FakeSource();
    private final ControlTree tree = new ControlTree(source);

    @AfterEach
    void nothingStaysMounted() {
        assertThat(FuseSession.isMountedAt(place())).isFalse();
    }

    private Path place() {
        return folder.resolve("tree");
    }

    private String shell(String script) throws Exception {
        return Shell.run(place(), script).out();
    }

    /** A folder follows a little later; a mount does at once. */
    private static void eventually(String what, Callable<Boolean> holds) throws Exception {
        long until = System.nanoTime() + LIMIT_NS;
        while (!holds.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(until);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    @DisplayName("003-12 003-31 the tree is there for cat, ls and readlink, follows the picture, and goes with its face")
    void theTreeIsServed(Kind kind) throws Exception {
        source.region("west", "n1", "n2");
        try (ControlFace face = kind.start(place(), tree)) {
            assertThat(face.place()).isEqualTo(place());
            assertThat(shell("cat heartbeat_mode")).isEqualTo("disk\n");
            assertThat(shell("ls nodes regions regions/west"))
                    .isEqualTo("nodes:\nn1\nn2\nn3\n\nregions:\nwest\n\nregions/west:\nn1\nn2\n");
            assertThat(shell("cat nodes/n2/num nodes/n2/address nodes/n2/life nodes/n2/state"))
                    .isEqualTo("2\n10.0.0.2:7400\n4\nmember\n");
            assertThat(shell("readlink regions/west/n1; cat regions/west/n1/num")).isEqualTo("../../nodes/n1\n1\n");
            assertThat(shell("ls -ld regions/west/n1")).startsWith("lrwx");

            source.region("west", "n2", "n3");
            eventually("links follow", () -> shell("ls regions/west").equals("n2\nn3\n"));
            source.nodes(nodes -> {
                nodes.remove("n1");
                nodes.put("n3", new ControlView.Node(3, "10.0.0.3:7400", 5, "member"));
                return nodes;
            });
            eventually("nodes follow", () -> shell("ls nodes; cat nodes/n3/state").equals("n2\nn3\nmember\n"));
            source.regions(all -> {
                all.clear();
                return all;
            });
            eventually("regions follow", () -> shell("ls regions").isEmpty());
            assertThat(shell("cat .last_error")).isEmpty();
        }
        assertThat(shell("ls -A")).isEmpty();
    }

    private static Stream<Arguments> procedureB() {
        List<Arguments> cases = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            cases.add(Arguments.of(kind, "empty", "echo > heartbeat_mode", "the value is empty"));
            cases.add(Arguments.of(kind, "wrong word", "echo fast > heartbeat_mode", "\"fast\" is no heartbeat mode"));
            cases.add(Arguments.of(kind, "wrong case", "echo Network > heartbeat_mode", "\"Network\" is no heartbeat mode"));
            cases.add(Arguments.of(kind, "two words", "echo disk network > heartbeat_mode", "is no heartbeat mode"));
            cases.add(Arguments.of(kind, "blank behind", "echo 'network ' > heartbeat_mode", "is no heartbeat mode"));
            cases.add(Arguments.of(kind, "a number", "echo 1 > heartbeat_mode", "is no heartbeat mode"));
            cases.add(Arguments.of(kind, "no text", "printf '\\377\\376' > heartbeat_mode", "no text"));
            cases.add(Arguments.of(kind, "too long", "printf %065d 0 > heartbeat_mode", "65 bytes are too long"));
            cases.add(Arguments.of(kind, "far too long", "head -c 100000 /dev/zero > heartbeat_mode", "too long"));
            cases.add(Arguments.of(kind, "later", "echo user > heartbeat_mode", "user mode is not there yet"));
            cases.add(Arguments.of(kind, "wrong time", "echo network > heartbeat_mode", "while there are regions: west"));
            cases.add(Arguments.of(kind, "nothing", ": > heartbeat_mode", "the value is empty"));
            cases.add(Arguments.of(kind, "appended", "echo network >> heartbeat_mode",
                    kind == Kind.MOUNT ? "from the beginning" : "no heartbeat mode"));
            cases.add(Arguments.of(kind, "a part", "printf x | dd of=heartbeat_mode bs=1 seek=2 conv=notrunc status=none",
                    kind == Kind.MOUNT ? "from the beginning" : "no heartbeat mode"));
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("procedureB")
    @DisplayName("003-26 Procedure B: a bad value is refused with its reason, and the old one stays")
    void aBadValueChangesNothing(Kind kind, String what, String script, String reason) throws Exception {
        source.region("west", "n1");
        try (ControlFace _ = kind.start(place(), tree)) {
            Shell told = Shell.run(place(), script);
            if (kind == Kind.MOUNT && !what.equals("nothing")) {
                assertThat(told.status()).as("the writer hears of it").isNotZero();
                assertThat(told.out()).contains(what.equals("wrong time") ? "busy" : "Invalid argument");
            }
            eventually("the reason is told", () -> shell("cat .last_error").contains(reason));
            eventually("the value is back", () -> shell("cat heartbeat_mode").equals("disk\n"));
            assertThat(source.view().mode()).isEqualTo(HeartbeatMode.DISK);
            assertThat(shell("cat .last_error")).contains("TREE-2 heartbeat_mode: ");
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    @DisplayName("003-11 a good value is taken, and the file says it")
    void aGoodValueIsTaken(Kind kind) throws Exception {
        try (ControlFace _ = kind.start(place(), tree)) {
            assertThat(Shell.run(place(), "echo network > heartbeat_mode").status()).isZero();
            eventually("taken", () -> source.view().mode() == HeartbeatMode.NETWORK);
            eventually("shown", () -> shell("cat heartbeat_mode").equals("network\n"));
            assertThat(Shell.run(place(), "printf disk > heartbeat_mode").status()).isZero();
            eventually("taken", () -> source.view().mode() == HeartbeatMode.DISK);
            eventually("in its form", () -> shell("cat heartbeat_mode").equals("disk\n"));
            assertThat(shell("cat .last_error")).isEmpty();
        }
    }

    private static Stream<Arguments> changesByHand() {
        List<Arguments> cases = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            cases.add(Arguments.of(kind, "ln -s ../../nodes/n2 regions/west/n2", "regions/west/n2: in mode disk"));
            cases.add(Arguments.of(kind, "rm regions/west/n1", "regions/west/n1: in mode disk"));
            cases.add(Arguments.of(kind, "rm heartbeat_mode", "it is a view and cannot be removed"));
            cases.add(Arguments.of(kind, "rm -f nodes/n1/state", "it is a view and cannot be removed"));
            cases.add(Arguments.of(kind, "mkdir nodes/n9", "folders can be made only in regions"));
            cases.add(Arguments.of(kind, "mkdir regions/.x", "a region's name"));
            cases.add(Arguments.of(kind, "echo member > nodes/n3/state", "it is a view and cannot be written"));
            cases.add(Arguments.of(kind, "rm regions/west/n1 && rmdir regions/west || rmdir regions/west",
                    kind == Kind.MOUNT ? "comes from a configured disk" : "regions/west"));
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("changesByHand")
    @DisplayName("003-12 what is only a view is put back, and the reason is told")
    void aViewIsPutBack(Kind kind, String script, String reason) throws Exception {
        source.region("west", "n1");
        String whole = "find . ! -name .muster-tree ! -name .last_error | sort; cat heartbeat_mode nodes/n3/state;"
                + " readlink regions/west/n1";
        try (ControlFace _ = kind.start(place(), tree)) {
            String before = shell(whole);
            assertThat(before).contains("./regions/west/n1", "./nodes/n3/state", "disk\nabsent\n../../nodes/n1\n");
            Shell told = Shell.run(place(), script);
            if (kind == Kind.MOUNT) {
                assertThat(told.status()).isNotZero();
            }
            eventually("the reason is told", () -> shell("cat .last_error").contains(reason));
            eventually("all is back", () -> shell(whole).equals(before));
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    @DisplayName("a region is made with mkdir and taken away with rmdir")
    void regionsAreMadeByHand(Kind kind) throws Exception {
        try (ControlFace _ = kind.start(place(), tree)) {
            assertThat(Shell.run(place(), "mkdir regions/east").status()).isZero();
            eventually("made", () -> source.view().region("east").isPresent());
            eventually("shown", () -> shell("ls regions").equals("east\n"));
            assertThat(Shell.run(place(), "rmdir regions/east").status()).isZero();
            eventually("removed", () -> source.view().region("east").isEmpty());
            assertThat(shell("cat .last_error")).isEmpty();
        }
    }

    @Test
    @DisplayName("a file that somebody puts into the plain folder is told and left alone")
    void aStrayFileIsLeft() throws Exception {
        try (ControlFace _ = FolderTree.start(place(), tree)) {
            shell("echo precious > regions/note");
            eventually("told", () -> shell("cat .last_error").contains("regions/note: no files can be made here"));
            assertThat(shell("cat regions/note")).isEqualTo("precious\n");
        }
    }

    @Test
    @DisplayName("a folder with anything else in it, or one that is being served, is refused untouched")
    void aForeignFolderIsRefused() throws Exception {
        Files.createDirectories(place());
        Files.writeString(place().resolve("heartbeat_mode"), "mine");
        assertThatThrownBy(() -> FolderTree.start(place(), tree)).isInstanceOf(ClusterFault.class)
                .hasMessageContaining("neither empty nor a control tree");
        assertThat(place().resolve("heartbeat_mode")).hasContent("mine");
        Files.delete(place().resolve("heartbeat_mode"));
        try (ControlFace _ = FolderTree.start(place(), tree)) {
            assertThatThrownBy(() -> FolderTree.start(place(), tree)).isInstanceOf(ClusterFault.class)
                    .hasMessageContaining("another process");
        }
    }

    @Test
    @DisplayName("what a face that was killed has left in a plain folder is cleared by the next")
    void leftoversAreCleared() throws Exception {
        Files.createDirectories(place().resolve("nodes/n7"));
        Files.writeString(place().resolve("nodes/n7/state"), "member\n");
        Files.writeString(place().resolve(FolderTree.MARK), FolderTree.MARK_TEXT);
        try (ControlFace _ = FolderTree.start(place(), tree)) {
            assertThat(shell("ls nodes")).isEqualTo("n1\nn2\nn3\n");
        }
        assertThat(shell("ls -A")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    @DisplayName("a face may be closed twice, and its place can then be served again")
    void aFaceIsClosedOnce(Kind kind) throws Exception {
        for (int i = 0; i < 2; i++) {
            ControlFace face = kind.start(place(), tree);
            try (face) {
                assertThat(shell("cat heartbeat_mode")).isEqualTo("disk\n");
            }
            face.close();
        }
    }

    @Test
    @DisplayName("a place whose path leads over a link is served under its real name")
    void aPlaceBehindALinkIsServed() throws Exception {
        Files.createDirectory(folder.resolve("real"));
        Files.createSymbolicLink(folder.resolve("link"), folder.resolve("real"));
        try (ControlFace face = ControlFace.start(folder.resolve("link/tree"), tree, _ -> { }).orElseThrow()) {
            assertThat(face.place()).isEqualTo(folder.toRealPath().resolve("real/tree"));
            assertThat(Shell.run(folder, "cat link/tree/heartbeat_mode").out()).isEqualTo("disk\n");
        }
    }

    @Test
    @DisplayName("where it cannot be mounted the tree is a folder, with a warning; where neither can be there is none")
    void theTreeFallsBack() throws Exception {
        List<String> warnings = new ArrayList<>();
        // A file in the place of the folder refuses both faces.
        Files.writeString(place(), "in the way");
        assertThat(ControlFace.start(place(), tree, warnings::add)).isEmpty();
        assertThat(warnings).hasSize(2).last().asString().contains("TREE-1").contains("there is no control tree");
        Files.delete(place());
    }
}
