package io.muster.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.muster.machine.Message;
import java.util.Arrays;
import java.util.Optional;

/** What every codec has to show, for one message. */
public final class CodecChecks {

    private CodecChecks() {}

    public static <M extends Message> void check(Codec<M> codec, M message) {
        byte[] bytes = bytes(codec, message);
        assertThat(decode(codec, bytes)).as("identity of %s", message).contains(message);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatExceptionOfType(MalformedFrame.class)
                    .as("%s cut to %d bytes", message, length)
                    .isThrownBy(() -> whole(codec, cut));
        }
        for (int bit = 0; bit < 8 * bytes.length; bit++) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            // The frame's checksum refuses a flip; a codec that meets one all the same gives another message or
            // refuses, and what it gives is again a message with bytes of its own.
            decode(codec, flipped).ifPresent(other -> {
                assertThat(other).isNotEqualTo(message);
                assertThat(bytes(codec, other)).isEqualTo(flipped);
            });
        }
    }

    private static <M extends Message> byte[] bytes(Codec<M> codec, M message) {
        ByteWriter writer = new ByteWriter();
        codec.encode(message, writer);
        return writer.toArray();
    }

    private static <M extends Message> Optional<M> decode(Codec<M> codec, byte[] bytes) {
        try {
            return Optional.of(whole(codec, bytes));
        } catch (MalformedFrame e) {
            return Optional.empty();
        }
    }

    private static <M extends Message> M whole(Codec<M> codec, byte[] bytes) throws MalformedFrame {
        ByteReader reader = new ByteReader(bytes);
        M message = codec.decode(reader);
        reader.end();
        return message;
    }
}
