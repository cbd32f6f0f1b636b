package io.muster.fence;

import io.muster.ledger.Ballot;
import io.muster.ledger.StateCodec;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;
import java.util.Optional;

/**
 * The bytes of {@link FenceMessage}: a tag, then the fields in order. A ballot is its round (i64, at least 1) and its
 * leader; an absent evidence label is a truth value of 0.
 *
 * <pre>
 * tag  message       fields
 *   1  Act           ballot, intent i64, attempt i64, actor incarnation, method text
 *   2  Acted         ballot, intent i64, attempt i64, bool [label text], proof text, settled bool
 *   3  Cease         ballot, intent i64, attempt i64
 *   4  Ceased        ballot, intent i64, attempt i64
 *   5  Acknowledge   intent i64, agreed at i64, person text, remark text
 *   6  SignsOfLife   incarnation, evidenced at i64
 *   7  Open          opened at i64, person text, remark text
 * </pre>
 */
public final class FenceCodec implements Codec<FenceMessage> {

    private static final int ACT = 1;
    private static final int ACTED = 2;
    private static final int CEASE = 3;
    private static final int CEASED = 4;
    private static final int ACKNOWLEDGE = 5;
    private static final int SIGNS_OF_LIFE = 6;
    private static final int OPEN = 7;

    @Override
    public void encode(FenceMessage message, ByteWriter to) {
        switch (message) {
            case FenceMessage.Act(var ballot, var actor, long intent, long attempt, String method) ->
                order(ACT, ballot, intent, attempt, to).incarnation(actor).text(method);
            case FenceMessage.Acted(var ballot, long intent, long attempt, Optional<String> evidence, String proof,
                    boolean settled) -> {
                order(ACTED, ballot, intent, attempt, to).bool(evidence.isPresent());
                evidence.ifPresent(to::text);
                to.text(proof).bool(settled);
            }
            case FenceMessage.Cease(var ballot, long intent, long attempt) -> order(CEASE, ballot, intent, attempt, to);
            case FenceMessage.Ceased(var ballot, long intent, long attempt) ->
                order(CEASED, ballot, intent, attempt, to);
            case FenceMessage.Acknowledge(long intent, long agreedAt, String person, String remark) ->
                to.u8(ACKNOWLEDGE).i64(intent).i64(agreedAt).text(person).text(remark);
            case FenceMessage.SignsOfLife(var who, long evidencedAt) ->
                to.u8(SIGNS_OF_LIFE).incarnation(who).i64(evidencedAt);
            case FenceMessage.Open(long openedAt, String person, String remark) ->
                to.u8(OPEN).i64(openedAt).text(person).text(remark);
        }
    }

    @Override
    public FenceMessage decode(ByteReader from) throws MalformedFrame {
        int tag = from.u8();
        return switch (tag) {
            case ACT -> {
                var ballot = StateCodec.ballot(from);
                long intent = from.count();
                long attempt = from.count();
                yield new FenceMessage.Act(ballot, from.incarnation(), intent, attempt, from.text());
            }
            case ACTED -> new FenceMessage.Acted(
                    StateCodec.ballot(from), from.count(), from.count(),
                    from.bool() ? Optional.of(from.text()) : Optional.empty(), from.text(), from.bool());
            case CEASE -> new FenceMessage.Cease(StateCodec.ballot(from), from.count(), from.count());
            case CEASED -> new FenceMessage.Ceased(StateCodec.ballot(from), from.count(), from.count());
            case ACKNOWLEDGE ->
                new FenceMessage.Acknowledge(from.count(), from.count(), from.text(), from.text());
            case SIGNS_OF_LIFE -> new FenceMessage.SignsOfLife(from.incarnation(), from.count());
            case OPEN -> new FenceMessage.Open(from.count(), from.text(), from.text());
            default -> throw new MalformedFrame("fence message " + tag);
        };
    }

    private static ByteWriter order(int tag, Ballot ballot, long intent, long attempt, ByteWriter to) {
        StateCodec.encode(ballot, to.u8(tag));
        return to.i64(intent).i64(attempt);
    }
}
