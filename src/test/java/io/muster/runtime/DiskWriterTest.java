package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DiskWriterTest {

    private final BlockingQueue<Completion> completions = new LinkedBlockingQueue<>();

    @Test
    @DisplayName("writes are carried out in order, and each is told when it is on the medium")
    void writesKeepTheirOrder() throws Exception {
        List<Long> written = Collections.synchronizedList(new ArrayList<>());
        try (DiskWriter writer = new DiskWriter(order -> written.add(order.ticket()), completions::add)) {
            for (long ticket = 1; ticket <= 20; ticket++) {
                writer.write(order(ticket));
            }
            for (long ticket = 1; ticket <= 20; ticket++) {
                assertThat(next()).isEqualTo(new Completion.Written(ticket));
            }
        }
        assertThat(written).isSorted().hasSize(20);
    }

    @Test
    @DisplayName("L8: after one write failed nothing counts as written any more, for the kernel may have forgotten it")
    void afterAFailureNothingIsWritten() throws Exception {
        List<Long> written = Collections.synchronizedList(new ArrayList<>());
        try (DiskWriter writer = new DiskWriter(order -> {
            if (order.ticket() == 2) {
                throw new IOException("Input/output error");
            }
            written.add(order.ticket());
        }, completions::add)) {
            for (long ticket = 1; ticket <= 3; ticket++) {
                writer.write(order(ticket));
            }
            assertThat(next()).isEqualTo(new Completion.Written(1));
            assertThat(next()).isEqualTo(new Completion.WriteFailed(2, "Input/output error"));
            assertThat(next()).isEqualTo(
                    new Completion.WriteFailed(3, "an earlier write failed: Input/output error"));
        }
        assertThat(written).containsExactly(1L);
    }

    @Test
    @DisplayName("waiting writes are bounded; one too many fails, and an orderly end carries out the others")
    void waitingWritesAreBounded() throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        DiskWriter writer = new DiskWriter(order -> {
            began.countDown();
            awaitQuietly(release);
        }, completions::add);
        writer.write(order(0));
        assertThat(began.await(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS)).isTrue();
        for (int ticket = 1; ticket <= DiskWriter.QUEUE_LIMIT + 1; ticket++) {
            writer.write(order(ticket));
        }
        assertThat(next()).isEqualTo(new Completion.WriteFailed(DiskWriter.QUEUE_LIMIT + 1, "64 writes wait already"));
        release.countDown();
        writer.close();
        assertThat(completions).hasSize(DiskWriter.QUEUE_LIMIT + 1).allMatch(Completion.Written.class::isInstance);
    }

    private static void awaitQuietly(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private Completion next() throws InterruptedException {
        Completion completion = completions.poll(Inbox.LIMIT_NS, TimeUnit.NANOSECONDS);
        assertThat(completion).as("a completion").isNotNull();
        return completion;
    }

    private static Effect.Write order(long ticket) {
        return new Effect.Write(ticket, "ledger", 0, Bytes.NONE);
    }
}
