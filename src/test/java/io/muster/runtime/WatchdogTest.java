package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.muster.base.TimeBudget;
import io.muster.base.WatchdogTimes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes with real keepers. */
@Timeout(120)
class WatchdogTest {

    private static final int KILLED = 128 + Native.SIGKILL;
    private static final long NODE_TIMEOUT_MS = 3_000;
    private static final long STAND_TIMEOUT_MS = 1_500;

    @TempDir
    Path folder;

    private final List<Process> children = new ArrayList<>();
    private BufferedReader answers;
    private PrintStream orders;
    private Path said;

    @AfterEach
    void reap() throws InterruptedException {
        for (Process child : children) {
            child.destroyForcibly().waitFor();
        }
    }

    @Test
    @DisplayName("G2: a node whose machine hangs is ended, though all its other threads live")
    void aHangingMachineIsEnded() throws Exception {
        Process node = node(1);
        ProcessHandle keeper = keeperOf(node);
        order("hang");
        assertThat(exit(node)).isEqualTo(KILLED);
        assertThat(Files.readString(said)).contains("WATCHDOG-1 process " + node.pid()).contains("has not vouched for itself");
        assertEnds(keeper);
    }

    @Test
    @DisplayName("G6 F9: without a lease a node that holds nothing is left alone, one that is in a group is ended")
    void onlyWhoHoldsSomethingIsEndedWithoutALease() throws Exception {
        Process node = node(2);
        order("end n2");
        assertThat(node.waitFor(NODE_TIMEOUT_MS * 3 / 2, TimeUnit.MILLISECONDS)).as("it holds nothing").isFalse();
        order("start n2");
        order("join");
        assertThat(node.waitFor(NODE_TIMEOUT_MS * 3 / 2, TimeUnit.MILLISECONDS)).as("it is in a group and may act").isFalse();
        order("end n2");
        assertThat(exit(node)).isEqualTo(KILLED);
        assertThat(Files.readString(said)).contains("has not vouched for itself");
    }

    @Test
    @DisplayName("a node that leaves as planned takes leave of its keeper, and its process goes on unharmed")
    void aPlannedEndReleases() throws Exception {
        Process node = node(1);
        ProcessHandle keeper = keeperOf(node);
        order("join");
        order("leave");
        assertThat(ask("await end")).startsWith("true");
        order("close");
        assertEnds(keeper);
        orders.close();
        assertThat(exit(node)).isZero();
        assertThat(Files.readString(said)).doesNotContain("WATCHDOG-1");
    }

    @Test
    @DisplayName("a node that is closed while it is in a group leaves something behind, so its keeper ends the process")
    void anUnplannedEndIsNotReleased() throws Exception {
        Process node = node(1);
        order("join");
        orders.println("close");
        orders.flush();
        assertThat(exit(node)).isEqualTo(KILLED);
        assertThat(Files.readString(said)).contains("its watchdog, keeper, process").contains("goes on");
    }

    @Test
    @DisplayName("G3: a node whose keeper is killed ends by itself at once, and says so")
    void aLostKeeperEndsTheNode() throws Exception {
        Process node = node(1);
        assertThat(keeperOf(node).destroyForcibly()).isTrue();
        assertThat(ask("await end")).startsWith("false WATCHDOG-1 the watchdog of this node is lost: its keeper")
                .contains("has ended");
        assertThat(node.isAlive()).isTrue();
    }

    @Test
    @DisplayName("a process that is stopped (SIGSTOP) is killed by its keeper, for good")
    void aStoppedProcessIsKilled() throws Exception {
        Process stand = stand();
        ProcessHandle keeper = keeperOf(stand);
        signal("STOP", stand.pid());
        assertThat(exit(stand)).isEqualTo(KILLED);
        assertEnds(keeper);
    }

    @Test
    @DisplayName("a keeper that is stopped is noticed within half a timeout, and the node says that it is lost")
    void aStoppedKeeperIsNoticed() throws Exception {
        Process stand = stand();
        ProcessHandle keeper = keeperOf(stand);
        signal("STOP", keeper.pid());
        assertThat(answers.readLine()).startsWith("lost the watchdog of this node is lost: its keeper")
                .contains("does not answer");
        assertThat(keeper.destroyForcibly()).isTrue();
    }

