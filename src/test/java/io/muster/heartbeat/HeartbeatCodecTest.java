package io.muster.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class HeartbeatCodecTest {

    private final HeartbeatCodec codec = new HeartbeatCodec();

    @Test
    void encodeThenDecodeIsIdentity() throws MalformedFrame {
        Prng chance = new Prng(1);
        for (int i = 0; i < 1_000; i++) {
            Pulse pulse = pulse(chance);
            assertThat(read(encode(pulse))).isEqualTo(pulse);
        }
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] bytes = encode(new Pulse(77, NodeSet.NONE, true));
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> read(cut)).isInstanceOf(MalformedFrame.class);
        }
    }

    @Test
    void aFlippedBitIsRefusedOrMeansSomethingElse() {
        Prng chance = new Prng(2);
        for (int i = 0; i < 50; i++) {
            Pulse pulse = pulse(chance);
            byte[] bytes = encode(pulse);
            for (int bit = 0; bit < bytes.length * 8; bit++) {
                byte[] flipped = bytes.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                try {
                    assertThat(read(flipped)).isNotEqualTo(pulse);
                } catch (MalformedFrame refused) {
                    assertThat(refused).hasMessageMatching(".+");
                }
            }
        }
    }

    private static Pulse pulse(Prng chance) {
        return new Pulse(chance.nextLong() >>> 1, new NodeSet(chance.nextLong() & ~1L), chance.chance(0.5));
    }

    private byte[] encode(Pulse pulse) {
        ByteWriter writer = new ByteWriter();
        codec.encode(pulse, writer);
        return writer.toArray();
    }

    private HeartbeatMessage read(byte[] bytes) throws MalformedFrame {
        ByteReader reader = new ByteReader(bytes);
        HeartbeatMessage message = codec.decode(reader);
        reader.end();
        return message;
    }
}
