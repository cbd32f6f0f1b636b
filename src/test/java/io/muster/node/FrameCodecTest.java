package io.muster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.group.GroupMessage;
import io.muster.heartbeat.HeartbeatMessage;
import io.muster.ledger.Ballot;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerMessage;
import io.muster.ledger.Phase;
import io.muster.machine.Message;
import io.muster.membership.MembershipMessage;
import io.muster.recovery.RecoveryMessage;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FrameCodecTest {

    private static final ClusterId CLUSTER = new ClusterId(1, 2);
    private static final Incarnation SENDER = Incarnation.of(3, 7);

    private final FrameCodec codec = new FrameCodec(CLUSTER);

    private static final List<Message> ONE_OF_EACH_FAMILY = List.of(
            new HeartbeatMessage.Pulse(9, NodeSet.of(NodeId.of(1)), true),
            new LedgerMessage.Beat(new Ballot(4, SENDER), 5, 6),
            new MembershipMessage.JoinAsk(new HostProcess("host", "boot", "ns", 10, 20)),
            new io.muster.fence.FenceMessage.Ceased(new Ballot(4, SENDER), 1, 2),
            new GroupMessage.JoinAsk(new GroupName("g"), 3),
            new RecoveryMessage.Through(new GroupName("g"), 3, Phase.LOCKS, true));

    @Test
    @DisplayName("a frame of every family is read back with its cluster and the life of its sender")
    void framesAreReadBack() throws MalformedFrame {
        for (Message message : ONE_OF_EACH_FAMILY) {
            assertThat(codec.decode(codec.encode(SENDER, message))).isEqualTo(new Envelope(CLUSTER, SENDER, message));
        }
    }

    @Test
    @DisplayName("every truncation, every longer frame and every flipped bit is refused")
    void damageIsRefused() {
        for (Message message : ONE_OF_EACH_FAMILY) {
            byte[] frame = codec.encode(SENDER, message);
            for (int length = 0; length < frame.length; length++) {
                byte[] cut = java.util.Arrays.copyOf(frame, length);
                assertThatThrownBy(() -> codec.decode(cut)).isInstanceOf(MalformedFrame.class);
            }
            byte[] longer = java.util.Arrays.copyOf(frame, frame.length + 1);
            assertThatThrownBy(() -> codec.decode(longer)).isInstanceOf(MalformedFrame.class);
            for (int bit = 0; bit < frame.length * 8; bit++) {
                byte[] flipped = frame.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                assertThatThrownBy(() -> codec.decode(flipped)).isInstanceOf(MalformedFrame.class);
            }
        }
    }

    @Test
    @DisplayName("noise is refused and throws nothing else")
    void noiseIsRefused() {
        Prng chance = new Prng(11);
        for (int round = 0; round < 20_000; round++) {
            byte[] noise = new byte[chance.nextInt(200)];
            for (int i = 0; i < noise.length; i++) {
                noise[i] = (byte) chance.nextInt(256);
            }
            assertThatThrownBy(() -> codec.decode(noise)).isInstanceOf(MalformedFrame.class);
        }
    }

    @Test
    @DisplayName("a frame of another cluster is refused and says so")
    void anotherClusterIsRefused() {
        byte[] frame = new FrameCodec(new ClusterId(1, 3)).encode(SENDER, ONE_OF_EACH_FAMILY.getFirst());
        assertThatThrownBy(() -> codec.decode(frame)).isInstanceOf(MalformedFrame.class).hasMessageContaining("cluster");
    }
}
