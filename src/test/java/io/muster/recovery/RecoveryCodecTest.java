package io.muster.recovery;

import io.muster.wire.CodecChecks;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import org.junit.jupiter.api.Test;

class RecoveryCodecTest {

    @Test
    void everyMessageComesBackAndNothingElsePasses() {
        for (Phase phase : Phase.values()) {
            CodecChecks.check(new RecoveryCodec(), new RecoveryMessage.Through(new GroupName("files"), 7, phase, true));
            CodecChecks.check(new RecoveryCodec(),
                    new RecoveryMessage.Withdrawn(new GroupName("f"), Long.MAX_VALUE, phase, "disk gone"));
        }
    }
}
