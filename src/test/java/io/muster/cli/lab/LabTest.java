package io.muster.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.NodeId;
import io.muster.ledger.VotePolicy;
import io.muster.runtime.ProcStat;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real daemons in namespaces of their own, with the links between them really cut. For root, on Linux. */
@EnabledIf("isPossible")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class LabTest {

    private static final OptionalInt ALL_LINKS = OptionalInt.empty();

    private Path place;

    private Lab lab;
    private LabScripts scripts;

    static boolean isPossible() {
        try {
            Lab.requireRoot();
            LabNetwork.ip("netns", "list");
            return true;
        } catch (ClusterFault notHere) {
            return false;
        }
    }

    @BeforeAll
    void up(@TempDir Path folder) throws Exception {
        place = folder;
        lab = Lab.up(place.resolve("three"), LabSetup.of(3, 2), Duration.ofMinutes(10));
        scripts = new LabScripts(lab, new PrintWriter(System.out, true));
    }

    @AfterAll
    void down() throws Exception {
        List<String> own = lab.plan().namespaces();
        List<Long> pids = own.stream().flatMap(namespace -> LabNetwork.pids(namespace).stream()).toList();
        assertThat(pids).hasSizeGreaterThanOrEqualTo(lab.nodes().size());

        lab.down();

        assertThat(LabNetwork.ip("netns", "list").stream().map(line -> line.split(" ")[0])).doesNotContainAnyElementsOf(own);
        assertThat(pids).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
        assertThat(lab.folder()).doesNotExist();
        lab.down();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = {
            "silent_cut", "both_links_of_two", "both_links_two_node", "kill_first_two_node"})
    @DisplayName("001-7 what is cut or stopped has the consequences that it has to have, and no others")
    void everyScriptHolds(LabScripts.Kind kind) throws Exception {
        assertThat(scripts.run(kind).broken()).isEmpty();
    }

    @Test
    @DisplayName("with both links of two nodes cut, both stop acting and nobody is fenced")
    void bothLinksOfTwo() throws Exception {
        runInTwo(LabScripts.Kind.both_links_of_two);
    }

    @Test
    @DisplayName("rules T1 to T8: under two-node exactly one goes on, the other is fenced, and both vote again when it is back")
    void oneOfTwoGoesOn() throws Exception {
        runInTwo(LabScripts.Kind.both_links_two_node, LabScripts.Kind.kill_first_two_node);
    }

    private void runInTwo(LabScripts.Kind... kinds) throws Exception {
        Lab two = Lab.up(place.resolve("two"), kinds[0].setup(), Duration.ofMinutes(5));
        try {
            LabScripts ofTwo = new LabScripts(two, new PrintWriter(System.out, true));
            for (LabScripts.Kind kind : kinds) {
                assertThat(ofTwo.run(kind).broken()).isEmpty();
            }
        } finally {
            two.down();
        }
    }

    @Test
    @DisplayName("a lab that is forgotten takes itself down when its time is over")
    void aForgottenLabGoes() throws Exception {
        Path folder = place.resolve("forgotten");
        Lab forgotten = Lab.up(folder, LabSetup.of(2, 1), Duration.ofSeconds(1));
        keeperOf(folder).onExit().get(60, TimeUnit.SECONDS);

        assertThat(LabNetwork.ip("netns", "list").stream().map(line -> line.split(" ")[0]))
                .doesNotContainAnyElementsOf(forgotten.plan().namespaces());
        assertThat(Files.exists(folder.resolve(Lab.MARK))).isFalse();
        assertThat(forgotten.nodes()).allMatch(node -> node.pid().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "KILL"})
    @DisplayName("a run that is ended by a signal, even by the one that nobody hears, leaves nothing of its lab behind")
    void aRunThatIsEndedLeavesNothing(String signal) throws Exception {
        Path folder = place.resolve("ended-" + signal);
        Process run = new ProcessBuilder("/bin/sh", "-c", "trap - INT HUP TERM; exec \"$@\"", "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xshare:auto",
                "-cp", System.getProperty("java.class.path"), "io.muster.cli.Main", "lab", "run", "cut_each",
                "--dir", folder.toString())
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try {
            LabNode last = awaitStart(folder, run);
            Lab ended = Lab.open(folder);
            ProcessHandle keeper = keeperOf(folder);
            List<Long> pids = ended.nodes().stream().flatMap(node -> node.pid().stream()).toList();
            assertThat(last.pid()).isPresent();

            new ProcessBuilder("/bin/sh", "-c", "kill -\"$1\" \"$2\"", "kill", signal, Long.toString(run.pid()))
                    .start().waitFor();
            assertThat(run.waitFor(30, TimeUnit.SECONDS)).isTrue();
            if (signal.equals("KILL")) {
                keeper.onExit().get(30, TimeUnit.SECONDS);
            }

            assertThat(LabNetwork.ip("netns", "list").stream().map(line -> line.split(" ")[0]))
                    .doesNotContainAnyElementsOf(ended.plan().namespaces());
            assertThat(pids).hasSize(3).noneMatch(pid -> ProcStat.aliveSince(pid).isPresent());
            assertThat(folder).doesNotExist();
        } finally {
            run.destroyForcibly();
        }
    }

    /** Until the daemon of its third node runs. */
    private static LabNode awaitStart(Path folder, Process run) throws InterruptedException {
        LabNode last = new LabNode(NodeId.of(3), "", folder.resolve("n3"));
        while (last.pid().isEmpty()) {
            assertThat(run.waitFor(100, TimeUnit.MILLISECONDS)).isFalse();
        }
        return last;
    }

    private static ProcessHandle keeperOf(Path folder) {
        return ProcessHandle.allProcesses()
                .filter(each -> each.info().commandLine().orElse("").contains("muster-lab-keeper " + folder))
                .findFirst().orElseThrow();
    }

    @Test
    @DisplayName("a drop is of one direction of one link, is made once, and is gone when it is mended")
    void dropsAreOfOneDirection() {
        LabNetwork network = new LabNetwork(new LabPlan("%08x".formatted(System.nanoTime() & 0xffff_ffffL), 2, 2));
        try {
            network.make();
            List<LabNetwork.Way> there = List.of(new LabNetwork.Way(NodeId.of(1), NodeId.of(2), 1));
            List<LabNetwork.Way> back = List.of(new LabNetwork.Way(NodeId.of(2), NodeId.of(1), 1));
            network.drop(there);
            network.drop(there);
            assertThat(network.drops()).containsExactly("10.101.0.1 to 10.101.0.2");
            network.mend(back);
            assertThat(network.drops()).hasSize(1);
            network.mend(there);
            assertThat(network.drops()).isEmpty();
        } finally {
            network.remove();
        }
    }

    @Test
    @DisplayName("what a lab cannot be or has not is refused, and nothing is made")
    void impossibleLabsAreRefused() {
        assertThatThrownBy(() -> Lab.up(place.resolve("x"), LabSetup.of(10, 1), Duration.ofMinutes(1)))
                .hasMessageContaining("--nodes 10 is not in 2 to 9");
        assertThatThrownBy(() -> Lab.up(place.resolve("x"), LabSetup.of(2, 5), Duration.ofMinutes(1)))
                .hasMessageContaining("--links 5 is not in 1 to 4");
        assertThatThrownBy(() -> Lab.up(place.resolve("x"), LabSetup.of(2, 1), Duration.ofDays(2)))
                .hasMessageContaining("--life");
        assertThatThrownBy(() -> Lab.up(lab.folder(), LabSetup.of(2, 1), Duration.ofMinutes(1))).hasMessageContaining("DATA-2");
        LabSetup three = LabSetup.of(3, 1).with(VotePolicy.TWO_NODE);
        assertThatThrownBy(() -> Lab.up(place.resolve("x"), three, Duration.ofMinutes(1)))
                .hasMessageContaining("policy two-node needs two voters");
        assertThatThrownBy(() -> LabSetup.Pace.named("wan")).hasMessageContaining("calm or lan");
        assertThatThrownBy(() -> lab.cut(NodeId.of(7), NodeId.of(1), ALL_LINKS))
                .hasMessageContaining("n7 is no node of this lab");
        assertThatThrownBy(() -> lab.oneWay(NodeId.of(1), NodeId.of(1), ALL_LINKS)).hasMessageContaining("no link to itself");
        assertThatThrownBy(() -> lab.cut(NodeId.of(1), OptionalInt.of(2))).hasMessageContaining("--link 2 is not in 0 to 1");
        assertThatThrownBy(() -> Lab.open(place)).hasMessageContaining("holds no lab");
        assertThat(lab.drops()).isEmpty();
        assertThat(place.resolve("x")).doesNotExist();
    }
}
