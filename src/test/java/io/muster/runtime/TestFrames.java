package io.muster.runtime;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.machine.Message;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Envelope;
import io.muster.wire.FrameHeader;
import io.muster.wire.MalformedFrame;
import java.util.zip.CRC32C;

/** Frames of the real layout around one kind of message that holds any bytes. */
public record TestFrames(ClusterId cluster, Incarnation self) implements Frames {

    public record Words(Bytes content) implements Message {

        public static Words of(String text) {
            return new Words(Bytes.owning(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        }

        public static Words ofLength(int length) {
            return new Words(Bytes.owning(new byte[length]));
        }
    }

    byte[] encode(Message message) {
        return encode(FrameHeader.PROTOCOLS.highest(), message);
    }

    @Override
    public byte[] encode(int protocol, Message message) {
        Bytes content = ((Words) message).content();
        ByteWriter writer = new ByteWriter()
                .i32(FrameHeader.MAGIC)
                .i32(FrameHeader.BYTES + 4 + content.length() + FrameHeader.CHECKSUM_BYTES)
                .u16(protocol).u16(0)
                .i64(cluster.high()).i64(cluster.low())
                .incarnation(self)
                .bytes(content);
        return writer.i32(checksum(writer.toArray(), writer.length())).toArray();
    }

    @Override
    public Envelope decode(byte[] frame) throws MalformedFrame {
        int length = FrameHeader.lengthOf(frame);
        if (length != frame.length || new ByteReader(frame, length - 4, 4).i32() != checksum(frame, length - 4)) {
            throw new MalformedFrame("length or checksum");
        }
        ByteReader reader = new ByteReader(frame, FrameHeader.PREFIX_BYTES + 4, length - FrameHeader.PREFIX_BYTES - 8);
        ClusterId from = new ClusterId(reader.i64(), reader.i64());
        if (!from.equals(cluster)) {
            throw new MalformedFrame("cluster " + from);
        }
        return new Envelope(from, reader.incarnation(), new Words(reader.bytes(FrameHeader.LIMIT_BYTES)));
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
