package io.muster.wire;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.VersionRange;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing buffer with the encodings of {@link ByteReader}; all numbers are big-endian. */
public final class ByteWriter {

    private byte[] buffer;
    private int length;
    private int protocol = FrameHeader.PROTOCOLS.highest();

    public ByteWriter() {
        this(256);
    }

    public ByteWriter(int capacity) {
        buffer = new byte[capacity];
    }

    public ByteWriter u8(int value) {
        ensure(1);
        buffer[length++] = (byte) value;
        return this;
    }

    public ByteWriter u16(int value) {
        return u8(value >>> 8).u8(value);
    }

    public ByteWriter i32(int value) {
        return u16(value >>> 16).u16(value);
    }

    public ByteWriter i64(long value) {
        return i32((int) (value >>> 32)).i32((int) value);
    }

    public ByteWriter bool(boolean value) {
        return u8(value ? 1 : 0);
    }

    public ByteWriter node(NodeId node) {
        return u8(node.number());
    }

    /** Nodes alone: sets of voters are written one by one. */
    public ByteWriter nodes(NodeSet nodes) {
        if (nodes.disks() != 0) {
            throw new IllegalArgumentException("%s has disks in it".formatted(nodes));
        }
        return i64(nodes.bits());
    }

    public ByteWriter incarnation(Incarnation who) {
        return node(who.node()).i64(who.life());
    }

    public ByteWriter range(VersionRange range) {
        return u16(range.lowest()).u16(range.highest());
    }

    /** UTF-8 behind its length in bytes as 16 bits. */
    public ByteWriter text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > ByteReader.TEXT_LIMIT_BYTES) {
            throw new IllegalArgumentException("a text of %d bytes; at most %d".formatted(
                    bytes.length, ByteReader.TEXT_LIMIT_BYTES));
        }
        return u16(bytes.length).raw(bytes);
    }

    /** The bytes behind their length as 32 bits. */
    public ByteWriter bytes(Bytes bytes) {
        return i32(bytes.length()).raw(bytes.shared());
    }

    public ByteWriter raw(byte[] bytes) {
        ensure(bytes.length);
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
        return this;
    }

    /** From here on fields of later protocol versions are left out: a codec looks at {@link #protocol}. */
    public ByteWriter speaking(int version) {
        protocol = version;
        return this;
    }

    /** The protocol version that is being written; codecs leave out fields that a later one brought. */
    public int protocol() {
        return protocol;
    }

    public int length() {
        return length;
    }

    public byte[] toArray() {
        return Arrays.copyOf(buffer, length);
    }

    private void ensure(int more) {
        if (length + more > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(length + more, 2 * buffer.length));
        }
    }
}
