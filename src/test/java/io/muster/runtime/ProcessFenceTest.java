package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.fence.FenceMethod;
import io.muster.fence.FenceMethod.FenceFailed;
import io.muster.ledger.EvidenceClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every test that kills runs with pidfds and without them, as on an old kernel. */
class ProcessFenceTest {

    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(30);

    private final List<Process> children = new ArrayList<>();

    @AfterEach
    void reap() throws InterruptedException {
        for (Process child : children) {
            child.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest(name = "pidfd {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName("a running process is killed, and its end is the evidence")
    void aRunningProcessIsKilled(boolean pidfd) throws Exception {
        Process victim = sleeper();
        HostProcess facts = TestProcesses.facts(victim.pid());
        FenceMethod.Proof proof = fence(pidfd).fence(order(facts));
        assertThat(proof.evidence()).isEqualTo(EvidenceClass.PROCESS_ENDED);
        assertThat(proof.text()).contains("pid " + victim.pid()).contains("start " + facts.startTicks());
        assertThat(ProcStat.of(victim.pid())).matches(stat -> stat.isEmpty() || stat.get().ended());
        assertThat(victim.waitFor()).isEqualTo(128 + Native.SIGKILL);
    }

    @ParameterizedTest(name = "pidfd {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName("a stopped process (SIGSTOP) is killed")
    void aStoppedProcessIsKilled(boolean pidfd) throws Exception {
        Process victim = sleeper();
        HostProcess facts = TestProcesses.facts(victim.pid());
        assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(victim.pid())).start().waitFor()).isZero();
        TestProcesses.awaitStat(victim.pid(), stat -> stat.state() == 'T');
        assertThat(fence(pidfd).fence(order(facts)).evidence()).isEqualTo(EvidenceClass.PROCESS_ENDED);
        assertThat(victim.waitFor()).isEqualTo(128 + Native.SIGKILL);
    }

    @ParameterizedTest(name = "pidfd {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName("a zombie has ended: nobody needs to reap it first")
    void aZombieHasEnded(boolean pidfd) throws Exception {
        // The shell starts a child that ends, then becomes a program that never reaps it.
        Process parent = new ProcessBuilder("sh", "-c", "sh -c 'exec sleep 0' & echo $!; exec sleep 3600").start();
        children.add(parent);
        long zombie = Long.parseLong(parent.inputReader().readLine());
        TestProcesses.awaitStat(zombie, ProcStat::ended);
        FenceMethod.Proof proof = fence(pidfd).fence(order(TestProcesses.facts(zombie)));
        assertThat(proof.evidence()).isEqualTo(EvidenceClass.PROCESS_ENDED);
        assertThat(ProcStat.of(zombie)).as("it still is one").hasValueSatisfying(stat -> stat.ended());
    }

    @ParameterizedTest(name = "pidfd {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName("a process that is gone already is success, observed in this call")
    void aProcessThatIsGoneIsSuccess(boolean pidfd) throws Exception {
        Process victim = sleeper();
        HostProcess facts = TestProcesses.facts(victim.pid());
        victim.destroyForcibly().waitFor();
        FenceMethod.Proof proof = fence(pidfd).fence(order(facts));
        assertThat(proof.evidence()).isEqualTo(EvidenceClass.PROCESS_ENDED);
        assertThat(proof.text()).contains("no such process");
        assertThat(fence(pidfd).fence(order(facts))).as("asked again").isEqualTo(proof);
    }

    @ParameterizedTest(name = "pidfd {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName("a number that another process has by now proves that the victim is gone, and that other one lives on")
    void aReusedNumberIsNotKilled(boolean pidfd) throws Exception {
        Process bystander = sleeper();
        HostProcess facts = TestProcesses.facts(bystander.pid());
        HostProcess earlier = new HostProcess(
                facts.host(), facts.bootId(), facts.pidNamespace(), facts.pid(), facts.startTicks() - 1);
        FenceMethod.Proof proof = fence(pidfd).fence(order(earlier));
        assertThat(proof.evidence()).isEqualTo(EvidenceClass.PROCESS_ENDED);
        assertThat(proof.text()).contains("its number belongs to a process with start " + facts.startTicks());
        assertThat(bystander.isAlive()).isTrue();
        assertThat(TestProcesses.awaitStat(bystander.pid(), stat -> true).ended()).isFalse();
    }

    @Test
    @DisplayName("a number that a mere thread of another process has by now proves that the victim is gone")
    void aNumberOfAThreadIsNotKilled() throws Exception {
        HostProcess own = OwnProcess.facts();
        long thread = Long.parseLong(Files.readSymbolicLink(
                Path.of("/proc/thread-self")).getFileName().toString());
        assertThat(thread).as("a thread that is not the process's first").isNotEqualTo(own.pid());
        HostProcess victim = new HostProcess("", own.bootId(), own.pidNamespace(), thread, 1);
        assertThat(fence(true).fence(order(victim)).text()).contains("its number belongs to");
    }

    @ParameterizedTest(name = "pidfd {0}")
    @ValueSource(booleans = {true, false})
    @DisplayName("a process of another boot, host or pid namespace is refused, and nobody is killed")
    void anotherHostIsRefused(boolean pidfd) throws Exception {
        Process bystander = sleeper();
        HostProcess facts = TestProcesses.facts(bystander.pid());
        assertFails(pidfd, new HostProcess(facts.host(), "another-boot", facts.pidNamespace(), facts.pid(),
                facts.startTicks()), "runs on another host");
        assertFails(pidfd, new HostProcess(facts.host(), facts.bootId(), "pid:[1]", facts.pid(),
                facts.startTicks()), "pid namespace");
        assertFails(pidfd, HostProcess.UNKNOWN, "runs on another host");
        assertFails(pidfd, new HostProcess("", facts.bootId(), facts.pidNamespace(), 0, 1), "process 0");
        assertFails(pidfd, new HostProcess("", facts.bootId(), facts.pidNamespace(), 1, 1), "process 1");
        assertFails(pidfd, OwnProcess.facts(), "the fencing daemon itself");
        assertThat(bystander.isAlive()).isTrue();
    }

    @Test
    @DisplayName("settings that the method does not know are refused")
    void settingsAreRefused() {
        assertThatThrownBy(() -> new ProcessFence().prepare(Map.of("pid", "1")))
                .isInstanceOf(FenceFailed.class).hasMessageContaining("[pid]");
    }

    private void assertFails(boolean pidfd, HostProcess victim, String word) throws FenceFailed {
        FenceMethod method = fence(pidfd);
        assertThatThrownBy(() -> method.fence(order(victim))).isInstanceOf(FenceFailed.class).hasMessageContaining(word);
    }

    private Process sleeper() throws IOException {
        Process child = TestProcesses.sleeper();
        children.add(child);
        return child;
    }

    private static FenceMethod fence(boolean pidfd) throws FenceFailed {
        ProcessFence method = new ProcessFence(pidfd);
        method.prepare(Map.of());
        return method;
    }

    private static FenceMethod.Order order(HostProcess victim) {
        return new FenceMethod.Order(1, Incarnation.of(3, 2), victim, LIMIT_NS);
    }
}
