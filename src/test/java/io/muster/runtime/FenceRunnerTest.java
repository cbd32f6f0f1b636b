package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.fence.FenceMethod;
import io.muster.fence.MemoryClass;
import io.muster.ledger.EvidenceClass;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FenceRunnerTest {

    private static final long LONG_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long SHORT_NS = TimeUnit.MILLISECONDS.toNanos(20);

    @TempDir
    Path folder;

    private final BlockingQueue<Completion> completions = new LinkedBlockingQueue<>();
    private Path script;
    private FenceRunner runner;
    private Process victim;
    private HostProcess facts;

    @BeforeEach
    void start() throws Exception {
        script = Files.writeString(folder.resolve("device"), "works\n");
        victim = TestProcesses.sleeper();
        facts = TestProcesses.facts(victim.pid());
        runner = new FenceRunner(FenceMethods.load(Optional.empty()), Map.of(
                "process", Map.of(), "manual", Map.of(), "scripted", Map.of("file", script.toString())), completions::add);
    }

    @AfterEach
    void stop() throws InterruptedException {
        runner.close();
        victim.destroyForcibly().waitFor();
    }

    @Test
    @DisplayName("an order ends with the evidence of its method")
    void anOrderEndsWithEvidence() throws Exception {
        runner.run(order(1, "process", LONG_NS));
        assertThat(next()).isInstanceOfSatisfying(Completion.FenceEnded.class, ended -> {
            assertThat(ended.ticket()).isEqualTo(1);
            assertThat(ended.evidence()).hasValue("process-ended");
            assertThat(ended.proof()).contains("pid " + victim.pid());
        });
    }

    @Test
    @DisplayName("the manual method never proves anything and says what a person can do")
    void theManualMethodFails() throws Exception {
        runner.run(order(2, "manual", LONG_NS));
        assertThat(next()).isEqualTo(new Completion.FenceEnded(2, Optional.empty(),
                "waits for a person: make sure that n3 is off, then confirm: muster fence ack n3"));
    }

    @Test
    @DisplayName("a device that fails says so, a device that lies claims the power is off, one that works ends the victim")
    void theScriptedDeviceDoesAsItsFileSays() throws Exception {
        Files.writeString(script, "fails");
        runner.run(order(1, "scripted", LONG_NS));
        assertThat(next()).isEqualTo(
                new Completion.FenceEnded(1, Optional.empty(), "the scripted device answered: failed"));
        Files.writeString(script, "lies");
        runner.run(order(2, "scripted", LONG_NS));
        assertThat(((Completion.FenceEnded) next()).evidence()).hasValue(EvidenceClass.POWER_OFF.label());
        assertThat(victim.isAlive()).isTrue();
        Files.writeString(script, "dances");
        runner.run(order(3, "scripted", LONG_NS));
        assertThat(((Completion.FenceEnded) next()).proof()).contains("\"dances\"", "slow MS");
        Files.writeString(script, "slow 1");
        runner.run(order(4, "scripted", LONG_NS));
        assertThat(((Completion.FenceEnded) next()).evidence()).hasValue(EvidenceClass.PROCESS_ENDED.label());
        Files.delete(script);
        runner.run(order(5, "scripted", LONG_NS));
        assertThat(((Completion.FenceEnded) next()).evidence()).isEmpty();
    }

    @Test
    @DisplayName("a method that hangs fails at its limit, is interrupted, and then serves the next order")
    void aMethodThatHangsFailsAtItsLimit() throws Exception {
        Files.writeString(script, "hangs");
        runner.run(order(1, "scripted", SHORT_NS));
        assertThat(next()).as("nobody knows what it still will do").isEqualTo(
                new Completion.FenceEnded(1, Optional.of("unknown"), "no answer after 20 ms"));
        Files.writeString(script, "works");
        runner.run(order(2, "scripted", LONG_NS));
        assertThat(((Completion.FenceEnded) next()).evidence()).hasValue(EvidenceClass.PROCESS_ENDED.label());
    }

    @Test
    @DisplayName("a method that hangs for ever delays no other method, and its own waiting orders fail at their limits")
    void aHungMethodDelaysNoOther() throws Exception {
        Stubborn stubborn = new Stubborn();
        TreeMap<String, FenceMethod> methods = new TreeMap<>(FenceMethods.load(Optional.empty()));
        methods.put("stubborn", stubborn);
        try (FenceRunner mixed = new FenceRunner(
                methods, Map.of("stubborn", Map.of(), "process", Map.of()), completions::add)) {
            mixed.run(order(1, "stubborn", SHORT_NS));
            mixed.run(order(2, "stubborn", SHORT_NS));
            assertThat(next().ticket()).isEqualTo(1);
            assertThat(next()).isEqualTo(new Completion.FenceEnded(2, Optional.empty(), "no answer after 20 ms"));
            mixed.run(order(3, "process", LONG_NS));
            assertThat(next()).isInstanceOfSatisfying(Completion.FenceEnded.class,
                    ended -> assertThat(ended.evidence()).isPresent());
            stubborn.release.countDown();
            mixed.run(order(4, "stubborn", LONG_NS));
            assertThat(next()).as("the late answer to order 1 is not told").isEqualTo(
                    new Completion.FenceEnded(4, Optional.of("power-off"), "at last"));
        }
    }

    @Test
    @DisplayName("a method that breaks has failed, whatever it throws")
    void aMethodThatBreaksHasFailed() throws Exception {
        TreeMap<String, FenceMethod> methods = new TreeMap<>();
        methods.put("broken", new Broken());
        try (FenceRunner broken = new FenceRunner(methods, Map.of("broken", Map.of()), completions::add)) {
            broken.run(order(1, "broken", LONG_NS));
            broken.run(order(2, "broken", LONG_NS));
            assertThat(((Completion.FenceEnded) next()).proof()).contains("broke", "NoClassDefFoundError");
            assertThat(next().ticket()).isEqualTo(2);
        }
    }

    @Test
    @DisplayName("the orders that wait for one method are bounded; one too many fails at once")
    void waitingOrdersAreBounded() throws Exception {
        Files.writeString(script, "hangs");
        for (int ticket = 0; ticket < FenceWorker.QUEUE_LIMIT + 2; ticket++) {
            runner.run(order(ticket, "scripted", LONG_NS));
        }
        assertThat(((Completion.FenceEnded) next()).proof()).contains("64 orders wait");
    }

    @Test
    @DisplayName("an unknown method, and settings that a method refuses, are found at start with CONFIG-1")
    void badConfigurationIsFoundAtStart() throws Exception {
        runner.run(order(7, "ipmi", LONG_NS));
        assertThat(((Completion.FenceEnded) next()).proof()).contains("\"ipmi\" is not configured");
        assertConfigFault(Map.of("ipmi", Map.of()), "\"ipmi\"", "[manual, process, scripted, storage-epoch, watchdog]");
        assertConfigFault(Map.of("scripted", Map.of()), "\"scripted\"", "\"file\"");
        assertConfigFault(Map.of("scripted", Map.of("file", folder.resolve("none").toString())), "none");
    }

    private void assertConfigFault(Map<String, Map<String, String>> settings, String... words) {
        assertThatThrownBy(() -> new FenceRunner(FenceMethods.load(Optional.empty()), settings, completions::add))
                .isInstanceOfSatisfying(ClusterFault.class, e -> assertThat(e.code()).isEqualTo(FaultCode.CONFIG_1))
                .hasMessageContainingAll(words);
    }

    private Completion next() throws InterruptedException {
        Completion completion = completions.poll(LONG_NS, TimeUnit.NANOSECONDS);
        assertThat(completion).as("a completion").isNotNull();
        return completion;
    }

    private Effect.Fence order(long ticket, String method, long limitNs) {
        return new Effect.Fence(ticket, 99, method, Incarnation.of(3, 1), facts, limitNs);
    }

    /** Does not listen to interrupts. */
    private static final class Stubborn extends Named {

        private final CountDownLatch release = new CountDownLatch(1);

        Stubborn() {
            super("stubborn");
        }

        @Override
        public Proof fence(Order order) {
            while (release.getCount() > 0) {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    // As a driver that is stuck in a system call.
                }
            }
            return new Proof(EvidenceClass.POWER_OFF, "at last");
        }
    }

    private static final class Broken extends Named {

        Broken() {
            super("broken");
        }

        @Override
        public Proof fence(Order order) {
            throw new NoClassDefFoundError("somebody else's class");
        }
    }

    private abstract static class Named implements FenceMethod {

        private final String name;

        Named(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public MemoryClass memoryClass() {
            return MemoryClass.IN_PROCESS;
        }

        @Override
        public void prepare(Map<String, String> settings) {}
    }
}
