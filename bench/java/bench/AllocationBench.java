package bench;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.Heartbeat;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.node.FrameCodec;
import io.muster.node.PulseFrame;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What a quiet heartbeat leaves the collector: its machine, the frames of its pulses, and both together. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AllocationBench {

    @Param({"3", "16"})
    public int nodes;
    @Param({"2"})
    public int links;

    private static final long PULSE_NS = TimeBudget.lan().pulseNs();

    private final FrameCodec codec = new FrameCodec(new ClusterId(1, 2));
    private final Counting out = new Counting();
    private Heartbeat heartbeat;
    private PulseFrame own;
    private PulseFrame[] peers;
    private Incarnation[] lives;
    private Pulse[] pulses;
    private long now;
    private long sequence;

    @Setup
    public void form() throws Exception {
        NodeSet all = NodeSet.NONE;
        for (int i = 1; i <= nodes; i++) {
            all = all.with(NodeId.of(i));
        }
        heartbeat = new Heartbeat(Incarnation.of(1, 1), all, links, TimeBudget.lan(), 0);
        own = new PulseFrame(codec, Incarnation.of(1, 1));
        peers = new PulseFrame[nodes + 1];
        lives = new Incarnation[nodes + 1];
        pulses = new Pulse[nodes + 1];
        for (int i = 2; i <= nodes; i++) {
            lives[i] = Incarnation.of(i, 1);
            peers[i] = new PulseFrame(codec, lives[i]);
            pulses[i] = new Pulse(0, all, false);
            byte[] first = codec.encode(lives[i], pulses[i]);
            own.learn(first, codec.decode(first));
        }
        // Until everybody is heard and no state of a link is new.
        for (int i = 0; i < 100; i++) {
            period();
        }
    }

    /** One pulse period of a node: all pulses out, one of each peer on each link in. */
    @Benchmark
    public long machine() {
        period();
        return out.casts;
    }

    @Benchmark
    public int encode() {
        return own.encode(pulses[2].become(++sequence, pulses[2].heard(), false))[40];
    }

    /** With the encoding at the peer. */
    @Benchmark
    public boolean encodeAndDecode() {
        return own.decode(peers[2].encode(pulses[2].become(++sequence, pulses[2].heard(), false)));
    }

    /** As {@link #machine}, with every pulse as bytes on its way in and out. */
    @Benchmark
    public long machineAndCodec() {
        now += PULSE_NS;
        sequence++;
        for (int link = 0; link < links; link++) {
            for (int i = 2; i <= nodes; i++) {
                if (own.decode(peers[i].encode(pulses[i].become(sequence, pulses[i].heard(), false)))) {
                    heartbeat.pulsed(own.from(), link, own.pulse(), now, out);
                }
            }
        }
        out.encode = own;
        heartbeat.due(now, out);
        out.encode = null;
        return out.casts;
    }

    /** The way before: what the codec for all messages makes of a pulse and back. */
    @Benchmark
    public Object codecOfAllMessages() throws Exception {
        return codec.decode(codec.encode(lives[2], pulses[2].become(++sequence, pulses[2].heard(), false)));
    }

    private void period() {
        now += PULSE_NS;
        sequence++;
        for (int link = 0; link < links; link++) {
            for (int i = 2; i <= nodes; i++) {
                heartbeat.pulsed(lives[i], link, pulses[i].become(sequence, pulses[i].heard(), false), now, out);
            }
        }
        heartbeat.due(now, out);
    }

    private static final class Counting implements Outbox<HeartbeatNews> {

        private long casts;
        private PulseFrame encode;

        @Override
        public void send(NodeId to, Message message) {
            throw new IllegalStateException("a heartbeat sends " + message);
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            casts++;
            if (encode != null) {
                casts += encode.encode((Pulse) message)[45] & 1;
            }
        }

        @Override
        public void perform(Effect effect) {
            throw new IllegalStateException("a heartbeat performs " + effect);
        }

        @Override
        public void announce(HeartbeatNews news) {
            // Before the first measured period.
        }
    }
}
