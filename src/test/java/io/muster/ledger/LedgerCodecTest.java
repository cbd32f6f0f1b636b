package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.FrameHeader;
import io.muster.wire.MalformedFrame;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LedgerCodecTest {

    private final LedgerCodec codec = new LedgerCodec();

    @Test
    @DisplayName("Encode, then decode, is identity; truncations are refused; flipped bits throw nothing else")
    void everyMessageComesBackAndNothingElseDoes() throws MalformedFrame {
        for (LedgerMessage message : messages()) {
            byte[] bytes = encode(message);
            assertThat(decode(bytes)).isEqualTo(message);
            for (int length = 0; length < bytes.length; length++) {
                byte[] shorter = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> decode(shorter)).isInstanceOf(MalformedFrame.class);
            }
            for (int bit = 0; bit < 8 * bytes.length; bit++) {
                byte[] flipped = bytes.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                try {
                    LedgerMessage decoded = decode(flipped);
                    assertThat(decoded).isNotEqualTo(message);
                    assertThat(encode(decoded)).isEqualTo(flipped);
                } catch (MalformedFrame expected) {
                    assertThat(expected.getMessage()).isNotEmpty();
                }
            }
        }
    }

    @Test
    @DisplayName("L13: a message with the longest state fits a frame")
    void theLongestStateFitsAFrame() {
        int ballotsAndTags = 128;
        assertThat(StateCodec.STATE_LIMIT_BYTES + ballotsAndTags + FrameHeader.BYTES + FrameHeader.CHECKSUM_BYTES)
                .isLessThan(FrameHeader.LIMIT_BYTES);
    }

    private static List<LedgerMessage> messages() {
        Ballot ballot = States.ballot(5, 2);
        ClusterState state = States.randomChain(5, 3, 6).getLast();
        return List.of(
                new LedgerMessage.Prepare(ballot),
                new LedgerMessage.Promise(ballot, new AcceptorRecord(
                        101, Optional.of(ballot), Optional.of(States.ballot(3, 1)), state)),
                new LedgerMessage.Accept(ballot, state),
                new LedgerMessage.Accepted(ballot, 6),
                new LedgerMessage.Refused(ballot, States.ballot(6, 1)),
                new LedgerMessage.Chosen(ballot, state),
                new LedgerMessage.Beat(ballot, 17, 6),
                new LedgerMessage.BeatHeard(ballot, 17, -1));
    }

    private byte[] encode(LedgerMessage message) {
        ByteWriter writer = new ByteWriter();
        codec.encode(message, writer);
        return writer.toArray();
    }

    private LedgerMessage decode(byte[] bytes) throws MalformedFrame {
        ByteReader reader = new ByteReader(bytes);
        LedgerMessage message = codec.decode(reader);
        reader.end();
        return message;
    }
}
