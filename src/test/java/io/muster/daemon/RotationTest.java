package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.daemon.TrustRotation.Step;
import io.muster.runtime.Certificates;
import io.muster.runtime.RuntimeConfig;
import io.muster.runtime.TestCluster;
import io.muster.runtime.TestTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** All that a running cluster trusts is changed under it. */
@Timeout(180)
class RotationTest {

    private static final long ANSWER_LIMIT_MS = 20_000;
    private static final List<String> NODES = List.of("n1", "n2", "n3");

    @TempDir
    Path place;

    private final Map<String, Daemon> daemons = new TreeMap<>();
    private Path folder;

    @BeforeEach
    void found() {
        folder = place.resolve("c");
        SortedMap<NodeId, RuntimeConfig.Address> nodes = new TreeMap<>();
        SortedMap<NodeId, List<String>> fence = new TreeMap<>();
        for (String name : NODES) {
            nodes.put(NodeId.parse(name), new RuntimeConfig.Address(
                    TestCluster.freeEndpoint(), List.of(TestCluster.freeEndpoint())));
            fence.put(NodeId.parse(name), List.of("manual"));
        }
        ClusterFounder.found(folder, nodes, fence, TestTimes.patient());
    }

    @AfterEach
    void close() {
        daemons.values().forEach(Daemon::close);
    }

    @Test
    @DisplayName("certificates, authority and datagram key change under a running group: no view changes, the old are refused")
    void everythingIsChangedUnderARunningGroup() throws Exception {
        NODES.forEach(this::start);
        for (String name : NODES) {
            await(name, status -> members(status).size() == 3 && acts(status));
            ask(name, Json.object("do", "group.join", "group", "data"));
        }
        Map<String, Object> before = await("n1", status -> group(status).size() == 3);
        Path oldKeys = copyOfKeys("n3");

        aBadFileIsRefusedAndNothingChanges();
        for (Step step : Step.values()) {
            TrustRotation.of(folder).make(step, Instant.now().plus(10, ChronoUnit.DAYS));
            for (String name : NODES) {
                ask(name, Json.object("do", "trust.reload"));
            }
            // Every pair speaks on, by datagrams and by streams: a lease is won through both.
            for (String name : NODES) {
                await(name, status -> acts(status) && Json.objects(status, "local").stream()
                        .allMatch(peer -> Json.truth(peer, "heard") && Json.truth(peer, "hears_us")));
            }
        }
        ask("n2", Json.object("do", "group.join", "group", "later"));
        for (String name : NODES) {
            Map<String, Object> after = await(name, status -> Json.objects(status, "groups").stream()
                    .anyMatch(each -> Json.text(each, "name").equals("later") && Json.text(each, "phase").equals("RUNNING")));
            assertThat(Json.inner(after, "view")).as("no view change").isEqualTo(Json.inner(before, "view"));
            assertThat(group(after)).isEqualTo(group(before));
            assertThat(Json.objects(after, "trust")).hasSize(2).allSatisfy(each -> {
                assertThat(Json.number(each, "days", -1)).isBetween(9L, 10L);
                assertThat(each).containsEntry("soon", true);
            });
            assertThat(Json.objects(after, "refused")).noneMatch(row -> Json.text(row, "kind").equals("PEER_REFUSED"));
            assertThat(Files.readString(folder.resolve(name).resolve(EventLog.FILE))).contains("\"trust.expires\"");
        }
        whoHasOnlyTheOldIsRefused(oldKeys);
    }

    private void aBadFileIsRefusedAndNothingChanges() throws IOException {
        Path own = folder.resolve("n1").resolve("n1.pem");
        byte[] good = Files.readAllBytes(own);
        for (byte[] bad : List.of(Files.readAllBytes(folder.resolve("n2").resolve("n2.pem")), "rubbish".getBytes())) {
            Files.write(own, bad);
            assertThatThrownBy(() -> ask("n1", Json.object("do", "trust.reload")))
                    .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(FaultCode.CONFIG_1))
                    .hasMessageContaining("n1.pem");
        }
        // The certificate is of this node, and the key is not its key.
        Path strangers = place.resolve("strangers");
        Certificates.found(strangers, ConfigReader.read(folder.resolve("n1/muster.toml")).cluster(),
                io.muster.base.NodeSet.of(NodeId.of(1)));
        Files.copy(strangers.resolve("n1.pem"), own, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> ask("n1", Json.object("do", "trust.reload"))).hasMessageContaining("is not the key of");
        Files.write(own, good);
        assertThatThrownBy(() -> TrustRotation.of(folder).make(Step.END, Certificates.NO_END))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("is not due");
    }

    private void whoHasOnlyTheOldIsRefused(Path oldKeys) throws Exception {
        ask("n3", Json.object("do", "leave"));
        try (Daemon left = daemons.remove("n3")) {
            assertThat(left.awaitEnd()).isEqualTo(ExitCode.FINE);
        }
        Path n3 = folder.resolve("n3");
        Path newKeys = copyOfKeys("n3");
        for (String name : List.of("n3.pem", "n3-key.pem")) {
            Files.copy(oldKeys.resolve(name), n3.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        // It would trust the others; they do not trust it.
        Files.writeString(n3.resolve("ca.pem"),
                Files.readString(newKeys.resolve("ca.pem")) + Files.readString(oldKeys.resolve("ca.pem")));
        start("n3");
        await("n1", status -> Json.objects(status, "refused").stream().anyMatch(row ->
                Json.text(row, "kind").equals("HANDSHAKE_FAILED") && Json.text(row, "why").contains("PKIX")));
        assertThat(Json.text(await("n3", _ -> true), "role")).isEqualTo("joining");

        for (String name : List.of("n3.pem", "n3-key.pem", "ca.pem")) {
            Files.copy(newKeys.resolve(name), n3.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        ask("n3", Json.object("do", "trust.reload"));
        await("n3", status -> Json.text(status, "role").equals("member"));
    }

    private Path copyOfKeys(String name) throws IOException {
        Path copy = Files.createTempDirectory(place, "keys");
        for (String file : List.of(name + ".pem", name + "-key.pem", "ca.pem")) {
            Files.copy(folder.resolve(name).resolve(file), copy.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        return copy;
    }

    private void start(String name) {
        Path data = folder.resolve(name);
        daemons.put(name, Daemon.start(ConfigReader.read(data.resolve(DaemonConfig.FILE)), System.nanoTime()));
    }

    private Map<String, Object> ask(String name, Map<String, Object> request) throws IOException {
        try (ControlClient client = ControlClient.connect(SocketPath.find(folder.resolve(name)))) {
            return client.ask(request, ANSWER_LIMIT_MS);
        }
    }

    private Map<String, Object> await(String name, Predicate<Map<String, Object>> wanted) throws IOException {
        Map<String, Object> status = Json.inner(ask(name, Json.object("do", "status")), "status");
        while (!wanted.test(status)) {
            status = Json.inner(ask(name, Json.object("do", "status")), "status");
        }
        return status;
    }

    private static List<String> members(Map<String, Object> status) {
        return Json.texts(Json.inner(status, "view"), "members");
    }

    /** Members of the group while it runs. */
    private static List<String> group(Map<String, Object> status) {
        List<String> members = new ArrayList<>();
        for (Map<String, Object> each : Json.objects(status, "groups")) {
            if (Json.text(each, "name").equals("data") && Json.text(each, "phase").equals("RUNNING")) {
                members.addAll(Json.texts(each, "members"));
            }
        }
        return members;
    }

    private static boolean acts(Map<String, Object> status) {
        return status.get("acting_ms") instanceof Number left && left.doubleValue() > 0;
    }
}
