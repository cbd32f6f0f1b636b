package io.muster.node;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.machine.Message;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;

/** Frames to bytes and back for one cluster; {@link io.muster.wire.FrameHeader} is the layout. Draft: see commit history. */
public final class FrameCodec {

    private final ClusterId cluster;

    public FrameCodec(ClusterId cluster) {
        this.cluster = cluster;
    }

    /** A whole frame. */
    public byte[] encode(Incarnation from, Message message) {
        throw new IllegalStateException("being written: cluster " + cluster);
    }

    /**
     * Reads a whole frame.
     *
     * @throws MalformedFrame for anything that is not exactly one frame of this cluster, protocol and checksum
     */
    public Envelope decode(byte[] frame) throws MalformedFrame {
        throw new IllegalStateException("being written: cluster " + cluster);
    }
}
