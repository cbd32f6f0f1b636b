package io.muster.sim;

import io.muster.base.Bytes;
import io.muster.node.FrameCodec;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import java.util.Optional;

/** Bytes on their way to one receiver or several. They are read once: the same bytes read the same everywhere. */
final class SimFrame {

    private final Bytes bytes;
    private final boolean hurt;
    private Optional<Envelope> read = Optional.empty();

    /** @param hurt whether a bit was flipped since they were sent */
    SimFrame(Bytes bytes, boolean hurt) {
        this.bytes = bytes;
        this.hurt = hurt;
    }

    boolean hurt() {
        return hurt;
    }

    int length() {
        return bytes.length();
    }

    Envelope read(FrameCodec codec) throws MalformedFrame {
        if (read.isEmpty()) {
            read = Optional.of(codec.decode(bytes.shared()));
        }
        return read.get();
    }
}
