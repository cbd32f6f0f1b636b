package io.muster.fence;

import io.muster.base.Incarnation;
import io.muster.ledger.Ballot;
import io.muster.wire.CodecChecks;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FenceCodecTest {

    @Test
    void everyMessageComesBackAndNothingElsePasses() {
        Ballot ballot = new Ballot(7, Incarnation.of(2, 9));
        List<FenceMessage> messages = List.of(
                new FenceMessage.Act(ballot, Incarnation.of(63, 4), 5, 3, "ipmi"),
                new FenceMessage.Acted(ballot, 5, 3, Optional.of("power-off"), "off, read back"),
                new FenceMessage.Acted(ballot, 5, 3, Optional.empty(), "timed out \u00e4\ud83d\ude00", false),
                new FenceMessage.Cease(ballot, Long.MAX_VALUE, 0),
                new FenceMessage.Ceased(ballot, 1, 1),
                new FenceMessage.Acknowledge(5, 8, "ada", "pulled the plug"),
                new FenceMessage.SignsOfLife(Incarnation.of(3, 1), 12),
                new FenceMessage.Open(0, "ada", "the switch was to blame"));
        messages.forEach(message -> CodecChecks.check(new FenceCodec(), message));
    }
}
