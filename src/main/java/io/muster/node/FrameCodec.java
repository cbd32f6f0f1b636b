package io.muster.node;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.VersionRange;
import io.muster.machine.Message;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Envelope;
import io.muster.wire.FrameHeader;
import io.muster.wire.MalformedFrame;
import java.util.zip.CRC32C;

/**
 * Whole frames to bytes and back for one cluster; {@link FrameHeader} is the layout. What does not fit is refused as
 * early as it is known: length, then checksum, then version, then cluster, and only then is the message read.
 */
public final class FrameCodec {

    private final ClusterId cluster;
    private final Codecs codecs = new Codecs();

    private final VersionRange protocols;

    public FrameCodec(ClusterId cluster) {
        this(cluster, FrameHeader.PROTOCOLS);
    }

    /** @param protocols the versions that are read */
    public FrameCodec(ClusterId cluster, VersionRange protocols) {
        this.cluster = cluster;
        this.protocols = protocols;
    }

    /** A whole frame in the highest version. */
    public byte[] encode(Incarnation from, Message message) {
        return encode(protocols.highest(), from, message);
    }

    /**
     * A whole frame.
     *
     * @param protocol the version to write, one that the receiver speaks
     * @throws IllegalArgumentException when the message does not fit into {@link FrameHeader#LIMIT_BYTES}
     */
    public byte[] encode(int protocol, Incarnation from, Message message) {
        ByteWriter body = new ByteWriter().speaking(protocol);
        codecs.encode(message, body);
        int length = FrameHeader.BYTES + body.length() + FrameHeader.CHECKSUM_BYTES;
        if (length > FrameHeader.LIMIT_BYTES) {
            throw new IllegalArgumentException("a frame of %d bytes; at most %d".formatted(
                    length, FrameHeader.LIMIT_BYTES));
        }
        ByteWriter frame = new ByteWriter(length);
        frame.i32(FrameHeader.MAGIC).i32(length).u16(protocol).u16(codecs.kindOf(message));
        frame.i64(cluster.high()).i64(cluster.low()).incarnation(from).raw(body.toArray());
        byte[] unsealed = frame.toArray();
        return frame.i32(checksum(unsealed, unsealed.length)).toArray();
    }

    /**
     * Reads a whole frame.
     *
     * @throws MalformedFrame for anything that is not exactly one frame of this cluster, protocol and checksum
     */
    public Envelope decode(byte[] frame) throws MalformedFrame {
        if (frame.length < FrameHeader.BYTES + FrameHeader.CHECKSUM_BYTES) {
            throw new MalformedFrame("a frame of %d bytes".formatted(frame.length));
        }
        if (FrameHeader.lengthOf(frame) != frame.length) {
            throw new MalformedFrame("%d bytes that say they are %d".formatted(
                    frame.length, FrameHeader.lengthOf(frame)));
        }
        int bodyEnd = frame.length - FrameHeader.CHECKSUM_BYTES;
        if (new ByteReader(frame, bodyEnd, FrameHeader.CHECKSUM_BYTES).i32() != checksum(frame, bodyEnd)) {
            throw new MalformedFrame("checksum");
        }
        FrameHeader header = header(frame);
        if (!protocols.contains(header.protocol())) {
            throw new MalformedFrame("protocol version %d of %s; this program speaks %s".formatted(
                    header.protocol(), header.from(), protocols));
        }
        if (!header.cluster().equals(cluster)) {
            throw new MalformedFrame("cluster %s, not %s".formatted(header.cluster(), cluster));
        }
        ByteReader body = new ByteReader(frame, FrameHeader.BYTES, bodyEnd - FrameHeader.BYTES).speaking(header.protocol());
        Message message = codecs.decode(header.kind(), body);
        body.end();
        return new Envelope(header.cluster(), header.from(), message);
    }

    private static FrameHeader header(byte[] frame) throws MalformedFrame {
        ByteReader reader = new ByteReader(frame, FrameHeader.PREFIX_BYTES, FrameHeader.BYTES - FrameHeader.PREFIX_BYTES);
        int protocol = reader.u16();
        int kind = reader.u16();
        ClusterId id = new ClusterId(reader.i64(), reader.i64());
        return new FrameHeader(frame.length, protocol, kind, id, reader.incarnation());
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
