package io.muster.recovery;

import io.muster.group.GroupCodec;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;

/**
 * The bytes of {@link RecoveryMessage}: a tag, then group text, generation i64, phase u8 (its place in {@link Phase}).
 *
 * <pre>
 * tag  message    behind the phase
 *   1  Through    informed bool
 *   2  Withdrawn  reason text
 * </pre>
 */
public final class RecoveryCodec implements Codec<RecoveryMessage> {

    private static final int THROUGH = 1;
    private static final int WITHDRAWN = 2;

    @Override
    public void encode(RecoveryMessage message, ByteWriter to) {
        switch (message) {
            case RecoveryMessage.Through(GroupName group, long generation, Phase phase, boolean informed) ->
                to.u8(THROUGH).text(group.text()).i64(generation).u8(phase.ordinal()).bool(informed);
            case RecoveryMessage.Withdrawn(GroupName group, long generation, Phase phase, String reason) ->
                to.u8(WITHDRAWN).text(group.text()).i64(generation).u8(phase.ordinal()).text(reason);
        }
    }

    @Override
    public RecoveryMessage decode(ByteReader from) throws MalformedFrame {
        int tag = from.u8();
        return switch (tag) {
            case THROUGH ->
                new RecoveryMessage.Through(GroupCodec.name(from), from.count(), phase(from), from.bool());
            case WITHDRAWN ->
                new RecoveryMessage.Withdrawn(GroupCodec.name(from), from.count(), phase(from), from.text());
            default -> throw new MalformedFrame("recovery message " + tag);
        };
    }

    private static Phase phase(ByteReader from) throws MalformedFrame {
        int place = from.u8();
        Phase[] phases = Phase.values();
        if (place >= phases.length) {
            throw new MalformedFrame("phase " + place);
        }
        return phases[place];
    }
}
