package io.muster.group;

import io.muster.base.NodeSet;
import io.muster.ledger.BarrierName;
import io.muster.ledger.StateCodec;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;

/** The bytes of {@link BarrierMessage}: a tag u8, two texts (group, barrier), then 1 Enter: u63; 2 Missing: u64. */
public final class BarrierCodec implements Codec<BarrierMessage> {

    private static final int ENTER = 1;
    private static final int MISSING = 2;

    @Override
    public void encode(BarrierMessage message, ByteWriter to) {
        switch (message) {
            case BarrierMessage.Enter(BarrierName barrier, long since) -> {
                to.u8(ENTER);
                StateCodec.encode(barrier, to);
                to.i64(since);
            }
            case BarrierMessage.Missing(BarrierName barrier, NodeSet nodes) -> {
                to.u8(MISSING);
                StateCodec.encode(barrier, to);
                to.nodes(nodes);
            }
        }
    }

    @Override
    public BarrierMessage decode(ByteReader from) throws MalformedFrame {
        int tag = from.u8();
        return switch (tag) {
            case ENTER -> new BarrierMessage.Enter(StateCodec.barrierName(from), from.count());
            case MISSING -> new BarrierMessage.Missing(StateCodec.barrierName(from), from.nodes());
            default -> throw new MalformedFrame("barrier message " + tag);
        };
    }
}
