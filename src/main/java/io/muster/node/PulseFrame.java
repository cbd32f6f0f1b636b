package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.wire.Envelope;
import io.muster.wire.FrameHeader;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The frame that is sent and received more often than all others together, without making an object: what
 * {@link FrameCodec} makes of a {@link Pulse}, byte for byte.
 *
 * <p>A pulse's frame has a fixed length, and of those of one life only the last bytes differ. So the own one is made once
 * by the codec and filled anew; and one that came is compared with the last one of its sender that the codec has accepted:
 * where all but the pulse's content is the same and the checksum holds, the codec would accept it too. Anything else is
 * the codec's to judge, which also says why it is refused.
 *
 * <pre>
 * counted from the end
 *     22  1 kind      21  8 sequence      13  8 heard      5  1 answer      4  4 CRC-32C
 * </pre>
 *
 * For one thread.
 */
public final class PulseFrame {

    private static final int CONTENT = 17;
    private static final int SENDER_AT = 28;

    private final CRC32C checksum = new CRC32C();
    private final byte[] own;
    private final byte[][] accepted = new byte[NodeId.LIMIT][];
    private final Incarnation[] senders = new Incarnation[NodeId.LIMIT];
    private final NodeSet[] heard = new NodeSet[NodeId.LIMIT];
    private final Pulse pulse = new Pulse(0, NodeSet.NONE, false);
    private Incarnation from;

    /** The quick way, unless this codec writes pulses otherwise than it is made for, as of a later version. */
    public static Optional<PulseFrame> of(FrameCodec codec, Incarnation self) {
        PulseFrame quick = new PulseFrame(codec, self);
        Pulse sample = new Pulse(0x0102030405060708L, new NodeSet(0x1112131415161718L), true);
        return Arrays.equals(quick.encode(sample), codec.encode(self, sample)) ? Optional.of(quick) : Optional.empty();
    }

    /** @param self whose pulses are encoded */
    public PulseFrame(FrameCodec codec, Incarnation self) {
        this.own = codec.encode(self, pulse);
        this.from = self;
        Arrays.fill(heard, NodeSet.NONE);
    }

    /** The frame of a pulse of this life. The array is the same at each call. */
    public byte[] encode(Pulse next) {
        int at = contentAt(own);
        put(own, at, next.sequence());
        put(own, at + 8, next.heard().bits());
        own[at + 16] = (byte) (next.answer() ? 1 : 0);
        int sum = sum(own);
        for (int i = 0; i < FrameHeader.CHECKSUM_BYTES; i++) {
            own[at + CONTENT + i] = (byte) (sum >>> 24 - 8 * i);
        }
        return own;
    }

    /**
     * Reads a frame that differs from an accepted one in its pulse only; {@link #from} and {@link #pulse} say what it is.
     *
     * @return false when the codec has to look at it
     */
    public boolean decode(byte[] frame) {
        if (frame.length != own.length || frame[SENDER_AT] < 0 || frame[SENDER_AT] >= NodeId.LIMIT) {
            return false;
        }
        int node = frame[SENDER_AT];
        byte[] known = accepted[node];
        int at = contentAt(frame);
        if (known == null || !Arrays.equals(frame, 0, at, known, 0, at) || found(frame) != sum(frame)) {
            return false;
        }
        long sequence = get(frame, at);
        long bits = get(frame, at + 8);
        int answer = frame[at + 16];
        if (sequence < 0 || answer < 0 || answer > 1) {
            return false;
        }
        if (heard[node].bits() != bits) {
            heard[node] = new NodeSet(bits);
        }
        pulse.become(sequence, heard[node], answer == 1);
        from = senders[node];
        return true;
    }

    /** The codec has accepted this frame of a pulse: the next ones of that life need not go to it. */
    public void learn(byte[] frame, Envelope envelope) {
        if (frame.length == own.length && envelope.message() instanceof Pulse) {
            int node = envelope.from().node().number();
            accepted[node] = frame.clone();
            senders[node] = envelope.from();
        }
    }

    /** Of the last frame that {@link #decode} has read. */
    public Incarnation from() {
        return from;
    }

    /** Of the last frame that {@link #decode} has read; filled anew by the next. */
    public Pulse pulse() {
        return pulse;
    }

    private int sum(byte[] frame) {
        checksum.reset();
        checksum.update(frame, 0, frame.length - FrameHeader.CHECKSUM_BYTES);
        return (int) checksum.getValue();
    }

    private static int found(byte[] frame) {
        int sum = 0;
        for (int i = frame.length - FrameHeader.CHECKSUM_BYTES; i < frame.length; i++) {
            sum = sum << 8 | frame[i] & 0xFF;
        }
        return sum;
    }

    private static int contentAt(byte[] frame) {
        return frame.length - FrameHeader.CHECKSUM_BYTES - CONTENT;
    }

    private static void put(byte[] frame, int at, long value) {
        for (int i = 0; i < Long.BYTES; i++) {
            frame[at + i] = (byte) (value >>> 56 - 8 * i);
        }
    }

    private static long get(byte[] frame, int at) {
        long value = 0;
        for (int i = at; i < at + Long.BYTES; i++) {
            value = value << 8 | frame[i] & 0xFF;
        }
        return value;
    }
}
