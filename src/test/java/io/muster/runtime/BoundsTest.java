package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.Incarnation;
import io.muster.base.Prng;
import io.muster.node.NodeInput;
import io.muster.runtime.Counters.Kind;
import io.muster.runtime.ReplayGuard.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The bounds on what strangers and peers can take of a node. */
class BoundsTest {

    private static final Incarnation N2 = Incarnation.of(2, 5);

    @Test
    @DisplayName("a peer fills its own share of the mailbox and nobody else's")
    void aPeerHasAShare() throws Exception {
        Mailbox mailbox = new Mailbox();
        for (int i = 0; i < Mailbox.PEER_LIMIT; i++) {
            assertThat(mailbox.offer(new NodeInput.Arrived(N2, TestFrames.Words.of("flood")))).isTrue();
        }
        assertThat(mailbox.isShareFull(N2.node())).isTrue();
        assertThat(mailbox.offer(new NodeInput.CastArrived(N2, 0, TestFrames.Words.of("flood")))).isFalse();
        assertThat(mailbox.offer(new NodeInput.CastArrived(Incarnation.of(3, 1), 0, TestFrames.Words.of("pulse")))).isTrue();
        assertThat(mailbox.offer(new NodeInput.StreamClosed(N2.node()))).isTrue();
        assertThat(mailbox.poll(0)).isPresent();
        assertThat(mailbox.isShareFull(N2.node())).isFalse();
    }

    @Test
    @DisplayName("a number is taken once: as a set of all numbers would say, but for those that are too old")
    void aNumberIsTakenOnce() {
        for (long seed = 0; seed < 200; seed++) {
            Prng chance = new Prng(seed);
            ReplayGuard guard = new ReplayGuard();
            TreeSet<Long> taken = new TreeSet<>();
            for (int i = 0; i < 500; i++) {
                long number = 1_000 + i + chance.nextInt(200) - 100;
                boolean old = !taken.isEmpty() && number <= taken.last() - ReplayGuard.WINDOW;
                Verdict wanted = old || !taken.add(number) ? Verdict.REPLAYED : Verdict.FRESH;
                assertThat(guard.judge(N2, number)).as("seed %d number %d", seed, number).isEqualTo(wanted);
            }
            assertThat(guard.judge(Incarnation.of(2, 4), 1_000_000)).isEqualTo(Verdict.FORMER_LIFE);
            assertThat(guard.judge(Incarnation.of(2, 6), 1)).isEqualTo(Verdict.FRESH);
            assertThat(guard.judge(N2, 1_000_001)).isEqualTo(Verdict.FORMER_LIFE);
            assertThat(guard.judge(Incarnation.of(3, 1), 1)).isEqualTo(Verdict.FRESH);
        }
    }

    @Test
    @DisplayName("rows of refusals are bounded, each is told at once and then at a bounded rate, and none is forgotten")
    void refusalsAreBounded() {
        Refusals refusals = new Refusals();
        List<Refusals.Refused> told = new ArrayList<>();
        Predicate<Refusals.Refused> teller = told::add;
        for (int i = 0; i < 10_000; i++) {
            refusals.note(Kind.DATAGRAM_UNSEALED, "?", "10.0.0." + i % 200, "bad", 0, teller);
        }
        assertThat(refusals.all()).hasSize(Refusals.ROWS_LIMIT + 1);
        assertThat(refusals.all().stream().mapToLong(Refusals.Refused::count).sum()).isEqualTo(10_000);
        assertThat(told).hasSize(Refusals.ROWS_LIMIT + 1).allMatch(row -> row.count() == 1);
        told.clear();
        refusals.tellDue(Refusals.TELL_NS, _ -> false);
        refusals.tellDue(Refusals.TELL_NS, teller);
        assertThat(told.stream().mapToLong(Refusals.Refused::untold).sum())
                .as("also what could not be told at first").isEqualTo(10_000 - Refusals.ROWS_LIMIT - 1);
        refusals.tellDue(2 * Refusals.TELL_NS, row -> {
            throw new AssertionError(row);
        });
    }

    @Test
    @DisplayName("of a connection that has not proved who it is no more than a bound is read")
    void unprovenBytesAreBounded() throws Exception {
        try (PatientListener listener = new PatientListener()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            for (boolean proven : List.of(false, true)) {
                try (Socket stranger = new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort());
                        PatientListener.Bounded accepted = listener.accept()) {
                    Thread.ofPlatform().daemon().start(() -> pour(stranger));
                    if (proven) {
                        accepted.proven();
                        assertThat(accepted.getInputStream().readNBytes(2 * PatientListener.UNPROVEN_BYTES))
                                .hasSize(2 * PatientListener.UNPROVEN_BYTES);
                    } else {
                        assertThatThrownBy(() -> accepted.getInputStream().readNBytes(2 * PatientListener.UNPROVEN_BYTES))
                                .isInstanceOf(IOException.class).hasMessageContaining("before it proved who it is");
                    }
                }
            }
        }
    }

    private static void pour(Socket stranger) {
        try {
            stranger.getOutputStream().write(new byte[2 * PatientListener.UNPROVEN_BYTES]);
            stranger.shutdownOutput();
        } catch (IOException e) {
            // Closed by the other side: that is the point.
            assertThat(e).isNotNull();
        }
    }
}
