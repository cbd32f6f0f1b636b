package io.muster.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatInput.Arrived;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("000-16: a heartbeat on which nothing changes leaves the collector nothing to do")
final class QuietHeartbeatTest {

    private static final int ROUNDS = 2_000;
    private static final int LINKS = 2;
    private static final TimeBudget LAN = TimeBudget.lan();
    private static final Incarnation PEER = Incarnation.of(2, 1);

    /** Counts, and keeps nothing. */
    private static final class Counting implements Outbox<HeartbeatNews> {
        private long casts;
        private long news;

        @Override
        public void send(NodeId to, Message message) {
            throw new AssertionError("a heartbeat sends " + message);
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            casts++;
        }

        @Override
        public void perform(Effect effect) {
            throw new AssertionError("a heartbeat performs " + effect);
        }

        @Override
        public void announce(HeartbeatNews announced) {
            news++;
        }
    }

    @Test
    void neitherArrivalsNorPulsesAllocateAnything() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Heartbeat heartbeat = new Heartbeat(
                Incarnation.of(1, 1), NodeSet.of(NodeId.of(2), NodeId.of(3)), LINKS, LAN, 0);
        Counting out = new Counting();
        Arrived[] arrivals = new Arrived[2 * ROUNDS];
        for (int i = 0; i < arrivals.length; i++) {
            arrivals[i] = new Arrived(PEER, i % LINKS, new Pulse(i, NodeSet.of(NodeId.of(1)), false));
        }
        run(heartbeat, arrivals, 0, ROUNDS, out);
        long newsBefore = out.news;
        long castsBefore = out.casts;
        long bytesBefore = threads.getCurrentThreadAllocatedBytes();
        run(heartbeat, arrivals, ROUNDS, 2 * ROUNDS, out);
        long bytes = threads.getCurrentThreadAllocatedBytes() - bytesBefore;

        assertThat(out.news).isEqualTo(newsBefore);
        long pulses = (out.casts - castsBefore) / 2;
        assertThat(pulses).isGreaterThan(ROUNDS / 2);
        // What the measuring itself may take; one object for each pulse would be ten times that.
        assertThat(bytes).isLessThanOrEqualTo(4_096);
    }

    private static void run(Heartbeat heartbeat, Arrived[] arrivals, int from, int to, Counting out) {
        for (int i = from; i < to; i++) {
            long now = i * (LAN.pulseNs() / 2);
            heartbeat.step(arrivals[i], now, out);
            if (heartbeat.deadline() <= now) {
                heartbeat.due(now, out);
            }
        }
    }
}
