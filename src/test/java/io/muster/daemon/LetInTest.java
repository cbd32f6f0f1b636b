package io.muster.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.runtime.RuntimeConfig;
import io.muster.runtime.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of one that lets a second node in while it runs, by files and control requests alone. */
@Timeout(120)
class LetInTest {

    private static final long LIMIT_MS = 20_000;
    private static final NodeId N2 = NodeId.of(2);

    @TempDir
    Path place;

    @BeforeEach
    void found() {
        SortedMap<NodeId, RuntimeConfig.Address> nodes = new TreeMap<>(Map.of(NodeId.of(1), twoLinks()));
        ClusterFounder.found(
                place.resolve("c1"), nodes, new TreeMap<>(Map.of(NodeId.of(1), List.of("manual"))), TimeBudget.lan());
    }

    @Test
    @DisplayName("001-1: a node is added, the others reload, it joins without a vote, and messages go both ways")
    void aNodeIsLetIn() throws Exception {
        try (Daemon n1 = start("n1"); ControlClient one = client("n1")) {
            assertThat(n1).isNotNull();
            await(one, status -> Json.text(status, "role").equals("leader"));
            NodeAdder.Added added = NodeAdder.add(place.resolve("c1"), N2, twoLinks(), List.of("manual"));
            assertThat(added.changed()).containsExactly(file("n1"));
            Map<String, Object> answer = one.ask(Json.object("do", "reload"), LIMIT_MS);
            assertThat(Json.texts(answer, "added")).containsExactly("n2");
            assertThat(Json.texts(answer, "nodes")).containsExactly("n1", "n2");

            try (Daemon n2 = start("n2"); ControlClient two = client("n2"); ControlClient listening = client("n2")) {
                assertThat(n2).isNotNull();
                await(two, status -> Json.text(status, "role").equals("member"));
                Map<String, Object> peer = Json.objects(await(one, status -> links(status).stream()
                        .allMatch(link -> Json.text(link, "state").equals("up"))), "local").getFirst();
                assertThat(Json.objects(peer, "links")).hasSize(2).allMatch(link -> Json.number(link, "losses", 7) == 0);
                listening.ask(Json.object("do", "listen", "port", 7L), LIMIT_MS);
                one.ask(Json.object("do", "send", "node", "n2", "port", 7L, "text", "hello"), LIMIT_MS);
                one.ask(Json.object("do", "send", "node", "n2", "port", 7L, "base64", "/w=="), LIMIT_MS);
                assertThat(Json.read(listening.nextLine().orElseThrow())).isEqualTo(
                        Json.object("from", "n1#1", "port", 7L, "base64", "aGVsbG8=", "text", "hello"));
                assertThat(Json.read(listening.nextLine().orElseThrow()))
                        .containsEntry("base64", "/w==").doesNotContainKey("text");
                two.ask(Json.object("do", "leave"), LIMIT_MS);
                assertThat(n2.awaitEnd()).isEqualTo(ExitCode.FINE);
            }
            await(one, status -> Json.texts(Json.inner(status, "view"), "members").equals(List.of("n1#1")));
            assertRefused(one, Json.object("do", "send", "node", "n2", "port", 7L, "text", "x"), FaultCode.MEMBER_3);
        }
    }

    @Test
    @DisplayName("a file that cannot be taken up as a whole is refused with its key, and the node runs as before")
    void aFileThatCannotBeTakenUpIsRefused() throws Exception {
        try (Daemon n1 = start("n1"); ControlClient one = client("n1")) {
            assertThat(n1).isNotNull();
            await(one, status -> Json.text(status, "role").equals("leader"));
            String good = Files.readString(file("n1"));
            for (Map.Entry<String, String> change : new TreeMap<>(Map.of(
                    "pulse_ms = 50", "pulse_ms = 40", "name = \"n1\"", "name = \"n3\"", "fence = [\"manual\"]",
                    "fence = [\"process\"]", "format = 1", "format = 1\ncolour = 3")).entrySet()) {
                assertThat(good).contains(change.getKey());
                Files.writeString(file("n1"), good.replace(change.getKey(), change.getValue()));
                assertThatThrownBy(() -> one.ask(Json.object("do", "reload"), LIMIT_MS)).as(change.getValue())
                        .isInstanceOfSatisfying(ClusterFault.class,
                                fault -> assertThat(fault.code().label()).startsWith("CONFIG-"));
            }
            Files.writeString(file("n1"), good);
            assertThat(Json.texts(one.ask(Json.object("do", "reload"), LIMIT_MS), "moved")).isEmpty();
        }
    }

