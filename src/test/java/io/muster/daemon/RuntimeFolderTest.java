package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.runtime.ProcStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeFolderTest {

    @TempDir
    Path folder;

    @Test
    @DisplayName("the folder is made private, and one that others may write to is not believed")
    void theFolderIsPrivate() throws IOException {
        RuntimeFolder runtime = RuntimeFolder.open(folder.resolve("muster"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(runtime.path()))).isEqualTo("rwx------");

        Files.setPosixFilePermissions(runtime.path(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> RuntimeFolder.open(runtime.path()))
                .hasMessageContaining("CLI-3").hasMessageContaining("private");
    }

    @Test
    @DisplayName("a link to somebody's folder is not believed")
    void aLinkIsNotBelieved() throws IOException {
        Path link = folder.resolve("link");
        Files.createSymbolicLink(link, Files.createDirectory(folder.resolve("elsewhere")));

        assertThatThrownBy(() -> RuntimeFolder.open(link)).hasMessageContaining("CLI-3");
    }

    @Test
    @DisplayName("the user's own runtime folder goes first, when it can be used")
    void theUsersFolderGoesFirst() {
        assertThat(RuntimeFolder.placeFor(Optional.of(folder.toString()))).isEqualTo(folder.resolve("muster"));
        assertThat(RuntimeFolder.placeFor(Optional.of("relative"))).asString().startsWith("/tmp/muster-");
        assertThat(RuntimeFolder.placeFor(Optional.of("/nowhere/at/all"))).asString().startsWith("/tmp/muster-");
        assertThat(RuntimeFolder.placeFor(Optional.empty())).asString().startsWith("/tmp/muster-");
    }

    @Test
    @DisplayName("only daemons whose very process runs are listed; what the dead left is cleared away")
    void theDeadAreNotListed() throws IOException {
        RuntimeFolder runtime = RuntimeFolder.open(folder.resolve("muster"));
        long own = ProcessHandle.current().pid();
        long start = ProcStat.aliveSince(own).orElseThrow();
        RuntimeFolder.Entry alive = entry("c1", "n1", own, start);
        runtime.register(alive);
        runtime.register(entry("c1", "n2", own, start + 1));
        Files.writeString(runtime.path().resolve("c1-n3.json"), "no json");

        assertThat(runtime.running()).containsExactly(alive);
        assertThat(runtime.path().resolve("c1-n2.json")).doesNotExist();
        assertThat(runtime.path().resolve("c1-n3.json")).doesNotExist();

        runtime.withdraw(alive);
        assertThat(runtime.running()).isEmpty();
    }

    @Test
    @DisplayName("a folder that was removed because it was empty is made again for the next daemon")
    void aRemovedFolderIsMadeAgain() throws IOException {
        RuntimeFolder runtime = RuntimeFolder.open(folder.resolve("muster"));
        long own = ProcessHandle.current().pid();
        RuntimeFolder.Entry alive = entry("c1", "n1", own, ProcStat.aliveSince(own).orElseThrow());
        Files.delete(runtime.path());

        runtime.register(alive);

        assertThat(runtime.running()).containsExactly(alive);
    }

    @Test
    @DisplayName("a data folder with a long name gets its socket elsewhere, and says where")
    void longNamesGetASocketElsewhere() throws IOException {
        RuntimeFolder runtime = RuntimeFolder.open(folder.resolve("muster"));
        Path data = Files.createDirectories(folder.resolve("x".repeat(100)));

        Path chosen = SocketPath.choose(data, () -> runtime, "c1", "n1");
        assertThat(chosen.getParent()).isEqualTo(runtime.path());
        assertThat(SocketPath.find(data)).isEqualTo(chosen);
        assertThat(SocketPath.isDataFolder(data)).isTrue();

        Path shortData = Files.createDirectories(Files.createTempDirectory("m"));
        try {
            Files.writeString(shortData.resolve(SocketPath.POINTER), "/gone");
            assertThat(SocketPath.choose(shortData, () -> runtime, "c1", "n1")).isEqualTo(shortData.resolve(SocketPath.FILE));
            assertThat(SocketPath.find(shortData)).isEqualTo(shortData.resolve(SocketPath.FILE));
        } finally {
            Files.delete(shortData);
        }
    }

    private RuntimeFolder.Entry entry(String cluster, String node, long pid, long start) {
        return new RuntimeFolder.Entry(cluster, node, folder, folder.resolve("control.sock"), pid, start);
    }
}
