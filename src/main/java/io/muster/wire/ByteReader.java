package io.muster.wire;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.VersionRange;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A bounds-checked cursor over bytes from outside: anything short or odd is a {@link MalformedFrame}, never an index error. */
public final class ByteReader {

    /** The longest text, in bytes of UTF-8. */
    public static final int TEXT_LIMIT_BYTES = 4096;

    private final byte[] content;
    private final int end;
    private int at;
    private int protocol = FrameHeader.PROTOCOLS.highest();

    public ByteReader(byte[] content) {
        this(content, 0, content.length);
    }

    public ByteReader(byte[] content, int from, int length) {
        this.content = content;
        this.at = from;
        this.end = from + length;
    }

    public int u8() throws MalformedFrame {
        need(1);
        return content[at++] & 0xFF;
    }

    public int u16() throws MalformedFrame {
        return u8() << 8 | u8();
    }

    public int i32() throws MalformedFrame {
        return u16() << 16 | u16();
    }

    public long i64() throws MalformedFrame {
        return (long) i32() << 32 | i32() & 0xFFFFFFFFL;
    }

    /** A number that must not be negative. */
    public long count() throws MalformedFrame {
        long value = i64();
        if (value < 0) {
            throw new MalformedFrame("a count of " + value);
        }
        return value;
    }

    /** A 16-bit number of things, at most {@code limit}. */
    public int size(int limit) throws MalformedFrame {
        int value = u16();
        if (value > limit) {
            throw new MalformedFrame("%d things where at most %d are allowed".formatted(value, limit));
        }
        return value;
    }

    public boolean bool() throws MalformedFrame {
        int value = u8();
        if (value > 1) {
            throw new MalformedFrame("a truth value of " + value);
        }
        return value == 1;
    }

    public NodeId node() throws MalformedFrame {
        int number = u8();
        if (number < 1 || number >= NodeId.LIMIT) {
            throw new MalformedFrame("node number " + number);
        }
        return NodeId.of(number);
    }

    /** A node, or a disk that votes. */
    public NodeId voter() throws MalformedFrame {
        int number = u8();
        if (number < 1 || number >= NodeId.VOTERS_LIMIT) {
            throw new MalformedFrame("voter number " + number);
        }
        return new NodeId(number);
    }

    /** Nodes alone. */
    public NodeSet nodes() throws MalformedFrame {
        return new NodeSet(i64());
    }

    public Incarnation incarnation() throws MalformedFrame {
        NodeId node = node();
        long life = i64();
        if (life < 1) {
            throw new MalformedFrame("life " + life);
        }
        return new Incarnation(node, life);
    }

    public VersionRange range() throws MalformedFrame {
        int lowest = u16();
        int highest = u16();
        if (lowest < 1 || highest < lowest) {
            throw new MalformedFrame("versions %d to %d".formatted(lowest, highest));
        }
        return new VersionRange(lowest, highest);
    }

    public String text() throws MalformedFrame {
        int length = u16();
        if (length > TEXT_LIMIT_BYTES) {
            throw new MalformedFrame("a text of %d bytes".formatted(length));
        }
        need(length);
        if (isAscii(length)) {
            String text = new String(content, at, length, StandardCharsets.US_ASCII);
            at += length;
            return text;
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content, at, length)).toString();
            at += length;
            return text;
        } catch (CharacterCodingException e) {
            throw new MalformedFrame("a text that is not UTF-8");
        }
    }

    /** Bytes behind their length as 32 bits, at most {@code limit}. */
    public Bytes bytes(int limit) throws MalformedFrame {
        int length = i32();
        if (length < 0 || length > limit) {
            throw new MalformedFrame("%d bytes where at most %d are allowed".formatted(length, limit));
        }
        need(length);
        byte[] bytes = Arrays.copyOfRange(content, at, at + length);
        at += length;
        return Bytes.owning(bytes);
    }

    /** What follows was written in this protocol version. */
    public ByteReader speaking(int version) {
        protocol = version;
        return this;
    }

    /** The protocol version that is being read; codecs expect no field that a later one brought. */
    public int protocol() {
        return protocol;
    }

    public int left() {
        return end - at;
    }

    /** Call when all has been read: what is too long is as wrong as what is too short. */
    public void end() throws MalformedFrame {
        if (at != end) {
            throw new MalformedFrame("%d bytes too many".formatted(end - at));
        }
    }

    /** Nearly all texts are; a decoder for each would be most of what reading a state costs. */
    private boolean isAscii(int length) {
        for (int i = at; i < at + length; i++) {
            if (content[i] < 0) {
                return false;
            }
        }
        return true;
    }

    private void need(int count) throws MalformedFrame {
        if (end - at < count) {
            throw new MalformedFrame("%d bytes wanted, %d left".formatted(count, end - at));
        }
    }
}
