package io.muster.runtime;

import java.nio.ByteBuffer;

/**
 * What a daemon and its keeper say to each other over two pipes. A frame is written whole, for it is far shorter than what a pipe
 * takes at once.
 *
 * <pre>
 * offset  length  type    meaning
 * 0       1       byte    what it is
 * 1       8       long    nanoseconds of CLOCK_BOOTTIME, big-endian; 0 where there is none
 * </pre>
 */
final class KeeperFrames {

    static final int BYTES = 9;
    /** Daemon: I am well until this moment. */
    static final byte PET = 'P';
    /** Daemon: I end as planned, keep me no more. */
    static final byte RELEASE = 'V';
    /** Keeper: I have the daemon in hand. */
    static final byte READY = 'R';
    /** Keeper: the latest moment that I know of. */
    static final byte HEARD = 'H';

    private final ByteBuffer part = ByteBuffer.allocate(BYTES);

    /** Told of each whole frame. */
    interface Reader {

        void frame(byte kind, long at);
    }

    static byte[] of(byte kind, long at) {
        return ByteBuffer.allocate(BYTES).put(kind).putLong(at).array();
    }

    /** Takes what came, in pieces of any length. */
    void feed(byte[] bytes, int length, Reader reader) {
        for (int i = 0; i < length; i++) {
            part.put(bytes[i]);
            if (!part.hasRemaining()) {
                reader.frame(part.get(0), part.getLong(1));
                part.clear();
            }
        }
    }
}
