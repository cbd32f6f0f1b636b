package io.muster.ledger;

import io.muster.base.NodeId;
import io.muster.quorum.Electorate;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Configurations and what goes with them as bytes, in the manner of {@link StateCodec}.
 *
 * <pre>
 * acceptors threshold u32; acceptors: u16 n, n x (node u8, votes u16); record ids: u16 n, n x (node u8, id u64)
 * voting    policy u8; floor u8; wanted: u16 n, n x (node u8, votes u16); witnesses u64; ledger u64; previous ? acceptors
 * lone      other life; intent u63; ? (ballot, evidence class u8, proof text)
 * </pre>
 */
final class VotingCodec {

    private VotingCodec() {}

    static void encode(Acceptors acceptors, ByteWriter to) {
        to.i32(acceptors.electorate().threshold());
        encode(acceptors.electorate().votes(), to);
        to.u16(acceptors.recordIds().size());
        acceptors.recordIds().forEach((node, id) -> to.node(node).i64(id));
    }

    static Acceptors acceptors(ByteReader from) throws MalformedFrame {
        int threshold = from.i32();
        SortedMap<NodeId, Integer> votes = votes(from);
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        for (int left = from.size(NodeId.VOTERS_LIMIT); left > 0; left--) {
            StateCodec.put(recordIds, from.voter(), from.i64());
        }
        try {
            return new Acceptors(new Electorate(votes, threshold), recordIds);
        } catch (IllegalArgumentException e) {
            throw new MalformedFrame(e.getMessage());
        }
    }

    static void encode(Voting voting, ByteWriter to) {
        to.u8(voting.policy().ordinal()).u8(voting.floor());
        encode(voting.wanted(), to);
        to.nodes(voting.witnesses()).i64(voting.ledger()).bool(voting.previous().isPresent());
        voting.previous().ifPresent(previous -> encode(previous, to));
    }

    static Voting voting(ByteReader from) throws MalformedFrame {
        VotePolicy policy = StateCodec.constant(from, VotePolicy.values());
        int floor = from.u8();
        SortedMap<NodeId, Integer> wanted = votes(from);
        var witnesses = from.nodes();
        long ledger = from.i64();
        Optional<Acceptors> previous = from.bool() ? Optional.of(acceptors(from)) : Optional.empty();
        try {
            return new Voting(policy, floor, wanted, witnesses, ledger, previous);
        } catch (IllegalArgumentException e) {
            throw new MalformedFrame(e.getMessage());
        }
    }

    static void encode(Optional<Lone> lone, ByteWriter to) {
        to.bool(lone.isPresent());
        lone.ifPresent(line -> {
            to.incarnation(line.other()).i64(line.intent()).bool(line.since().isPresent());
            line.since().ifPresent(since -> {
                StateCodec.encode(since.ballot(), to);
                to.u8(since.evidence().ordinal()).text(since.proof());
            });
        });
    }

    static Optional<Lone> lone(ByteReader from) throws MalformedFrame {
        if (!from.bool()) {
            return Optional.empty();
        }
        var other = from.incarnation();
        long intent = StateCodec.number(from);
        Optional<Lone.Since> since = from.bool()
                ? Optional.of(new Lone.Since(StateCodec.ballot(from), StateCodec.constant(from, EvidenceClass.values()),
                        StateCodec.text(from, LedgerEvent.TEXT_LIMIT)))
                : Optional.empty();
        return Optional.of(new Lone(other, intent, since));
    }

    private static void encode(SortedMap<NodeId, Integer> votes, ByteWriter to) {
        to.u16(votes.size());
        votes.forEach((node, own) -> to.node(node).u16(own));
    }

    private static SortedMap<NodeId, Integer> votes(ByteReader from) throws MalformedFrame {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        for (int left = from.size(NodeId.VOTERS_LIMIT); left > 0; left--) {
            StateCodec.put(votes, from.voter(), from.u16());
        }
        return votes;
    }
}
