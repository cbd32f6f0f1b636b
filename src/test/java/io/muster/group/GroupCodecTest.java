package io.muster.group;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.muster.wire.CodecChecks;
import io.muster.ledger.GroupName;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import org.junit.jupiter.api.Test;

class GroupCodecTest {

    @Test
    void everyMessageComesBackAndNothingElsePasses() {
        CodecChecks.check(new GroupCodec(), new GroupMessage.JoinAsk(new GroupName("files"), 0));
        CodecChecks.check(new GroupCodec(), new GroupMessage.LeaveAsk(new GroupName("a.b-c_9"), Long.MAX_VALUE));
    }

    @Test
    void aNameThatIsNoGroupNameIsMalformed() {
        byte[] bytes = new ByteWriter().u8(1).text("../etc").i64(1).toArray();
        assertThatExceptionOfType(MalformedFrame.class)
                .isThrownBy(() -> new GroupCodec().decode(new ByteReader(bytes)));
    }
}
