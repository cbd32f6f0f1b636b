package io.muster.membership;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.VersionRange;
import io.muster.membership.MembershipMessage.EvictAsk;
import io.muster.membership.MembershipMessage.JoinAsk;
import io.muster.membership.MembershipMessage.LeaseAnswer;
import io.muster.membership.MembershipMessage.LeaseAsk;
import io.muster.membership.MembershipMessage.LeaveAsk;
import io.muster.membership.MembershipMessage.RelayedRow;
import io.muster.membership.MembershipMessage.Row;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of {@link MembershipMessage}: one for the kind, then its fields in order.
 *
 * <pre>
 * kind  fields
 * 1     row: sequence i64, not negative; count u16, below 64; so many lives (node u8, life i64), nodes ascending;
 *       links up u8; weight u8
 * 2     join ask: host, boot id, pid namespace as texts of at most 128 characters; pid i64; start ticks i64;
 *       feature levels lowest u16, highest u16
 * 3     leave ask
 * 4     evict ask: life (u8, i64); reason, a text
 * 5     lease ask: stamp i64
 * 6     lease answer: stamp i64; age i64, not negative; version i64, not negative
 * 7     relayed row: life (u8, i64) of its author; the fields of a row
 * </pre>
 */
public final class MembershipCodec implements Codec<MembershipMessage> {

    private static final int ROW = 1;
    private static final int JOIN_ASK = 2;
    private static final int LEAVE_ASK = 3;
    private static final int EVICT_ASK = 4;
    private static final int LEASE_ASK = 5;
    private static final int LEASE_ANSWER = 6;
    private static final int RELAYED_ROW = 7;

    @Override
    public void encode(MembershipMessage message, ByteWriter to) {
        switch (message) {
            case Row row -> encode(row, to.u8(ROW));
            case JoinAsk(HostProcess process, VersionRange features) -> to.u8(JOIN_ASK)
                    .text(process.host()).text(process.bootId()).text(process.pidNamespace())
                    .i64(process.pid()).i64(process.startTicks()).range(features);
            case LeaveAsk() -> to.u8(LEAVE_ASK);
            case EvictAsk(Incarnation who, String reason) -> to.u8(EVICT_ASK).incarnation(who).text(reason);
            case LeaseAsk(long stamp) -> to.u8(LEASE_ASK).i64(stamp);
            case LeaseAnswer(long stamp, long ageNs, long version) ->
                to.u8(LEASE_ANSWER).i64(stamp).i64(ageNs).i64(version);
            case RelayedRow(Incarnation of, Row row) -> encode(row, to.u8(RELAYED_ROW).incarnation(of));
        }
    }

    private static void encode(Row row, ByteWriter to) {
        to.i64(row.sequence()).u16(row.heard().size());
        row.heard().forEach(to::incarnation);
        to.u8(row.linksUp()).u8(row.weight());
    }

    @Override
    public MembershipMessage decode(ByteReader from) throws MalformedFrame {
        int kind = from.u8();
        return switch (kind) {
            case ROW -> row(from);
            case JOIN_ASK -> new JoinAsk(new HostProcess(
                    shortText(from), shortText(from), shortText(from), from.i64(), from.i64()), from.range());
            case LEAVE_ASK -> new LeaveAsk();
            case EVICT_ASK -> new EvictAsk(from.incarnation(), from.text());
            case LEASE_ASK -> new LeaseAsk(from.i64());
            case LEASE_ANSWER -> new LeaseAnswer(from.i64(), from.count(), from.count());
            case RELAYED_ROW -> new RelayedRow(from.incarnation(), row(from));
            default -> throw new MalformedFrame("membership message kind " + kind);
        };
    }

    private static Row row(ByteReader from) throws MalformedFrame {
        return new Row(from.count(), lives(from), from.u8(), from.u8());
    }

    /** One life a node, in one order only: a row has exactly one encoding. */
    private static List<Incarnation> lives(ByteReader from) throws MalformedFrame {
        int count = from.size(NodeId.LIMIT - 1);
        List<Incarnation> lives = new ArrayList<>();
        int last = 0;
        for (int i = 0; i < count; i++) {
            Incarnation who = from.incarnation();
            if (who.node().number() <= last) {
                throw new MalformedFrame("%s after n%d in a row".formatted(who, last));
            }
            last = who.node().number();
            lives.add(who);
        }
        return List.copyOf(lives);
    }

    private static String shortText(ByteReader from) throws MalformedFrame {
        String text = from.text();
        if (text.length() > HostProcess.TEXT_LIMIT) {
            throw new MalformedFrame("a text of %d characters in a host process".formatted(text.length()));
        }
        return text;
    }
}
