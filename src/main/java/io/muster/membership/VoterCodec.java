package io.muster.membership;

import io.muster.base.NodeId;
import io.muster.ledger.VotePolicy;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The bytes of {@link VoterMessage}: one for the kind, then its fields in order.
 *
 * <pre>
 * kind  fields
 * 1     record shown: id i64
 * 2     change ask: votes: u16 n, n x (node u8, votes u16), nodes ascending; threshold u32; policy u8, 255 for none;
 *       floor u8; reason, a text
 * </pre>
 */
public final class VoterCodec implements Codec<VoterMessage> {

    private static final int RECORD_SHOWN = 1;
    private static final int CHANGE_ASK = 2;
    private static final int NO_POLICY = 255;

    @Override
    public void encode(VoterMessage message, ByteWriter to) {
        switch (message) {
            case VoterMessage.RecordShown(long recordId) -> to.u8(RECORD_SHOWN).i64(recordId);
            case VoterMessage.ChangeAsk(VoterChange change, String reason) -> {
                to.u8(CHANGE_ASK).u16(change.votes().size());
                change.votes().forEach((node, votes) -> to.node(node).u16(votes));
                to.i32(change.threshold()).u8(change.policy().map(VotePolicy::ordinal).orElse(NO_POLICY))
                        .u8(change.floor()).text(reason);
            }
        }
    }

    @Override
    public VoterMessage decode(ByteReader from) throws MalformedFrame {
        int kind = from.u8();
        return switch (kind) {
            case RECORD_SHOWN -> new VoterMessage.RecordShown(from.i64());
            case CHANGE_ASK -> new VoterMessage.ChangeAsk(change(from), from.text());
            default -> throw new MalformedFrame("voter message kind " + kind);
        };
    }

    private static VoterChange change(ByteReader from) throws MalformedFrame {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        for (int left = from.size(NodeId.LIMIT); left > 0; left--) {
            NodeId node = from.voter();
            if (!votes.isEmpty() && votes.lastKey().compareTo(node) >= 0) {
                throw new MalformedFrame("%s after %s".formatted(node, votes.lastKey()));
            }
            votes.put(node, from.u16());
        }
        int threshold = from.i32();
        int policy = from.u8();
        int floor = from.u8();
        if (policy != NO_POLICY && policy >= VotePolicy.values().length) {
            throw new MalformedFrame("policy " + policy);
        }
        try {
            return new VoterChange(votes, threshold,
                    policy == NO_POLICY ? Optional.empty() : Optional.of(VotePolicy.values()[policy]), floor);
        } catch (IllegalArgumentException e) {
            throw new MalformedFrame(e.getMessage());
        }
    }
}
