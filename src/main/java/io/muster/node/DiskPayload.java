package io.muster.node;

import io.muster.base.Bytes;
import io.muster.ledger.Ballot;
import io.muster.ledger.StateCodec;
import io.muster.membership.MembershipCodec;
import io.muster.membership.MembershipMessage;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.Optional;

/**
 * What a node tells in its heartbeat slot on a shared disk, for those who do not hear it on the network.
 *
 * <pre>
 * u8        whether it leads; if so its ballot
 * u8        whether a row follows; if so the row as a membership message
 * </pre>
 *
 * @param leading the ballot in which it leads
 * @param row     whom it hears, with the evidence for it (rules V1, V6)
 */
record DiskPayload(Optional<Ballot> leading, Optional<MembershipMessage.Row> row) {

    private static final MembershipCodec ROWS = new MembershipCodec();

    Bytes encode() {
        ByteWriter to = new ByteWriter();
        to.bool(leading.isPresent());
        leading.ifPresent(ballot -> StateCodec.encode(ballot, to));
        to.bool(row.isPresent());
        row.ifPresent(told -> ROWS.encode(told, to));
        return Bytes.owning(to.toArray());
    }

    /** Empty for bytes that make no sense, as those of another program. */
    static Optional<DiskPayload> decode(Bytes bytes) {
        ByteReader from = new ByteReader(bytes.toArray());
        try {
            Optional<Ballot> leading = from.bool() ? Optional.of(StateCodec.ballot(from)) : Optional.empty();
            Optional<MembershipMessage.Row> row = Optional.empty();
            if (from.bool() && ROWS.decode(from) instanceof MembershipMessage.Row told) {
                row = Optional.of(told);
            }
            return Optional.of(new DiskPayload(leading, row));
        } catch (MalformedFrame e) {
            return Optional.empty();
        }
    }
}
