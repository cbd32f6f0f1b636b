package io.muster.group;

import io.muster.base.Bytes;
import io.muster.ledger.GroupName;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;

/**
 * The bytes of {@link ChannelMessage}: a tag u8, the group's name as text, the generation as u63, then the fields in
 * the order of the record: numbers and positions as u63, lives as (node u8, life i64), content behind its length u32.
 *
 * <pre>
 * tag  1 Submit  2 Ordered  3 Have  4 Stable  5 Stopped  6 Union  7 Want  8 Copy
 * </pre>
 */
public final class ChannelCodec implements Codec<ChannelMessage> {

    private static final int SUBMIT = 1;
    private static final int ORDERED = 2;
    private static final int HAVE = 3;
    private static final int STABLE = 4;
    private static final int STOPPED = 5;
    private static final int UNION = 6;
    private static final int WANT = 7;
    private static final int COPY = 8;

    @Override
    public void encode(ChannelMessage message, ByteWriter to) {
        to.u8(tagOf(message)).text(message.group().text()).i64(message.generation());
        switch (message) {
            case ChannelMessage.Submit(_, _, long previous, long number, Bytes content) ->
                to.i64(previous).i64(number).bytes(content);
            case ChannelMessage.Ordered(_, _, long position, var sender, long number, long stable, Bytes content) ->
                to.i64(position).incarnation(sender).i64(number).i64(stable).bytes(content);
            case ChannelMessage.Have(_, _, long received, long delivered) -> to.i64(received).i64(delivered);
            case ChannelMessage.Stable(_, _, long position, var missing) -> to.i64(position).nodes(missing);
            case ChannelMessage.Stopped(_, _, long log, long received) -> to.i64(log).i64(received);
            case ChannelMessage.Union(_, _, long log, long position, var holder, boolean held) ->
                to.i64(log).i64(position).node(holder).bool(held);
            case ChannelMessage.Want(_, _, long log, long received) -> to.i64(log).i64(received);
            case ChannelMessage.Copy(_, _, long log, long position, var sender, long number, Bytes content) ->
                to.i64(log).i64(position).incarnation(sender).i64(number).bytes(content);
        }
    }

    @Override
    public ChannelMessage decode(ByteReader from) throws MalformedFrame {
        int tag = from.u8();
        GroupName group = GroupCodec.name(from);
        long generation = from.count();
        return switch (tag) {
            case SUBMIT -> new ChannelMessage.Submit(group, generation, from.count(), from.count(), content(from));
            case ORDERED -> new ChannelMessage.Ordered(group, generation, from.count(), from.incarnation(),
                    from.count(), from.count(), content(from));
            case HAVE -> new ChannelMessage.Have(group, generation, from.count(), from.count());
            case STABLE -> new ChannelMessage.Stable(group, generation, from.count(), from.nodes());
            case STOPPED -> new ChannelMessage.Stopped(group, generation, from.count(), from.count());
            case UNION -> new ChannelMessage.Union(
                    group, generation, from.count(), from.count(), from.node(), from.bool());
            case WANT -> new ChannelMessage.Want(group, generation, from.count(), from.count());
            case COPY -> new ChannelMessage.Copy(group, generation, from.count(), from.count(), from.incarnation(),
                    from.count(), content(from));
            default -> throw new MalformedFrame("channel message " + tag);
        };
    }

    private static int tagOf(ChannelMessage message) {
        return switch (message) {
            case ChannelMessage.Submit _ -> SUBMIT;
            case ChannelMessage.Ordered _ -> ORDERED;
            case ChannelMessage.Have _ -> HAVE;
            case ChannelMessage.Stable _ -> STABLE;
            case ChannelMessage.Stopped _ -> STOPPED;
            case ChannelMessage.Union _ -> UNION;
            case ChannelMessage.Want _ -> WANT;
            case ChannelMessage.Copy _ -> COPY;
        };
    }

    private static Bytes content(ByteReader from) throws MalformedFrame {
        return from.bytes(GroupChannels.CONTENT_LIMIT_BYTES);
    }
}
