package io.muster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The quick way of a pulse against the only one that is specified. */
class PulseFrameTest {

    private static final Incarnation SELF = Incarnation.of(1, 3);
    private static final Incarnation PEER = Incarnation.of(2, 1);

    private final FrameCodec codec = new FrameCodec(new ClusterId(1, 2));
    private final PulseFrame frames = new PulseFrame(codec, SELF);
    private final Prng chance = new Prng(5);

    @Test
    @DisplayName("000-16: what it encodes is what the codec encodes, byte for byte")
    void itEncodesAsTheCodec() {
        for (int i = 0; i < 5_000; i++) {
            Pulse pulse = anyPulse();
            assertThat(frames.encode(pulse)).isEqualTo(codec.encode(SELF, pulse));
        }
    }

    @Test
    @DisplayName("000-16: what it reads is what the codec reads, once the codec has read one of that life")
    void itReadsAsTheCodec() throws MalformedFrame {
        byte[] first = codec.encode(PEER, anyPulse());
        assertThat(frames.decode(first)).isFalse();
        frames.learn(first, codec.decode(first));
        for (int i = 0; i < 5_000; i++) {
            byte[] frame = codec.encode(PEER, anyPulse());
            assertThat(frames.decode(frame)).isTrue();
            assertThat(new Envelope(new ClusterId(1, 2), frames.from(), frames.pulse())).isEqualTo(codec.decode(frame));
        }
    }

    @Test
    @DisplayName("every flipped bit and every other life is left to the codec")
    void anythingElseIsLeftToTheCodec() throws MalformedFrame {
        byte[] first = codec.encode(PEER, anyPulse());
        frames.learn(first, codec.decode(first));
        for (int bit = 0; bit < 8 * first.length; bit++) {
            byte[] hurt = first.clone();
            hurt[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(frames.decode(hurt)).as("bit %d", bit).isFalse();
            assertThatThrownBy(() -> codec.decode(hurt)).isInstanceOf(MalformedFrame.class);
        }
        assertThat(frames.decode(codec.encode(Incarnation.of(2, 2), anyPulse()))).isFalse();
        assertThat(frames.decode(codec.encode(Incarnation.of(3, 1), anyPulse()))).isFalse();
        assertThat(frames.decode(new FrameCodec(new ClusterId(9, 9)).encode(PEER, anyPulse()))).isFalse();
        assertThat(frames.decode(new byte[0])).isFalse();
    }

    @Test
    @DisplayName("a content that the codec refuses is not read, though its checksum holds")
    void whatTheCodecRefusesIsNotRead() throws MalformedFrame {
        byte[] first = codec.encode(PEER, anyPulse());
        frames.learn(first, codec.decode(first));
        PulseFrame forger = new PulseFrame(codec, PEER);
        byte[] negative = forger.encode(new Pulse(-1, NodeSet.NONE, false));
        assertThatThrownBy(() -> codec.decode(negative)).isInstanceOf(MalformedFrame.class);
        assertThat(frames.decode(negative)).isFalse();
    }

    private Pulse anyPulse() {
        return new Pulse(chance.nextLong(Long.MAX_VALUE), new NodeSet(chance.nextLong(Long.MAX_VALUE) & ~1L),
                chance.nextInt(2) == 0);
    }
}
