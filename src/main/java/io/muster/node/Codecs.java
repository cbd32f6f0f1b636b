package io.muster.node;

import io.muster.fence.FenceCodec;
import io.muster.fence.FenceMessage;
import io.muster.group.BarrierCodec;
import io.muster.group.BarrierMessage;
import io.muster.group.ChannelCodec;
import io.muster.group.ChannelMessage;
import io.muster.group.GroupCodec;
import io.muster.group.GroupMessage;
import io.muster.heartbeat.HeartbeatCodec;
import io.muster.heartbeat.HeartbeatMessage;
import io.muster.ledger.LedgerCodec;
import io.muster.ledger.LedgerMessage;
import io.muster.machine.Message;
import io.muster.membership.MembershipCodec;
import io.muster.membership.MembershipMessage;
import io.muster.membership.VoterCodec;
import io.muster.membership.VoterMessage;
import io.muster.recovery.RecoveryCodec;
import io.muster.recovery.RecoveryMessage;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;

/**
 * The number of every message family, as it stands in {@link io.muster.wire.FrameHeader#kind}. A number is never used
 * again for another family.
 */
final class Codecs {

    private static final int HEARTBEAT = 1;
    private static final int LEDGER = 2;
    private static final int MEMBERSHIP = 3;
    private static final int FENCE = 4;
    private static final int GROUP = 5;
    private static final int RECOVERY = 6;
    private static final int PORT = 7;
    private static final int CHANNEL = 8;
    private static final int BARRIER = 9;
    private static final int VOTER = 11;

    private final HeartbeatCodec heartbeat = new HeartbeatCodec();
    private final LedgerCodec ledger = new LedgerCodec();
    private final MembershipCodec membership = new MembershipCodec();
    private final FenceCodec fence = new FenceCodec();
    private final GroupCodec group = new GroupCodec();
    private final RecoveryCodec recovery = new RecoveryCodec();
    private final PortCodec port = new PortCodec();
    private final ChannelCodec channel = new ChannelCodec();
    private final BarrierCodec barrier = new BarrierCodec();
    private final VoterCodec voter = new VoterCodec();

    int kindOf(Message message) {
        return switch (message) {
            case HeartbeatMessage _ -> HEARTBEAT;
            case LedgerMessage _ -> LEDGER;
            case MembershipMessage _ -> MEMBERSHIP;
            case FenceMessage _ -> FENCE;
            case GroupMessage _ -> GROUP;
            case RecoveryMessage _ -> RECOVERY;
            case PortMessage _ -> PORT;
            case ChannelMessage _ -> CHANNEL;
            case BarrierMessage _ -> BARRIER;
            case VoterMessage _ -> VOTER;
            default -> throw new IllegalArgumentException("no codec for " + message.getClass());
        };
    }

    void encode(Message message, ByteWriter to) {
        switch (message) {
            case HeartbeatMessage m -> heartbeat.encode(m, to);
            case LedgerMessage m -> ledger.encode(m, to);
            case MembershipMessage m -> membership.encode(m, to);
            case FenceMessage m -> fence.encode(m, to);
            case GroupMessage m -> group.encode(m, to);
            case RecoveryMessage m -> recovery.encode(m, to);
            case PortMessage m -> port.encode(m, to);
            case ChannelMessage m -> channel.encode(m, to);
            case BarrierMessage m -> barrier.encode(m, to);
            case VoterMessage m -> voter.encode(m, to);
            default -> throw new IllegalArgumentException("no codec for " + message.getClass());
        }
    }

    Message decode(int kind, ByteReader from) throws MalformedFrame {
        return switch (kind) {
            case HEARTBEAT -> heartbeat.decode(from);
            case LEDGER -> ledger.decode(from);
            case MEMBERSHIP -> membership.decode(from);
            case FENCE -> fence.decode(from);
            case GROUP -> group.decode(from);
            case RECOVERY -> recovery.decode(from);
            case PORT -> port.decode(from);
            case CHANNEL -> channel.decode(from);
            case BARRIER -> barrier.decode(from);
            case VOTER -> voter.decode(from);
            default -> throw new MalformedFrame("message kind " + kind);
        };
    }
}
