package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.wire.CodecChecks;
import io.muster.wire.FrameHeader;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LedgerCodecTest {

    private final LedgerCodec codec = new LedgerCodec();

    @Test
    @DisplayName("Encode, then decode, is identity; truncations are refused; flipped bits throw nothing else")
    void everyMessageComesBackAndNothingElseDoes() {
        messages().forEach(message -> CodecChecks.check(codec, message));
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
}
