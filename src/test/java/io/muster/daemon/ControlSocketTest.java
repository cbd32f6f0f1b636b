package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.node.NodeEvent;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ControlSocketTest {

    private static final long ANSWER_LIMIT_MS = 20_000;

    @TempDir
    Path folder;

    private Path path;
    private EventLog events;
    private ControlSocket socket;

    @BeforeEach
    void open() {
        path = folder.resolve("control.sock");
        events = new EventLog(folder, Incarnation.of(1, 2), System.nanoTime());
        socket = ControlSocket.open(path, new FakeNode(), events, Map::of);
    }

    @AfterEach
    void close() {
        socket.close();
        events.close();
    }

    @Test
    @DisplayName("the socket belongs to its user")
    void theSocketIsPrivate() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rw-------");
    }

    @Test
    @DisplayName("one connection may ask many times, and a refusal does not end it")
    void aRefusalDoesNotEndTheConnection() {
        try (ControlClient client = ControlClient.connect(path)) {
            assertThatThrownBy(() -> client.ask(Json.object("do", "reboot"), ANSWER_LIMIT_MS))
                    .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(FaultCode.SELF_2))
                    .hasMessageStartingWith("SELF-2 do \"reboot\"");
            assertThat(client.ask(Json.object("do", "status"), ANSWER_LIMIT_MS)).containsEntry("ok", true);
        }
    }

    @Test
    @DisplayName("a line that is too long is answered with a code and ends the connection")
    void linesAreBounded() throws IOException {
        try (SocketChannel raw = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            ByteBuffer flood = ByteBuffer.wrap(
                    "x".repeat(ControlSocket.LINE_LIMIT_BYTES + 1).getBytes(StandardCharsets.US_ASCII));
            while (flood.hasRemaining()) {
                raw.write(flood);
            }
            assertThat(readToTheEnd(raw)).contains("SELF-2").contains("longer than");
        }
    }

    @Test
    @DisplayName("more callers than allowed are told to come again, and the places are free again afterwards")
    void callersAreBounded() {
        List<ControlClient> callers = new ArrayList<>();
        try {
            for (int i = 0; i < ControlSocket.CONNECTIONS_LIMIT; i++) {
                ControlClient caller = ControlClient.connect(path);
                caller.ask(Json.object("do", "status"), ANSWER_LIMIT_MS);
                callers.add(caller);
            }
            try (ControlClient tooMany = ControlClient.connect(path)) {
                assertThatThrownBy(() -> tooMany.ask(Json.object("do", "status"), ANSWER_LIMIT_MS))
                        .hasMessageContaining("CLI-3");
            }
        } finally {
            callers.forEach(ControlClient::close);
        }
        assertThat(askUntilThereIsAPlace()).containsEntry("ok", true);
    }

    private Map<String, Object> askUntilThereIsAPlace() {
        while (true) {
            try (ControlClient client = ControlClient.connect(path)) {
                return client.ask(Json.object("do", "status"), ANSWER_LIMIT_MS);
            } catch (ClusterFault fault) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    @DisplayName("a subscriber gets what was told since, and then what is told")
    void subscribersHearTheEvents() throws IOException {
        events.add(event("leader.elected"));
        try (ControlClient client = ControlClient.connect(path)) {
            client.ask(Json.object("do", "subscribe", "since", 0), ANSWER_LIMIT_MS);
            events.add(event("leader.lost"));

            assertThat(client.nextLine().orElseThrow()).contains("\"seq\":1").contains("\"event\":\"leader.elected\"");
            assertThat(client.nextLine().orElseThrow()).contains("\"seq\":2").contains("\"event\":\"leader.lost\"");
        }
    }

    @Test
    @DisplayName("a subscription from something that is no number is refused")
    void aSinceThatIsNoNumberIsRefused() {
        try (ControlClient client = ControlClient.connect(path)) {
            assertThatThrownBy(() -> client.ask(Json.object("do", "subscribe", "since", "a"), ANSWER_LIMIT_MS))
                    .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(FaultCode.SELF_2))
                    .hasMessageContaining("since");
        }
    }

    @Test
    @DisplayName("a laggard is told how many lines it lost, and gets the newest")
    void laggardsAreTold() throws IOException {
        for (int i = 0; i < EventLog.KEPT_LIMIT + 10; i++) {
            events.add(event("leader.elected"));
        }
        try (ControlClient client = ControlClient.connect(path)) {
            client.ask(Json.object("do", "subscribe", "since", 0), ANSWER_LIMIT_MS);

            assertThat(client.nextLine().orElseThrow()).contains("events.lost").contains("\"lost\":10");
            assertThat(client.nextLine().orElseThrow()).contains("\"seq\":11,");
        }
    }

    @Test
    @DisplayName("nobody at the socket is a sentence with a code")
    void nobodyThereIsToldSo() throws IOException {
        socket.close();
        assertThatThrownBy(() -> ControlClient.connect(path)).hasMessageStartingWith("CLI-3 no daemon answers at " + path);

        java.nio.channels.ServerSocketChannel silent = java.nio.channels.ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try (silent; ControlClient client = connectTo(silent.bind(UnixDomainSocketAddress.of(folder.resolve("silent"))))) {
            assertThatThrownBy(() -> client.ask(Json.object("do", "status"), 50))
                    .hasMessageContaining("CLI-3").hasMessageContaining("no answer within 50 ms");
        }
    }

    private ControlClient connectTo(java.nio.channels.ServerSocketChannel server) throws IOException {
        return ControlClient.connect(((UnixDomainSocketAddress) server.getLocalAddress()).getPath());
    }

    private static String readToTheEnd(SocketChannel raw) throws IOException {
        StringBuilder text = new StringBuilder();
        ByteBuffer chunk = ByteBuffer.allocate(1024);
        while (raw.read(chunk.clear()) >= 0) {
            text.append(StandardCharsets.UTF_8.decode(chunk.flip()));
        }
        return text.toString();
    }

    private static NodeEvent event(String name) {
        return new NodeEvent(name, 3, new LinkedHashMap<>());
    }
}
