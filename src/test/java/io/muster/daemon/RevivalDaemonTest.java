package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.runtime.RuntimeConfig;
import io.muster.runtime.StoppedNode;
import io.muster.runtime.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real daemons that lose two of three voters for good, or their own record (rules Q6, L8). */
@Timeout(180)
class RevivalDaemonTest {

    private static final long LIMIT_MS = 20_000;

    @TempDir
    Path place;

    @BeforeEach
    void found() {
        SortedMap<NodeId, RuntimeConfig.Address> nodes = new TreeMap<>();
        SortedMap<NodeId, List<String>> fence = new TreeMap<>();
        for (int number = 1; number <= 3; number++) {
            RuntimeConfig.Endpoint endpoint = TestCluster.freeEndpoint();
            nodes.put(NodeId.of(number), new RuntimeConfig.Address(endpoint, List.of(endpoint)));
            fence.put(NodeId.of(number), List.of("manual"));
        }
        ClusterFounder.found(place.resolve("c1"), nodes, fence, TimeBudget.lan());
    }

    @Test
    @DisplayName("Q6: one of three goes on by a person's word, waits for each fence, refuses the old ledger, and takes them back")
    void oneGoesOn() throws Exception {
        try (Daemon n1 = start("n1"); Daemon n2 = start("n2"); Daemon n3 = start("n3"); ControlClient two = client("n2")) {
            assertThat(List.of(n1, n2, n3)).doesNotContainNull();
            two.ask(Json.object("do", "group.join", "group", "data"), LIMIT_MS);
            await(two, status -> Json.texts(Json.inner(status, "view"), "members").size() == 3
                    && Json.text(group(status), "phase").equals("RUNNING"));
        }
        StoppedNode left = stopped("n1");
        AcceptorRecord revived = left.revive(NodeSet.of(NodeId.of(2), NodeId.of(3)), "Ada");
        assertThat(left.record()).isEqualTo(revived);
        String ledger = "%016x".formatted(revived.state().voting().ledger());
        try (Daemon n1 = start("n1"); ControlClient one = client("n1")) {
            assertThat(n1).isNotNull();
            Map<String, Object> status = await(one, now -> Json.text(now, "role").equals("leader")
                    && Json.objects(now, "departures").size() >= 2);
            assertThat(Json.inner(status, "voters")).containsEntry("ledger", ledger);
            assertThat(Json.inner(Json.inner(status, "voters"), "votes")).containsOnlyKeys("n1");
            assertThat(Json.text(group(status), "phase")).isEqualTo("STOP");
            try (Daemon n2 = start("n2"); ControlClient two = client("n2")) {
                assertThat(n2).isNotNull();
                await(one, now -> now.toString().contains("another ledger of this cluster"));
                assertThat(Json.text(Json.inner(two.ask(Json.object("do", "status"), LIMIT_MS), "status"), "role"))
                        .isNotEqualTo("member").isNotEqualTo("leader");
            }
            for (String gone : List.of("n2", "n3")) {
                await(one, now -> openFences(now).contains(gone));
                one.ask(Json.object("do", "fence.ack", "node", gone, "person", "Ada", "remark", "sold"), LIMIT_MS);
                await(one, now -> !openFences(now).contains(gone));
            }
            stopped("n2").fresh(nodes(), OptionalLong.of(revived.state().voting().ledger()), OptionalLong.empty());
            try (Daemon n2 = start("n2"); ControlClient two = client("n2")) {
                assertThat(n2).isNotNull();
                await(two, now -> Json.text(now, "role").equals("member"));
                await(one, now -> Json.texts(Json.inner(now, "view"), "members").size() == 2);
                one.ask(Json.object("do", "voters.change", "votes", Json.object("n2", 1L), "person", "Ada"), LIMIT_MS);
                await(one, now -> Json.inner(Json.inner(now, "voters"), "votes").keySet().equals(
                        Set.of("n1", "n2")) && !Json.truth(Json.inner(now, "voters"), "changing"));
            }
        }
    }