    @Test
    @DisplayName("signals that end a daemon do not end its keeper, or a stopped daemon would be free of it")
    void aKeeperIsNotEndedWithItsTerminal() throws Exception {
        Process stand = stand();
        ProcessHandle keeper = keeperOf(stand);
        for (String name : List.of("INT", "TERM", "HUP", "QUIT")) {
            signal(name, keeper.pid());
        }
        signal("STOP", stand.pid());
        assertThat(exit(stand)).isEqualTo(KILLED);
        assertEnds(keeper);
    }

    @Test
    @DisplayName("a process that is killed by somebody else leaves no keeper behind")
    void aKilledProcessLeavesNoKeeper() throws Exception {
        Process stand = stand();
        ProcessHandle keeper = keeperOf(stand);
        stand.destroyForcibly();
        assertEnds(keeper);
        assertThat(Files.readString(said)).doesNotContain("WATCHDOG-1");
    }

    @Test
    @DisplayName("a pause of less than the timeout hurts nobody: what was said in time counts when it is read late")
    void aShortPauseHurtsNobody() throws Exception {
        Process stand = stand();
        ProcessHandle keeper = keeperOf(stand);
        for (ProcessHandle each : List.of(stand.toHandle(), keeper)) {
            signal("STOP", each.pid());
            TestProcesses.awaitStat(each.pid(), stat -> stat.state() == 'T');
            signal("CONT", each.pid());
        }
        assertThat(stand.waitFor(2 * STAND_TIMEOUT_MS, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(keeper.isAlive()).isTrue();
    }

    @Test
    @DisplayName("a keeper takes no process but the very one it was started for, whatever number that had")
    void aKeeperIsNotFooledByANumber() throws Exception {
        Process other = new ProcessBuilder("sleep", "3600").start();
        children.add(other);
        long notItsStart = ProcStat.of(other.pid()).orElseThrow().startTicks() - 1;
        Process keeper = child(WatchdogKeeper.class, Long.toString(other.pid()), Long.toString(notItsStart), "1000000");
        assertThat(exit(keeper)).isEqualTo(WatchdogKeeper.UNFIT);
        assertThat(other.isAlive()).isTrue();
    }

    @Test
    @DisplayName("a word that comes late holds no longer than it was meant to, and none longer than the timeout")
    void aLateWordDoesNotHold() throws Exception {
        Process victim = new ProcessBuilder("sleep", "3600").start();
        children.add(victim);
        Process keeper = child(WatchdogKeeper.class, Long.toString(victim.pid()),
                Long.toString(ProcStat.of(victim.pid()).orElseThrow().startTicks()), Long.toString(200 * TimeBudget.MS));
        assertThat(keeper.getInputStream().readNBytes(KeeperFrames.BYTES)[0]).isEqualTo(KeeperFrames.READY);
        keeper.getOutputStream().write(KeeperFrames.of(KeeperFrames.PET, Long.MAX_VALUE));
        keeper.getOutputStream().flush();
        assertThat(exit(victim)).isEqualTo(KILLED);
        assertThat(exit(keeper)).isEqualTo(WatchdogKeeper.KILLED);

        Process second = new ProcessBuilder("sleep", "3600").start();
        children.add(second);
        Process late = child(WatchdogKeeper.class, Long.toString(second.pid()),
                Long.toString(ProcStat.of(second.pid()).orElseThrow().startTicks()), Long.toString(3_600 * TimeBudget.SECOND));
        late.getOutputStream().write(KeeperFrames.of(KeeperFrames.PET, Native.bootTimeNs() - 1));
        late.getOutputStream().flush();
        assertThat(exit(second)).as("an hour later it would still live").isEqualTo(KILLED);
    }

    @Test
    @DisplayName("a process whose farewell did not come is killed when its pipe ends")
    void aPipeThatEndsIsNoFarewell() throws Exception {
        Process victim = new ProcessBuilder("sleep", "3600").start();
        children.add(victim);
        Process keeper = child(WatchdogKeeper.class, Long.toString(victim.pid()),
                Long.toString(ProcStat.of(victim.pid()).orElseThrow().startTicks()), Long.toString(3_600 * TimeBudget.SECOND));
        keeper.getOutputStream().write(KeeperFrames.of(KeeperFrames.PET, Native.bootTimeNs() + 3_600 * TimeBudget.SECOND));
        keeper.getOutputStream().close();
        assertThat(exit(victim)).isEqualTo(KILLED);
        assertThat(exit(keeper)).isEqualTo(WatchdogKeeper.KILLED);
    }

    @Test
    @DisplayName("a killed process that does not end makes the keeper start the machine anew, where it may")
    void whatCannotBeKilledStartsTheMachineAnew() throws Exception {
        // The first process of a pid namespace cannot be killed from inside it, as one that hangs in the kernel cannot.
        Path trigger = Files.writeString(folder.resolve("trigger"), "");
        Path classes = folder.resolve("classes");
        Files.writeString(classes, System.getProperty("java.class.path"));
        Process world = new ProcessBuilder("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc",
                "--kill-child", "sh", "-c", "exec 3<&0; %s --enable-native-access=ALL-UNNAMED -Xrs -cp \"$(cat %s)\" %s 1"
                        .formatted(TestProcesses.java(), classes, WatchdogKeeper.class.getName())
                        + " $(cut -d' ' -f22 /proc/1/stat) 300000000 %s <&3 & wait".formatted(trigger))
                .redirectError((said = folder.resolve("said")).toFile()).start();
        children.add(world);
        assumeTrue(world.getInputStream().readNBytes(KeeperFrames.BYTES).length == KeeperFrames.BYTES,
                () -> "no namespaces here (unshare): " + said);
        world.getOutputStream().write(KeeperFrames.of(KeeperFrames.PET, Native.bootTimeNs()));
        world.getOutputStream().flush();
        long until = System.nanoTime() + Inbox.LIMIT_NS;
        while (Files.size(trigger) == 0 && System.nanoTime() - until < 0) {
            assertThat(new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS)).isFalse();
        }
        assertThat(trigger).hasContent("b");
        assertThat(Files.readString(said)).contains("was killed and does not end");
    }

    /** What {@link WatchedNode} is to a node, without one: it vouches all the time. */
    static final class Stand {

        public static void main(String[] arguments) throws Exception {
            WatchdogTimes times = new WatchdogTimes(STAND_TIMEOUT_MS * TimeBudget.MS);
            Watchdog watchdog = new Watchdog(KeeperTimer.start(times, Optional.empty()), times);
            AtomicBoolean told = new AtomicBoolean();
            watchdog.start(() -> CompletableFuture.completedFuture(new Watchdog.Vouch(Native.bootTimeNs(), true)), reason -> {
                if (told.compareAndSet(false, true)) {
                    System.out.println("lost " + reason);
                }
            }, () -> true);
            System.out.println("acting");
            new CountDownLatch(1).await();
        }
    }

    private Process node(int nodes) throws IOException {
        Process node = child(WatchedNode.class, folder.resolve("nodes").toString(), Integer.toString(nodes),
                Long.toString(NODE_TIMEOUT_MS));
        return acting(node);
    }

    private Process stand() throws IOException {
        return acting(child(Stand.class));
    }

    private Process acting(Process child) throws IOException {
        answers = child.inputReader();
        orders = new PrintStream(child.getOutputStream(), true, StandardCharsets.UTF_8);
        assertThat(answers.readLine()).as("%s", said).isEqualTo("acting");
        return child;
    }

    private Process child(Class<?> program, String... arguments) throws IOException {
        said = folder.resolve("said-" + children.size());
        List<String> command = new ArrayList<>(List.of(TestProcesses.java(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        Process child = new ProcessBuilder(command).redirectError(said.toFile()).start();
        children.add(child);
        return child;
    }

    private void order(String order) throws IOException {
        if (order.equals("hang")) {
            orders.println(order);
            return;
        }
        assertThat(ask(order)).isEqualTo("done");
    }

    private String ask(String order) throws IOException {
        orders.println(order);
        return answers.readLine();
    }

    private static ProcessHandle keeperOf(Process process) {
        return process.children().findFirst().orElseThrow();
    }

    private static void assertEnds(ProcessHandle process) throws Exception {
        process.onExit().get(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
    }

    private static int exit(Process process) throws InterruptedException {
        assertThat(process.waitFor(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).isTrue();
        return process.exitValue();
    }

    private static void signal(String name, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor()).isZero();
    }
}
