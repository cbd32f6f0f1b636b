package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.BrokenInvariant;
import io.muster.base.Bytes;
import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.node.NodeEvent;
import io.muster.node.NodeInput;
import io.muster.node.NodeNews;
import io.muster.runtime.TestFrames.Words;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class NodeRuntimeTest {

    private static final NodeId N2 = NodeId.of(2);
    private static final NodeInput GO = new NodeInput.StreamOpened(N2);

    private final Mailbox mailbox = new Mailbox();
    private final MonotonicClock clock = new MonotonicClock();
    private final IoGate gate = new IoGate();
    private final BlockingQueue<String> done = new LinkedBlockingQueue<>();
    private final Scripted machine = new Scripted();
    private final NodeRuntime<Scripted> runtime = new NodeRuntime<>(machine, new NodeRuntime.Parts(
            clock, mailbox, gate, new Recording(),
            write -> done.add("write " + write.ticket()),
            fence -> done.add("fence " + fence.ticket()),
            event -> done.add("event " + event.name()),
            (code, reason, planned) -> done.add("%s %s %s".formatted(code.label(), planned, reason)),
            new Latencies(1)));

    @AfterEach
    void halt() throws InterruptedException {
        runtime.halt();
    }

    @Test
    @DisplayName("what a step wants is carried out in the order in which it said so")
    void wishesAreCarriedOutInOrder() throws Exception {
        machine.onStep = (input, out) -> {
            out.perform(new Effect.Write(1, "ledger", 0, Bytes.NONE));
            out.send(N2, Words.of("a"));
            out.announce(new NodeNews.Happened(new NodeEvent("something", 1, new LinkedHashMap<>())));
            out.cast(N2, 1, Words.of("b"));
            out.perform(new Effect.Fence(2, 1, "process", Incarnation.of(2, 1), HostProcess.UNKNOWN, 1));
            out.send(N2, Words.of("c"));
        };
        runtime.start();
        assertThat(runtime.tell(GO)).isTrue();
        assertThat(next(6)).containsExactly(
                "write 1", "send n2 1 bytes", "event something", "cast n2 1 1 bytes", "fence 2", "send n2 1 bytes");
    }

    @Test
    @DisplayName("a machine is called at its deadline and never before, and time never falls")
    void deadlinesAreKept() throws Exception {
        List<Long> calls = new ArrayList<>();
        machine.deadline = clock.now() + TimeUnit.MILLISECONDS.toNanos(1);
        machine.onDue = (now, out) -> {
            assertThat(now).isGreaterThanOrEqualTo(machine.deadline);
            calls.add(now);
            machine.deadline = calls.size() < 20 ? now + TimeUnit.MICROSECONDS.toNanos(300) : Machine.NEVER;
            if (calls.size() == 20) {
                out.announce(new NodeNews.Stop(FaultCode.MEMBER_1, "enough", true));
            }
        };
        runtime.start();
        assertThat(next(1)).containsExactly("MEMBER-1 true enough");
        runtime.awaitEnd();
        assertThat(calls).isSorted().hasSize(20);
    }

    @Test
    @DisplayName("letters that wait are told before a deadline that has passed, but a flood does not hold it up")
    void lettersGoBeforeADeadlineThatHasPassed() throws Exception {
        for (int i = 0; i < NodeRuntime.TURN_LIMIT + 10; i++) {
            assertThat(mailbox.offer(GO)).isTrue();
        }
        machine.onStep = (input, out) -> done.add("letter");
        machine.deadline = clock.now();
        machine.onDue = (now, out) -> {
            machine.deadline = Machine.NEVER;
            done.add("due");
        };
        runtime.start();
        List<String> order = next(NodeRuntime.TURN_LIMIT + 11);
        assertThat(order.indexOf("due")).isEqualTo(NodeRuntime.TURN_LIMIT);
    }

    @Test
    @DisplayName("A4: the gate is open until the moment the node said, closed by time, and shut for good when it stops")
    void theGateFollowsTheNode() throws Exception {
        long now = clock.now();
        assertThat(gate.open(now)).as("before the node has spoken").isFalse();
        machine.onStep = (input, out) -> out.announce(new NodeNews.ActUntil(now + 1_000));
        runtime.start();
        runtime.tell(GO);
        runtime.look((node, at) -> "after the step").get();
        assertThat(gate.open(now + 999)).isTrue();
        assertThat(gate.open(now + 1_000)).isFalse();
        machine.onStep = (input, out) -> {
            out.announce(new NodeNews.Stop(FaultCode.MEMBER_2, "evicted", false));
            out.announce(new NodeNews.ActUntil(Long.MAX_VALUE));
        };
        runtime.tell(GO);
        assertThat(next(1)).containsExactly("MEMBER-2 false evicted");
        runtime.awaitEnd();
        assertThat(gate.open(now)).isFalse();
    }

    @Test
    @DisplayName("SELF-1: a broken invariant shuts the gate and ends the node, once; nothing the step wanted is done")
    void aBrokenInvariantEndsTheNode() throws Exception {
        machine.onStep = (input, out) -> out.announce(new NodeNews.ActUntil(Long.MAX_VALUE));
        runtime.start();
        runtime.tell(GO);
        runtime.look((node, at) -> "after the step").get();
        assertThat(gate.open(clock.now())).isTrue();
        machine.onStep = (input, out) -> {
            out.send(N2, Words.of("never"));
            throw new BrokenInvariant("view went from 4 to 3");
        };
        runtime.tell(GO);
        assertThat(next(1)).containsExactly("SELF-1 false an invariant is broken: view went from 4 to 3");
        runtime.awaitEnd();
        assertThat(gate.open(clock.now())).isFalse();
        assertThat(runtime.tell(GO)).isFalse();
        assertThat(done).isEmpty();
    }

    @Test
    @DisplayName("SELF-1: any exception or error of a step or of its carrying out ends the node too")
    void anyExceptionEndsTheNode() throws Exception {
        machine.onStep = (input, out) -> {
            throw new StackOverflowError("deep");
        };
        runtime.start();
        runtime.tell(GO);
        assertThat(next(1)).containsExactly("SELF-1 false a step broke: deep");
        runtime.awaitEnd();
    }

    @Test
    @DisplayName("SELF-1: what breaks on another thread of the node ends it too, once")
    void whatBreaksElsewhereEndsTheNode() throws Exception {
        runtime.start();
        runtime.broken(Thread.currentThread(), new IllegalStateException("a reader broke"));
        runtime.broken(Thread.currentThread(), new IllegalStateException("another one too"));
        runtime.awaitEnd();
        assertThat(next(1).getFirst()).startsWith("SELF-1 false thread ").contains("a reader broke");
        assertThat(done).isEmpty();
        assertThat(gate.open(Long.MIN_VALUE)).isFalse();
    }

    @Test
    @DisplayName("completions come back as inputs")
    void completionsComeBack() throws Exception {
        machine.onStep = (input, out) -> done.add(input.toString());
        runtime.start();
        mailbox.complete(new Completion.Written(5));
        assertThat(next(1)).containsExactly(new NodeInput.Completed(new Completion.Written(5)).toString());
    }

    @Test
    @DisplayName("a glance sees the machine between steps; a broken glance breaks nothing; none is kept waiting at the end")
    void glancesSeeTheMachine() throws Exception {
        runtime.start();
        assertThat(runtime.look((node, now) -> node == machine && now <= clock.now()).get()).isTrue();
        assertThatThrownBy(() -> runtime.look((node, now) -> {
            throw new IllegalStateException("a face broke");
        }).get()).isInstanceOf(ExecutionException.class).hasMessageContaining("a face broke");
        assertThat(runtime.look((node, now) -> "still here").get()).isEqualTo("still here");
        runtime.halt();
        runtime.awaitEnd();
        assertThatThrownBy(() -> runtime.look((node, now) -> "gone").get())
                .isInstanceOf(ExecutionException.class).hasCauseInstanceOf(RejectedExecutionException.class);
        assertThat(done).as("halting is told to nobody").isEmpty();
    }

    @Test
    @DisplayName("a glance that waits when the node ends is answered")
    void aWaitingGlanceIsAnswered() throws Exception {
        List<CompletableFuture<String>> glances = new ArrayList<>();
        machine.onStep = (input, out) -> {
            glances.add(runtime.look((node, now) -> "a last look"));
            out.announce(new NodeNews.Stop(FaultCode.MEMBER_1, "left", true));
        };
        runtime.start();
        runtime.tell(GO);
        runtime.awaitEnd();
        assertThat(glances).hasSize(1);
        assertThat(glances.getFirst().get(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).isEqualTo("a last look");
    }

    @Test
    @DisplayName("the trace keeps the last steps in order and cuts long lines")
    void theTraceKeepsTheLast() {
        StepTrace trace = new StepTrace();
        for (int i = 0; i < StepTrace.LIMIT_LINES + 5; i++) {
            trace.add(1_000_001L * i, "step " + i);
        }
        assertThat(trace.lines()).hasSize(StepTrace.LIMIT_LINES)
                .startsWith("5.000005 ms step 5").endsWith("260.000260 ms step 260");
        trace.add(0, "x".repeat(10_000));
        assertThat(trace.lines().getLast()).hasSize(StepTrace.LINE_LIMIT + 1).endsWith("…");
    }

    private List<String> next(int count) throws InterruptedException {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String one = done.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
            assertThat(one).as("after %s", all).isNotNull();
            all.add(one);
        }
        return all;
    }

    private final class Recording implements Transport {

        @Override
        public void send(NodeId to, Message message) {
            done.add("send %s %s".formatted(to, ((Words) message).content()));
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            done.add("cast %s %d %s".formatted(to, link, ((Words) message).content()));
        }
    }

    /** Does as the test says. */
    private static final class Scripted implements Machine<NodeInput, NodeNews> {

        private volatile BiConsumer<NodeInput, Outbox<NodeNews>> onStep = (input, out) -> { };
        private volatile BiConsumer<Long, Outbox<NodeNews>> onDue = (now, out) -> { };
        private volatile long deadline = NEVER;

        @Override
        public void step(NodeInput input, long now, Outbox<NodeNews> out) {
            onStep.accept(input, out);
        }

        @Override
        public void due(long now, Outbox<NodeNews> out) {
            onDue.accept(now, out);
        }

        @Override
        public long deadline() {
            return deadline;
        }
    }
}
