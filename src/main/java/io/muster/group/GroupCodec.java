package io.muster.group;

import io.muster.ledger.GroupName;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;

/**
 * The bytes of {@link GroupMessage}: a tag (1 join, 2 leave), the group's name as text, the generation as i64.
 */
public final class GroupCodec implements Codec<GroupMessage> {

    private static final int JOIN_ASK = 1;
    private static final int LEAVE_ASK = 2;

    @Override
    public void encode(GroupMessage message, ByteWriter to) {
        switch (message) {
            case GroupMessage.JoinAsk(GroupName group, long generation) ->
                to.u8(JOIN_ASK).text(group.text()).i64(generation);
            case GroupMessage.LeaveAsk(GroupName group, long generation) ->
                to.u8(LEAVE_ASK).text(group.text()).i64(generation);
        }
    }

    @Override
    public GroupMessage decode(ByteReader from) throws MalformedFrame {
        int tag = from.u8();
        return switch (tag) {
            case JOIN_ASK -> new GroupMessage.JoinAsk(name(from), from.count());
            case LEAVE_ASK -> new GroupMessage.LeaveAsk(name(from), from.count());
            default -> throw new MalformedFrame("group message " + tag);
        };
    }

    /** A group's name, from outside. */
    public static GroupName name(ByteReader from) throws MalformedFrame {
        String text = from.text();
        try {
            return new GroupName(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedFrame(e.getMessage());
        }
    }
}
