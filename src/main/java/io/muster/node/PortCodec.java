package io.muster.node;

import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;

/**
 * The bytes of {@link PortMessage}.
 *
 * <pre>
 * offset length type  meaning
 *      0      1 u8    1: data; 2: taken
 *      1      9       the life it is meant for
 *     10      8 u63   sequence
 *                     data only:
 *     18      2 u16   port
 *     20      4 u32   n, at most {@link Ports#BYTES_LIMIT}
 *     24      n       content
 * </pre>
 */
final class PortCodec implements Codec<PortMessage> {

    private static final int DATA = 1;
    private static final int TAKEN = 2;

    @Override
    public void encode(PortMessage message, ByteWriter to) {
        switch (message) {
            case PortMessage.Data(var life, long sequence, int port, var content) ->
                to.u8(DATA).incarnation(life).i64(sequence).u16(port).bytes(content);
            case PortMessage.Taken(var life, long sequence) -> to.u8(TAKEN).incarnation(life).i64(sequence);
        }
    }

    @Override
    public PortMessage decode(ByteReader from) throws MalformedFrame {
        int kind = from.u8();
        return switch (kind) {
            case DATA -> new PortMessage.Data(
                    from.incarnation(), from.count(), from.u16(), from.bytes(Ports.BYTES_LIMIT));
            case TAKEN -> new PortMessage.Taken(from.incarnation(), from.count());
            default -> throw new MalformedFrame("port message kind " + kind);
        };
    }
}