    @Test
    @DisplayName("a node that is there is not added again, and nothing has changed")
    void aNodeIsNotAddedTwice() throws IOException {
        NodeAdder.add(place.resolve("c1"), N2, twoLinks(), List.of("manual"));
        String before = Files.readString(file("n1"));
        assertThatThrownBy(() -> NodeAdder.add(place.resolve("c1"), N2, twoLinks(), List.of()))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("DATA-2");
        RuntimeConfig.Address taken = ConfigReader.read(file("n1")).machine().nodes().get(N2);
        assertThatThrownBy(() -> NodeAdder.add(place.resolve("c1"), NodeId.of(3), taken, List.of()))
                .isInstanceOf(ClusterFault.class).hasMessageContaining("is also an address of n2");
        assertThat(place.resolve("c1").resolve("n3")).doesNotExist();
        assertThat(Files.readString(file("n1"))).isEqualTo(before);
    }

    @Test
    @DisplayName("a node that the cluster knows is not added when its folder is gone: one sentence, and nothing has changed")
    void aKnownNodeIsNotAdded() throws IOException {
        NodeAdder.add(place.resolve("c1"), N2, twoLinks(), List.of("manual"));
        Files.move(place.resolve("c1").resolve("n2"), place.resolve("away"));
        String before = Files.readString(file("n1"));
        assertThatThrownBy(() -> NodeAdder.add(place.resolve("c1"), N2, twoLinks(), List.of("manual")))
                .isInstanceOf(ClusterFault.class).hasMessageStartingWith("DATA-2 n2 is a node of this cluster already")
                .hasMessageContaining("--again");
        assertThat(Files.readString(file("n1"))).isEqualTo(before);
        assertThat(file("n1").resolveSibling("muster.toml.next")).doesNotExist();
        assertThat(place.resolve("c1").resolve("n2")).doesNotExist();
    }

    @Test
    @DisplayName("a node added without a word about its fence is fenced as the others are, when these agree; else by hand")
    void aNodeIsFencedLikeTheOthers() throws IOException {
        Files.writeString(file("n1"), Files.readString(file("n1")).replace(
                "fence = [\"manual\"]", "fence = [[\"psu-a\", \"psu-b\"], \"manual\"]\nfixed_host = true"));
        NodeAdder.Added added = NodeAdder.addLikeOthers(place.resolve("c1"), N2, twoLinks());
        assertThat(added.table()).contains("[[\"psu-a\", \"psu-b\"], \"manual\"]").doesNotContain("fixed_host");
        assertThat(NodeAdder.addLikeOthers(place.resolve("c1"), NodeId.of(3), twoLinks()).table()).contains("psu-a");
        Files.writeString(file("n1"), Files.readString(file("n1")).replace("fixed_host = true", "fence_priority = 7"));
        assertThat(NodeAdder.addLikeOthers(place.resolve("c1"), NodeId.of(4), twoLinks()).table())
                .contains("fence = [\"manual\"]");
        DaemonConfig config = ConfigReader.read(file("n2"));
        assertThat(config.fencing().plan(N2).levels()).isEqualTo(config.fencing().plan(NodeId.of(1)).levels());
    }

