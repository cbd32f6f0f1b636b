package io.muster.heartbeat;

import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;

/**
 * The bytes of {@link HeartbeatMessage}.
 *
 * <pre>
 * offset length type  meaning
 *      0      1 u8    1: pulse
 *      1      8 i64   sequence, not negative
 *      9      8 u64   heard: bit i is node i
 *     17      1 u8    answer wanted: 0 or 1
 * </pre>
 */
public final class HeartbeatCodec implements Codec<HeartbeatMessage> {

    private static final int PULSE = 1;

    @Override
    public void encode(HeartbeatMessage message, ByteWriter to) {
        switch (message) {
            case Pulse pulse -> to.u8(PULSE).i64(pulse.sequence()).nodes(pulse.heard()).bool(pulse.answer());
        }
    }

    @Override
    public HeartbeatMessage decode(ByteReader from) throws MalformedFrame {
        int kind = from.u8();
        if (kind != PULSE) {
            throw new MalformedFrame("heartbeat message kind " + kind);
        }
        return new Pulse(from.count(), from.nodes(), from.bool());
    }
}
