package io.muster.runtime;

import io.muster.base.Incarnation;
import io.muster.machine.Message;
import io.muster.node.FrameCodec;
import io.muster.wire.Envelope;
import io.muster.wire.FrameHeader;
import io.muster.wire.MalformedFrame;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Frames of this node to bytes, and anybody's bytes to frames. */
interface Frames {

    /** @param protocol the version to write: one that the receiver speaks */
    byte[] encode(int protocol, Message message);

    Envelope decode(byte[] frame) throws MalformedFrame;

    static Frames of(FrameCodec codec, Incarnation self) {
        return new Frames() {
            @Override
            public byte[] encode(int protocol, Message message) {
                return codec.encode(protocol, self, message);
            }

            @Override
            public Envelope decode(byte[] frame) throws MalformedFrame {
                return codec.decode(frame);
            }
        };
    }

    /**
     * Reads the bytes of one frame; no more are allocated than its head may ask for.
     *
     * @throws MalformedFrame when what follows is no frame
     * @throws EOFException   when the stream ends, also within a frame
     */
    static byte[] read(InputStream from) throws IOException, MalformedFrame {
        byte[] prefix = readFully(from, new byte[FrameHeader.PREFIX_BYTES], 0);
        byte[] frame = Arrays.copyOf(prefix, FrameHeader.lengthOf(prefix));
        return readFully(from, frame, FrameHeader.PREFIX_BYTES);
    }

    static byte[] readFully(InputStream from, byte[] into, int start) throws IOException {
        int at = start;
        while (at < into.length) {
            int count = from.read(into, at, into.length - at);
            if (count < 0) {
                throw new EOFException("the stream ended");
            }
            at += count;
        }
        return into;
    }
}