    @Test
    @DisplayName("L7, L8: the lost folder of a voter is made anew: it joins above its former lives, and gets its vote back")
    void aLostFolderIsMadeAnew() throws Exception {
        Path cluster = place.resolve("c1");
        NodeAdder.add(cluster, N2, twoLinks(), List.of("manual"));
        NodeAdder.add(cluster, NodeId.of(3), twoLinks(), List.of("manual"));
        try (Daemon n1 = start("n1"); Daemon n3 = start("n3"); ControlClient one = client("n1")) {
            assertThat(List.of(n1, n3)).doesNotContainNull();
            try (Daemon n2 = start("n2"); ControlClient two = client("n2")) {
                await(two, status -> Json.text(status, "role").equals("member"));
                await(one, status -> Json.texts(Json.inner(status, "view"), "members").size() == 3);
                for (String voter : List.of("n2", "n3")) {
                    one.ask(Json.object("do", "voters.change", "votes", Json.object(voter, 1L), "person", "Ada"), LIMIT_MS);
                    await(one, status -> votes(status).containsKey(voter) && !changing(status));
                }
                two.ask(Json.object("do", "leave"), LIMIT_MS);
                assertThat(n2.awaitEnd()).isEqualTo(ExitCode.FINE);
            }
            assertThatThrownBy(() -> NodeAdder.again(cluster, N2, 1)).hasMessageContaining("DATA-2");
            Files.move(cluster.resolve("n2"), place.resolve("lost"));
            assertThatThrownBy(() -> NodeAdder.again(cluster, N2, 0)).hasMessageContaining("--life 0 is not in 1 to");
            assertThatThrownBy(() -> NodeAdder.again(cluster, NodeId.of(9), 1)).hasMessageContaining("n9 is no node");
            assertThat(cluster.resolve("n2")).doesNotExist();

            assertThat(NodeAdder.again(cluster, N2, 7)).isEqualTo(cluster.resolve("n2"));
            try (Daemon n2 = start("n2"); ControlClient two = client("n2")) {
                assertThat(n2).isNotNull();
                Map<String, Object> back = await(two, status -> Json.text(status, "role").equals("member"));
                assertThat(Json.number(back, "life", 0)).isEqualTo(8);
                await(two, status -> status.toString().contains(FaultCode.VOTER_2.label()));
                one.ask(Json.object("do", "voters.change", "votes", Json.object("n2", 0L), "person", "Ada"), LIMIT_MS);
                await(one, status -> !votes(status).containsKey("n2") && !changing(status));
                one.ask(Json.object("do", "voters.change", "votes", Json.object("n2", 1L), "person", "Ada"), LIMIT_MS);
                await(two, status -> votes(status).containsKey("n2")
                        && !status.toString().contains(FaultCode.VOTER_2.label()));
            }
        }
    }

    private static Map<String, Object> votes(Map<String, Object> status) {
        return Json.inner(Json.inner(status, "voters"), "votes");
    }

    private static boolean changing(Map<String, Object> status) {
        return Json.truth(Json.inner(status, "voters"), "changing");
    }

    private static RuntimeConfig.Address twoLinks() {
        List<RuntimeConfig.Endpoint> both = List.of(TestCluster.freeEndpoint(), TestCluster.freeEndpoint());
        return new RuntimeConfig.Address(both, both);
    }

    private Path file(String node) {
        return place.resolve("c1").resolve(node).resolve(DaemonConfig.FILE);
    }

    private Daemon start(String node) {
        return Daemon.start(ConfigReader.read(file(node)), file(node), System.nanoTime());
    }

    private ControlClient client(String node) {
        return ControlClient.connect(SocketPath.find(place.resolve("c1").resolve(node)));
    }

    private static List<Map<String, Object>> links(Map<String, Object> status) {
        return Json.objects(status, "local").stream().flatMap(peer -> Json.objects(peer, "links").stream()).toList();
    }

    private static void assertRefused(ControlClient client, Map<String, Object> request, FaultCode code) {
        assertThatThrownBy(() -> client.ask(request, LIMIT_MS)).isInstanceOfSatisfying(
                ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(code));
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
