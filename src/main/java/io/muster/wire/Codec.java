package io.muster.wire;

import io.muster.machine.Message;

/** Encodes and decodes one sealed family of messages. Encode, then decode, is identity; every truncation is refused. */
public interface Codec<M extends Message> {

    void encode(M message, ByteWriter to);

    /** Reads one message and leaves the cursor behind it. */
    M decode(ByteReader from) throws MalformedFrame;
}
