package io.muster.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class JanitorTest {

    @TempDir
    Path place;

    private Path folder;
    private Path running;
    private final List<Process> children = new ArrayList<>();

    @BeforeEach
    void makeFolders() throws IOException {
        folder = Files.createDirectories(place.resolve("a demo's folder"));
        Files.createDirectories(folder.resolve("authority"));
        Files.writeString(folder.resolve("authority/key"), "secret");
        running = Files.createDirectory(place.resolve("running"));
        Files.createFile(running.resolve("c1-n1.json"));
        Files.createFile(running.resolve("c2-n1.json"));
    }

    @AfterEach
    void endChildren() {
        children.forEach(Process::destroyForcibly);
    }

    @Test
    @DisplayName("at the end of its pipe it ends what is left, removes the folder and the words about this cluster only")
    void itRemovesWhatIsLeft() throws Exception {
        Process child = child();
        Janitor janitor = Janitor.start(folder, Janitor.Remove.ALL, running);
        janitor.cluster("c1");
        janitor.watch(child.pid());
        janitor.close();

        assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(folder).doesNotExist();
        assertThat(running.resolve("c1-n1.json")).doesNotExist();
        assertThat(running.resolve("c2-n1.json")).exists();
    }

    @Test
    @DisplayName("a stopped process is ended too")
    void itEndsStoppedProcesses() throws Exception {
        Process child = child();
        assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(child.pid())).start().waitFor()).isZero();
        Janitor janitor = Janitor.start(folder, Janitor.Remove.NOTHING, running);
        janitor.watch(child.pid());
        janitor.close();

        assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(folder.resolve("authority/key")).exists();
    }

    @Test
    @DisplayName("a folder that was there before is emptied and stays")
    void aFolderOfTheUsersStays() throws Exception {
        Janitor.start(folder, Janitor.Remove.CONTENT, running).close();

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    @DisplayName("a process that only has the number of a child is left alone")
    void strangersAreLeftAlone() throws Exception {
        Process stranger = child();
        Process teller = new ProcessBuilder("/bin/sh", "-c", "exit 0").start();
        assertThat(teller.waitFor(10, TimeUnit.SECONDS)).isTrue();
        Janitor janitor = Janitor.start(folder, Janitor.Remove.ALL, running);
        // One that has ended is told with a start time of 0: whoever has its number later is not it.
        janitor.watch(teller.pid());
        janitor.close();

        assertThat(stranger.isAlive()).isTrue();
        assertThat(folder).doesNotExist();
    }

    private Process child() throws IOException {
        Process child = new ProcessBuilder("/bin/sleep", "600").start();
        children.add(child);
        return child;
    }
}
