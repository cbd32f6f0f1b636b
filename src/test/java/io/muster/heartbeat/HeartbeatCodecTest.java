package io.muster.heartbeat;

import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.wire.CodecChecks;
import org.junit.jupiter.api.Test;

final class HeartbeatCodecTest {

    @Test
    void everyMessageComesBackAndNothingElsePasses() {
        Prng chance = new Prng(1);
        CodecChecks.check(new HeartbeatCodec(), new Pulse(77, NodeSet.NONE, true));
        for (int i = 0; i < 200; i++) {
            CodecChecks.check(new HeartbeatCodec(),
                    new Pulse(chance.nextLong() >>> 1, new NodeSet(chance.nextLong() & ~1L), chance.chance(0.5)));
        }
    }
}
