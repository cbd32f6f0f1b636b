package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.machine.Completion;
import io.muster.node.NodeInput;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class MailboxTest {

    private static final NodeInput OPENED = new NodeInput.StreamOpened(NodeId.of(2));

    private final Mailbox mailbox = new Mailbox();

    @Test
    @DisplayName("letters come out in the order in which they came in")
    void lettersKeepTheirOrder() throws Exception {
        for (int node = 1; node < 60; node++) {
            assertThat(mailbox.offer(new NodeInput.StreamOpened(NodeId.of(node)))).isTrue();
        }
        for (int node = 1; node < 60; node++) {
            assertThat(mailbox.poll(0)).hasValue(new Mailbox.Told(new NodeInput.StreamOpened(NodeId.of(node))));
        }
        assertThat(mailbox.poll(0)).isEmpty();
        assertThat(mailbox.poll(TimeUnit.MILLISECONDS.toNanos(1))).as("after waiting").isEmpty();
    }

    @Test
    @DisplayName("a full box loses what may be lost, takes every completion, and keeps room for glances")
    void aFullBoxTakesCompletions() throws Exception {
        fill();
        assertThat(mailbox.offer(OPENED)).isFalse();
        Completion completion = new Completion.Written(7);
        mailbox.complete(completion);
        for (int i = 1; i < Mailbox.GLANCE_RESERVE; i++) {
            assertThat(mailbox.look(() -> { })).isTrue();
        }
        assertThat(mailbox.look(() -> { })).isFalse();
        for (int i = 0; i < Mailbox.LIMIT; i++) {
            assertThat(mailbox.poll(0)).hasValue(new Mailbox.Told(OPENED));
        }
        assertThat(mailbox.poll(0)).hasValue(new Mailbox.Told(new NodeInput.Completed(completion)));
    }

    @Test
    @DisplayName("a stream waits for room in a full box")
    void aStreamWaitsForRoom() throws Exception {
        fill();
        AtomicReference<Thread> thread = new AtomicReference<>();
        CompletableFuture<Boolean> put = inThread(thread);
        awaitState(thread.get(), Thread.State.WAITING);
        assertThat(put).isNotDone();
        assertThat(mailbox.poll(0)).isPresent();
        assertThat(put.get(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).isTrue();
    }

    @Test
    @DisplayName("a closed box takes nothing and lets go of all who wait; what is in it can be taken")
    void aClosedBoxLetsGo() throws Exception {
        fill();
        AtomicReference<Thread> thread = new AtomicReference<>();
        CompletableFuture<Boolean> put = inThread(thread);
        awaitState(thread.get(), Thread.State.WAITING);
        mailbox.close();
        assertThat(put.get(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).isFalse();
        assertThat(mailbox.poll(0)).isPresent();
        assertThat(mailbox.offer(OPENED)).isFalse();
        assertThat(mailbox.look(() -> { })).isFalse();
        mailbox.complete(new Completion.Written(1));
        Optional<Mailbox.Letter> last = Optional.empty();
        for (Optional<Mailbox.Letter> next = mailbox.poll(0); next.isPresent(); next = mailbox.poll(Long.MAX_VALUE)) {
            last = next;
        }
        assertThat(last).hasValue(new Mailbox.Told(OPENED));
    }

    private void fill() {
        for (int i = 0; i < Mailbox.LIMIT; i++) {
            assertThat(mailbox.offer(OPENED)).isTrue();
        }
    }

    private CompletableFuture<Boolean> inThread(AtomicReference<Thread> thread) {
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        thread.set(Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(mailbox.put(OPENED));
            } catch (InterruptedException e) {
                result.completeExceptionally(new CompletionException(e));
            }
        }));
        return result;
    }

    private static void awaitState(Thread thread, Thread.State state) {
        long until = System.nanoTime() + Inbox.LIMIT_NS;
        while (thread.getState() != state) {
            assertThat(System.nanoTime() - until).as("waiting for " + state).isNegative();
            Thread.onSpinWait();
        }
    }
}
