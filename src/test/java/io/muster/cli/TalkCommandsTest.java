package io.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.daemon.ClusterFounder;
import io.muster.daemon.ConfigReader;
import io.muster.daemon.Daemon;
import io.muster.daemon.DaemonConfig;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import io.muster.runtime.RuntimeConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two real daemons in this process, and what people say to their groups. */
@Timeout(240)
class TalkCommandsTest {

    private static final String PATIENT = "60";

    @TempDir
    Path place;

    private record Run(int code, String out) {}

    @Test
    @DisplayName("001-1 001-13 001-14 group send, group listen and barrier, each with an end that says what is so")
    void talk() throws Exception {
        found();
        try (Daemon one = start(1); Daemon two = start(2)) {
            assertThat(List.of(one, two)).hasSize(2);
            for (int node = 1; node <= 2; node++) {
                assertThat(muster(node, "group", "join", "files", "--wait", PATIENT).code()).isEqualTo(ExitCode.FINE.number());
            }
            assertThat(muster(1, "group", "send", "other", "--text", "hello").code()).isEqualTo(ExitCode.REFUSED.number());

            CompletableFuture<Run> heard = CompletableFuture.supplyAsync(
                    () -> muster(2, "group", "listen", "files", "--count", "1", "--wait", PATIENT, "--json"));
            Run sent = muster(1, "group", "send", "files", "--text", "hello", "--wait", PATIENT);
            while (!heard.isDone()) {
                // Whoever listens hears what is said from then on, and when that is only the listener knows.
                assertThat(muster(1, "group", "send", "files", "--text", "hello", "--wait", PATIENT).code()).isZero();
            }
            assertThat(sent.out()).startsWith("Delivered to all members as message 1 of generation ");
            assertThat(sent.code()).isZero();
            Map<String, Object> message = Json.read(heard.join().out().strip());
            assertThat(message).containsEntry("sender", "n1#1").containsEntry("text", "hello").containsEntry("node", "n2");

            Run waits = muster(1, "barrier", "files", "ready", "--timeout", "2");
            assertThat(waits.code()).isEqualTo(ExitCode.BLOCKED.number());
            assertThat(waits.out()).contains("barrier ready of files waits for those that have not entered: {n2}")
                    .contains("GROUP-3  n2 has not entered: `muster barrier files ready --node n2`");
            Run passed = muster(2, "barrier", "files", "ready", "--timeout", PATIENT, "--json");
            assertThat(passed.code()).isZero();
            assertThat(Json.read(passed.out().strip())).containsEntry("members", "n1 n2").containsEntry("group", "files");
            assertThat(muster(2, "barrier", "files", "ready", "--timeout", "1").code())
                    .as("the next time is another time").isEqualTo(ExitCode.BLOCKED.number());
        }
    }

    private Run muster(int node, String... args) {
        String[] all = java.util.Arrays.copyOf(args, args.length + 4);
        all[args.length] = "--dir";
        all[args.length + 1] = folder(node).toString();
        all[args.length + 2] = "--answer-within";
        all[args.length + 3] = "60000";
        StringWriter out = new StringWriter();
        int code = Main.run(new PrintWriter(out, true), new PrintWriter(new StringWriter(), true), all);
        return new Run(code, out.toString());
    }

    private Path folder(int node) {
        return place.resolve("cluster").resolve("n" + node);
    }

    private Daemon start(int node) {
        return Daemon.start(ConfigReader.read(folder(node).resolve(DaemonConfig.FILE)), System.nanoTime());
    }

    private void found() throws IOException {
        SortedMap<NodeId, RuntimeConfig.Address> nodes = new TreeMap<>();
        SortedMap<NodeId, List<String>> fence = new TreeMap<>();
        for (int node = 1; node <= 2; node++) {
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                RuntimeConfig.Endpoint endpoint = new RuntimeConfig.Endpoint("127.0.0.1", free.getLocalPort());
                nodes.put(NodeId.of(node), new RuntimeConfig.Address(endpoint, List.of(endpoint)));
            }
            fence.put(NodeId.of(node), List.of("manual"));
        }
        ClusterFounder.found(place.resolve("cluster"), nodes, fence, TimeBudget.lan());
    }
}
