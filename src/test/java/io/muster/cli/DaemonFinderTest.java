package io.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.daemon.ControlSocket;
import io.muster.daemon.EventLog;
import io.muster.daemon.FakeNode;
import io.muster.daemon.RuntimeFolder;
import io.muster.base.Incarnation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DaemonFinderTest {

    @TempDir
    Path folder;

    private final StringWriter notes = new StringWriter();

    @Test
    @DisplayName("--dir takes a data folder, or a folder of them with --node to choose")
    void dirNamesADaemon() throws IOException {
        dataFolder("n1");
        dataFolder("n10");
        dataFolder("n2");

        assertThat(finder(Map.of()).candidates(choice("", folder.resolve("n2")))).singleElement()
                .satisfies(c -> assertThat(c.socket()).isEqualTo(folder.resolve("n2/control.sock")));
        assertThat(finder(Map.of()).candidates(choice("n10", folder))).singleElement()
                .satisfies(c -> assertThat(c.node()).isEqualTo("n10"));
        assertThat(finder(Map.of()).candidates(choice("", folder))).extracting(DaemonFinder.Candidate::node)
                .containsExactly("n1", "n2", "n10");
    }

    @Test
    @DisplayName("a folder that is none, and a node that is not there, are told with what there is")
    void wrongFoldersAreTold() throws IOException {
        assertThatThrownBy(() -> finder(Map.of()).candidates(choice("", folder)))
                .hasMessageStartingWith("CLI-2 " + folder + " is no data folder");
        dataFolder("n1");
        assertThatThrownBy(() -> finder(Map.of()).candidates(choice("n7", folder)))
                .hasMessageContaining("CLI-2").hasMessageContaining("is of n7; there are [n1]");
    }

    @Test
    @DisplayName("MUSTER_SOCKET names a daemon; options go before it")
    void theEnvironmentNamesADaemon() throws IOException {
        dataFolder("n1");
        DaemonFinder finder = finder(Map.of("MUSTER_SOCKET", "/run/x.sock"));

        assertThat(finder.candidates(choice("", null))).singleElement()
                .satisfies(c -> assertThat(c.socket()).isEqualTo(Path.of("/run/x.sock")));
        assertThat(finder.candidates(choice("n1", folder))).singleElement()
                .satisfies(c -> assertThat(c.socket()).isEqualTo(folder.resolve("n1/control.sock")));
    }

    @Test
    @DisplayName("what every member answers alike is asked of the first that answers, and it is said which")
    void oneOfAClusterIsAsked() throws IOException {
        dataFolder("n1");
        Path second = dataFolder("n2");
        Files.delete(second.resolve("control.sock"));
        try (EventLog events = new EventLog(second, Incarnation.of(2, 1), 0);
                ControlSocket socket = ControlSocket.open(
                        second.resolve("control.sock"), new FakeNode(), events, Map::of)) {
            assertThat(socket).isNotNull();
            finder(Map.of()).connect(choice("", folder), true, new PrintWriter(notes, true)).close();
        }
        assertThat(notes.toString()).isEqualTo("(asking n2 of %s, one of 2 that fit; --node names another)%n".formatted(second));
    }

    @Test
    @DisplayName("what changes one node is not asked of any: the candidates are listed")
    void changesNeedAName() throws IOException {
        dataFolder("n1");
        dataFolder("n2");

        assertThatThrownBy(() -> finder(Map.of()).connect(choice("", folder), false, new PrintWriter(notes)))
                .hasMessage("CLI-2 2 daemons fit: n1 (--dir %s), n2 (--dir %s); name one with --node.".formatted(
                        folder.resolve("n1"), folder.resolve("n2")));
    }

    @Test
    @DisplayName("without any word only running daemons of this user count, and none is a sentence")
    void withoutAWordNobodyIsGuessed() {
        assertThatThrownBy(() -> finder(Map.of()).candidates(choice("", null)))
                .hasMessageStartingWith("CLI-2 no daemon of this user runs here (looked in " + folder);
    }

    private Path dataFolder(String name) throws IOException {
        Path data = Files.createDirectory(folder.resolve(name));
        Files.createFile(data.resolve("control.sock"));
        return data;
    }

    private DaemonFinder finder(Map<String, String> environment) {
        return new DaemonFinder(environment, () -> RuntimeFolder.open(folder.resolve("run")));
    }

    private static DaemonChoice choice(String node, Path dir) {
        DaemonChoice choice = new DaemonChoice();
        choice.node = node;
        choice.dir = dir;
        return choice;
    }
}