    @Test
    @DisplayName("L8: a voter whose record is damaged does not start; with a fresh one it joins without a vote, and gets it back")
    void aVoterLosesItsRecord() throws Exception {
        try (Daemon n1 = start("n1"); Daemon n2 = start("n2"); ControlClient one = client("n1")) {
            assertThat(List.of(n1, n2)).doesNotContainNull();
            Path ledger = folder("n3").resolve("ledger");
            byte[] bad = Files.readAllBytes(ledger);
            Arrays.fill(bad, (byte) 7);
            Files.write(ledger, bad);
            assertThatThrownBy(() -> start("n3").close()).isInstanceOfSatisfying(ClusterFault.class, fault ->
                    assertThat(fault.code()).isEqualTo(FaultCode.DATA_5)).hasMessageContaining("muster ledger fresh");
            stopped("n3").fresh(nodes(), OptionalLong.empty(), OptionalLong.empty());
            try (Daemon n3 = start("n3"); ControlClient three = client("n3")) {
                assertThat(n3).isNotNull();
                await(three, now -> Json.text(now, "role").equals("member"));
                await(three, now -> now.toString().contains(FaultCode.VOTER_2.label()));
                one.ask(Json.object("do", "voters.change", "votes", Json.object("n3", 0L), "person", "Ada"), LIMIT_MS);
                await(one, now -> !votes(now).containsKey("n3"));
                one.ask(Json.object("do", "voters.change", "votes", Json.object("n3", 1L), "person", "Ada"), LIMIT_MS);
                await(three, now -> votes(now).containsKey("n3") && !now.toString().contains(FaultCode.VOTER_2.label()));
            }
        }
    }

    @Test
    @DisplayName("while a daemon runs nothing is revived or renewed; a refused revival and a lost count of lives change nothing")
    void nothingIsChanged() throws Exception {
        try (Daemon n1 = start("n1")) {
            assertThat(n1).isNotNull();
            assertFault(FaultCode.DATA_1, () -> stopped("n1").revive(NodeSet.of(NodeId.of(2), NodeId.of(3)), "Ada"));
            assertFault(FaultCode.DATA_1, () -> stopped("n1").fresh(nodes(), OptionalLong.empty(), OptionalLong.empty()));
        }
        AcceptorRecord before = stopped("n1").record();
        assertFault(FaultCode.VOTER_1, () -> stopped("n1").revive(NodeSet.of(NodeId.of(2)), "Ada"));
        assertThat(stopped("n1").record()).isEqualTo(before);
        Files.write(folder("n1").resolve("life"), new byte[8192]);
        assertFault(FaultCode.DATA_5, () -> stopped("n1").fresh(nodes(), OptionalLong.empty(), OptionalLong.empty()));
        assertThat(stopped("n1").record()).isEqualTo(before);
        stopped("n1").fresh(nodes(), OptionalLong.empty(), OptionalLong.of(41));
        try (Daemon n1 = start("n1"); ControlClient one = client("n1")) {
            assertThat(n1).isNotNull();
            assertThat(Json.number(await(one, _ -> true), "life", 0)).isEqualTo(42);
        }
    }

    private static void assertFault(FaultCode code, Runnable act) {
        assertThatThrownBy(act::run).isInstanceOfSatisfying(
                ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(code));
    }

    private static Map<String, Object> votes(Map<String, Object> status) {
        return Json.inner(Json.inner(status, "voters"), "votes");
    }

    private static Map<String, Object> group(Map<String, Object> status) {
        return Json.objects(status, "groups").stream()
                .filter(each -> Json.text(each, "name").equals("data")).findFirst().orElse(Map.of());
    }

    private static List<String> openFences(Map<String, Object> status) {
        return Json.objects(status, "departures").stream().filter(each -> !Json.truth(each, "harmless"))
                .map(each -> Json.text(each, "who").replaceFirst("#.*", "")).toList();
    }

    private NodeSet nodes() {
        return ConfigReader.read(folder("n1").resolve(DaemonConfig.FILE)).machine().nodeSet();
    }

    private StoppedNode stopped(String node) {
        DaemonConfig config = ConfigReader.read(folder(node).resolve(DaemonConfig.FILE));
        return new StoppedNode(config.machine().dataFolder(), config.cluster(), config.self());
    }

    private Path folder(String node) {
        return place.resolve("c1").resolve(node);
    }

    private Daemon start(String node) {
        Path file = folder(node).resolve(DaemonConfig.FILE);
        return Daemon.start(ConfigReader.read(file), file, System.nanoTime());
    }

    private ControlClient client(String node) {
        return ControlClient.connect(SocketPath.find(folder(node)));
    }

    private static Map<String, Object> await(ControlClient client, Predicate<Map<String, Object>> wanted) {
        Map<String, Object> status = Map.of();
        for (int i = 0; status.isEmpty() || !wanted.test(status); i++) {
            assertThat(i).as("%s", status).isLessThan(100_000);
            status = Json.inner(client.ask(Json.object("do", "status"), LIMIT_MS), "status");
        }
        return status;
    }
}
