package io.muster.ledger;

import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;

/** The ledger's messages as bytes: a tag u8, then the fields in the order of the record, as in {@link StateCodec}. */
public final class LedgerCodec implements Codec<LedgerMessage> {

    private static final int PREPARE = 1;
    private static final int PROMISE = 2;
    private static final int ACCEPT = 3;
    private static final int ACCEPTED = 4;
    private static final int REFUSED = 5;
    private static final int CHOSEN = 6;
    private static final int BEAT = 7;
    private static final int BEAT_HEARD = 8;

    @Override
    public void encode(LedgerMessage message, ByteWriter to) {
        switch (message) {
            case LedgerMessage.Prepare(Ballot ballot) -> StateCodec.encode(ballot, to.u8(PREPARE));
            case LedgerMessage.Promise(Ballot ballot, AcceptorRecord record) -> {
                StateCodec.encode(ballot, to.u8(PROMISE));
                StateCodec.encode(record, to);
            }
            case LedgerMessage.Accept(Ballot ballot, ClusterState state) -> {
                StateCodec.encode(ballot, to.u8(ACCEPT));
                StateCodec.encode(state, to);
            }
            case LedgerMessage.Accepted(Ballot ballot, long version) -> {
                StateCodec.encode(ballot, to.u8(ACCEPTED));
                to.i64(version);
            }
            case LedgerMessage.Refused(Ballot ballot, Ballot promised) -> {
                StateCodec.encode(ballot, to.u8(REFUSED));
                StateCodec.encode(promised, to);
            }
            case LedgerMessage.Chosen(Ballot ballot, ClusterState state) -> {
                StateCodec.encode(ballot, to.u8(CHOSEN));
                StateCodec.encode(state, to);
            }
            case LedgerMessage.Beat(Ballot ballot, long sequence, long version) -> {
                StateCodec.encode(ballot, to.u8(BEAT));
                to.i64(sequence).i64(version);
            }
            case LedgerMessage.BeatHeard(Ballot ballot, long sequence, long applied) -> {
                StateCodec.encode(ballot, to.u8(BEAT_HEARD));
                to.i64(sequence).i64(applied);
            }
        }
    }

    @Override
    public LedgerMessage decode(ByteReader from) throws MalformedFrame {
        int tag = from.u8();
        if (tag < PREPARE || tag > BEAT_HEARD) {
            throw new MalformedFrame("ledger message tag " + tag);
        }
        Ballot ballot = StateCodec.ballot(from);
        return switch (tag) {
            case PREPARE -> new LedgerMessage.Prepare(ballot);
            case PROMISE -> new LedgerMessage.Promise(ballot, StateCodec.decodeRecord(from));
            case ACCEPT -> new LedgerMessage.Accept(ballot, StateCodec.decode(from));
            case ACCEPTED -> new LedgerMessage.Accepted(ballot, StateCodec.number(from));
            case REFUSED -> new LedgerMessage.Refused(ballot, StateCodec.ballot(from));
            case CHOSEN -> new LedgerMessage.Chosen(ballot, StateCodec.decode(from));
            case BEAT -> new LedgerMessage.Beat(ballot, from.count(), StateCodec.number(from));
            default -> new LedgerMessage.BeatHeard(ballot, from.count(), applied(from));
        };
    }

    private static long applied(ByteReader from) throws MalformedFrame {
        long applied = from.i64();
        if (applied < -1 || applied > ClusterState.VERSION_LIMIT) {
            throw new MalformedFrame("applied version " + applied);
        }
        return applied;
    }
}
