package io.muster.group;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.BarrierName;
import io.muster.ledger.GroupName;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.CodecChecks;
import io.muster.wire.MalformedFrame;
import java.util.List;
import org.junit.jupiter.api.Test;

class TalkCodecTest {

    private static final GroupName FILES = new GroupName("files");
    private static final Bytes CONTENT = Bytes.copyOf(new byte[] {1, 0, -1});
    private static final NodeSet NODES = NodeSet.of(NodeId.of(1), NodeId.of(64));

    @Test
    void everyMessageComesBackAndNothingElsePasses() {
        List.of(new ChannelMessage.Submit(FILES, 7, 0, Long.MAX_VALUE, CONTENT),
                new ChannelMessage.Ordered(FILES, 7, 1, Incarnation.of(64, 9), 3, 2, CONTENT),
                new ChannelMessage.Have(FILES, 7, 5, 4),
                new ChannelMessage.Stable(FILES, 7, 5, NODES),
                new ChannelMessage.Stopped(FILES, 8, 7, 5),
                new ChannelMessage.Union(FILES, 8, 7, 5, NodeId.of(2), true),
                new ChannelMessage.Want(FILES, 8, 7, 4),
                new ChannelMessage.Copy(FILES, 8, 7, 5, Incarnation.of(2, 1), 3, Bytes.NONE))
                .forEach(message -> CodecChecks.check(new ChannelCodec(), message));
        CodecChecks.check(new BarrierCodec(), new BarrierMessage.Enter(new BarrierName(FILES, "ready"), 12));
        CodecChecks.check(new BarrierCodec(), new BarrierMessage.Missing(new BarrierName(GroupName.NODES, "9"), NODES));
    }

    @Test
    void aMessageThatIsTooLongIsMalformed() {
        ByteWriter writer = new ByteWriter();
        new ChannelCodec().encode(new ChannelMessage.Submit(
                FILES, 7, 0, 1, Bytes.owning(new byte[GroupChannels.CONTENT_LIMIT_BYTES + 1])), writer);
        assertThatExceptionOfType(MalformedFrame.class)
                .isThrownBy(() -> new ChannelCodec().decode(new ByteReader(writer.toArray())));
    }
}
