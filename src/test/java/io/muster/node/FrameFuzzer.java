package io.muster.node;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.Prng;
import io.muster.machine.Message;
import io.muster.wire.ByteWriter;
import io.muster.wire.FrameHeader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Spoils frames: bits flipped, bytes cut out or put in, lengths that lie, two frames spliced, bodies of noise. The length
 * and the checksum of the frame are right again afterwards, or a decoder would see nothing of it.
 */
public final class FrameFuzzer {

    /** Where a frame says of which kind it is. */
    private static final int KIND_AT = 10;
    private static final int[] LIES = {0, 1, 0x7F, 0x80, 0xFF};

    private final Prng chance;
    private final RandomMessages messages;
    private final FrameCodec codec;

    public FrameFuzzer(long seed, ClusterId cluster, int nodes) {
        chance = new Prng(seed).fork("fuzz");
        messages = new RandomMessages(chance, cluster, nodes);
        codec = new FrameCodec(cluster);
    }

    /** A frame as it should be. */
    public byte[] good(Incarnation from, Class<?> kind) {
        return codec.encode(from, messages.of(kind));
    }

    public Message message() {
        return messages.any();
    }

    /** A frame of this kind and sender that is spoilt, once or several times. */
    public byte[] spoilt(Incarnation from, Class<?> kind) {
        byte[] frame = good(from, kind);
        byte[] head = Arrays.copyOf(frame, FrameHeader.BYTES);
        byte[] body = Arrays.copyOfRange(frame, FrameHeader.BYTES, frame.length - FrameHeader.CHECKSUM_BYTES);
        for (int left = 1 + chance.nextInt(3); left > 0; left--) {
            body = spoil(body, from);
        }
        if (chance.nextInt(20) == 0) {
            head[KIND_AT + chance.nextInt(2)] = (byte) chance.nextInt(9);
        }
        return sealed(head, body);
    }

    private byte[] spoil(byte[] body, Incarnation from) {
        int length = body.length;
        int at = length == 0 ? 0 : chance.nextInt(length);
        return switch (chance.nextInt(7)) {
            case 0 -> flipped(body, at);
            case 1 -> Arrays.copyOf(body, at);
            case 2 -> cutOut(body, at, Math.min(length - at, 1 + chance.nextInt(9)));
            case 3 -> spliced(body, at, new byte[1 + chance.nextInt(9)], 0);
            case 4 -> lying(body, at);
            case 5 -> {
                byte[] other = good(from, kindOfAny());
                int from2 = FrameHeader.BYTES + chance.nextInt(other.length - FrameHeader.BYTES);
                yield spliced(Arrays.copyOf(body, at), at, Arrays.copyOfRange(other, from2, other.length), 0);
            }
            default -> noise(1 + chance.nextInt(120));
        };
    }

    private Class<?> kindOfAny() {
        List<Class<?>> kinds = RandomMessages.kinds();
        return kinds.get(chance.nextInt(kinds.size()));
    }

    private byte[] flipped(byte[] body, int at) {
        byte[] flipped = body.clone();
        if (flipped.length > 0) {
            flipped[at] ^= (byte) (1 << chance.nextInt(8));
        }
        return flipped;
    }

    /** As a length of 16 or 32 bits, somewhere. */
    private byte[] lying(byte[] body, int at) {
        byte[] lying = body.clone();
        for (int i = at; i < Math.min(lying.length, at + 2 + 2 * chance.nextInt(2)); i++) {
            lying[i] = (byte) LIES[chance.nextInt(LIES.length)];
        }
        return lying;
    }

    private byte[] noise(int length) {
        byte[] noise = new byte[length];
        for (int i = 0; i < length; i++) {
            noise[i] = (byte) (i == 0 ? chance.nextInt(12) : chance.nextInt(256));
        }
        return noise;
    }

    private static byte[] cutOut(byte[] body, int at, int count) {
        return spliced(Arrays.copyOf(body, at), at, Arrays.copyOfRange(body, at + count, body.length), 0);
    }

    /** The first bytes of one, all of the other, and the rest of the first. */
    private static byte[] spliced(byte[] body, int at, byte[] other, int skip) {
        return new ByteWriter().raw(Arrays.copyOf(body, at)).raw(other)
                .raw(Arrays.copyOfRange(body, Math.min(body.length, at + skip), body.length)).toArray();
    }

    private static byte[] sealed(byte[] head, byte[] body) {
        byte[] frame = new ByteWriter().raw(head).raw(body).raw(new byte[FrameHeader.CHECKSUM_BYTES]).toArray();
        ByteBuffer.wrap(frame).putInt(4, frame.length);
        CRC32C crc = new CRC32C();
        crc.update(frame, 0, frame.length - FrameHeader.CHECKSUM_BYTES);
        ByteBuffer.wrap(frame).putInt(frame.length - FrameHeader.CHECKSUM_BYTES, (int) crc.getValue());
        return frame;
    }
}
