package io.muster.runtime;

import java.util.ArrayDeque;

/** Frames that wait to be written to one peer: bounded, the oldest are dropped. For one thread at a time. */
final class FrameQueue {

    static final int LIMIT_FRAMES = 1024;
    static final int LIMIT_BYTES = 4 * 1024 * 1024;
    /** One TLS record: small frames that wait together travel together. */
    static final int BATCH_BYTES = 16 * 1024;

    private final ArrayDeque<byte[]> frames = new ArrayDeque<>();
    private int bytes;

    /** Adds one. @return how many older ones were dropped for it */
    int add(byte[] frame) {
        int dropped = 0;
        while (frames.size() >= LIMIT_FRAMES || !frames.isEmpty() && bytes + frame.length > LIMIT_BYTES) {
            take();
            dropped++;
        }
        frames.add(frame);
        bytes += frame.length;
        return dropped;
    }

    boolean isEmpty() {
        return frames.isEmpty();
    }

    /** The oldest; there must be one. */
    byte[] take() {
        byte[] frame = frames.remove();
        bytes -= frame.length;
        return frame;
    }

    /** Takes as many whole frames, oldest first, as fit. @return bytes filled; 0 when the oldest alone is too long */
    int takeBatch(byte[] into) {
        int length = 0;
        while (!frames.isEmpty() && length + frames.peek().length <= into.length) {
            byte[] frame = take();
            System.arraycopy(frame, 0, into, length, frame.length);
            length += frame.length;
        }
        return length;
    }

    void clear() {
        frames.clear();
        bytes = 0;
    }
}
