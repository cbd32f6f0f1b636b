package io.muster.ledger;

import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;

/**
 * Events as bytes: a tag u8, then the fields in the order of the record, in the encodings of {@link StateCodec}. A tag
 * is never used again for another event.
 */
final class EventCodec {

    private static final int MEMBER_JOINED = 1;
    private static final int MEMBER_LEFT = 2;
    private static final int MEMBER_EVICTED = 3;
    private static final int FENCE_INTENDED = 4;
    private static final int FENCE_EVIDENCED = 5;
    private static final int FENCE_VOIDED = 6;
    private static final int GROUP_JOINED = 7;
    private static final int GROUP_LEFT = 8;
    private static final int GROUP_LOST = 9;
    private static final int PHASE_REACHED = 10;
    private static final int MEMBER_DROPPED = 21;
    private static final int FENCE_WINDOW_PASSED = 11;
    private static final int FENCING_OPENED = 12;
    private static final int ACCESS_WANTED = 13;
    private static final int ACCESS_GRANTED = 14;
    private static final int BARRIER_PASSED = 20;
    private static final int FEATURES_TOLD = 40;
    private static final int FEATURE_RAISED = 41;
    private static final int ELECTORATE_CHANGED = 31;
    private static final int ELECTORATE_SETTLED = 32;
    private static final int WENT_ALONE = 33;

    private EventCodec() {}

    static void encode(LedgerEvent event, ByteWriter to) {
        switch (event) {
            case LedgerEvent.MemberJoined(var who, var process) -> {
                to.u8(MEMBER_JOINED).incarnation(who);
                StateCodec.encode(process, to);
            }
            case LedgerEvent.MemberLeft(var who) -> to.u8(MEMBER_LEFT).incarnation(who);
            case LedgerEvent.MemberEvicted(var who, var reason) ->
                to.u8(MEMBER_EVICTED).incarnation(who).text(reason);
            case LedgerEvent.FenceIntended(var id, var who, var reason, var begun) -> {
                to.u8(FENCE_INTENDED).i64(id).incarnation(who).text(reason);
                StateCodec.encode(begun, to);
            }
            case LedgerEvent.FenceEvidenced(var id, var who, var evidence, var proof, var actor) ->
                to.u8(FENCE_EVIDENCED).i64(id).incarnation(who).u8(evidence.ordinal()).text(proof).node(actor);
            case LedgerEvent.FenceVoided(var id, var who, var reason) ->
                to.u8(FENCE_VOIDED).i64(id).incarnation(who).text(reason);
            case LedgerEvent.GroupJoined(var group, var who) ->
                to.u8(GROUP_JOINED).text(group.text()).incarnation(who);
            case LedgerEvent.GroupLeft(var group, var who) -> to.u8(GROUP_LEFT).text(group.text()).incarnation(who);
            case LedgerEvent.GroupLost(var group, var who) -> to.u8(GROUP_LOST).text(group.text()).incarnation(who);
            case LedgerEvent.PhaseReached(var group, var generation, var phase) ->
                to.u8(PHASE_REACHED).text(group.text()).i64(generation).u8(phase.ordinal());
            case LedgerEvent.MemberDropped(var who, var reason) ->
                to.u8(MEMBER_DROPPED).incarnation(who).text(reason);
            case LedgerEvent.FenceWindowPassed(var upTo) -> to.u8(FENCE_WINDOW_PASSED).i64(upTo);
            case LedgerEvent.FencingOpened(var person, var remark) -> to.u8(FENCING_OPENED).text(person).text(remark);
            case LedgerEvent.AccessWanted(var who) -> to.u8(ACCESS_WANTED).incarnation(who);
            case LedgerEvent.AccessGranted(var who, var proof, var actor) ->
                to.u8(ACCESS_GRANTED).incarnation(who).text(proof).node(actor);
            case LedgerEvent.BarrierPassed(var barrier, var generation, var members) -> {
                to.u8(BARRIER_PASSED);
                StateCodec.encode(barrier, to);
                to.i64(generation).nodes(members);
            }
            case LedgerEvent.FeaturesTold(var who, var features) -> to.u8(FEATURES_TOLD).incarnation(who).range(features);
            case LedgerEvent.FeatureRaised(int level) -> to.u8(FEATURE_RAISED).u16(level);
            case LedgerEvent.ElectorateChanged(var acceptors, var voting, var reason) -> {
                to.u8(ELECTORATE_CHANGED);
                VotingCodec.encode(acceptors, to);
                VotingCodec.encode(voting, to);
                to.text(reason);
            }
            case LedgerEvent.ElectorateSettled() -> to.u8(ELECTORATE_SETTLED);
            case LedgerEvent.WentAlone(var lost) -> to.u8(WENT_ALONE).incarnation(lost);
        }
    }

    static LedgerEvent decode(ByteReader from) throws MalformedFrame {
        int tag = from.u8();
        return switch (tag) {
            case MEMBER_JOINED -> new LedgerEvent.MemberJoined(from.incarnation(), StateCodec.process(from));
            case MEMBER_LEFT -> new LedgerEvent.MemberLeft(from.incarnation());
            case MEMBER_EVICTED -> new LedgerEvent.MemberEvicted(from.incarnation(), text(from));
            case FENCE_INTENDED -> new LedgerEvent.FenceIntended(
                    StateCodec.number(from), from.incarnation(), text(from), StateCodec.ballot(from));
            case FENCE_EVIDENCED -> new LedgerEvent.FenceEvidenced(
                    StateCodec.number(from), from.incarnation(), StateCodec.constant(from, EvidenceClass.values()),
                    text(from), from.node());
            case FENCE_VOIDED ->
                new LedgerEvent.FenceVoided(StateCodec.number(from), from.incarnation(), text(from));
            case GROUP_JOINED -> new LedgerEvent.GroupJoined(StateCodec.groupName(from), from.incarnation());
            case GROUP_LEFT -> new LedgerEvent.GroupLeft(StateCodec.groupName(from), from.incarnation());
            case GROUP_LOST -> new LedgerEvent.GroupLost(StateCodec.groupName(from), from.incarnation());
            case PHASE_REACHED -> new LedgerEvent.PhaseReached(
                    StateCodec.groupName(from), StateCodec.number(from), StateCodec.constant(from, Phase.values()));
            case MEMBER_DROPPED -> new LedgerEvent.MemberDropped(from.incarnation(), text(from));
            case FENCE_WINDOW_PASSED -> new LedgerEvent.FenceWindowPassed(StateCodec.number(from));
            case FENCING_OPENED -> new LedgerEvent.FencingOpened(text(from), text(from));
            case ACCESS_WANTED -> new LedgerEvent.AccessWanted(from.incarnation());
            case ACCESS_GRANTED -> new LedgerEvent.AccessGranted(from.incarnation(), text(from), from.node());
            case BARRIER_PASSED -> new LedgerEvent.BarrierPassed(
                    StateCodec.barrierName(from), StateCodec.number(from), from.nodes());
            case FEATURES_TOLD -> new LedgerEvent.FeaturesTold(from.incarnation(), from.range());
            case FEATURE_RAISED -> new LedgerEvent.FeatureRaised(from.u16());
            case ELECTORATE_CHANGED -> {
                Acceptors acceptors = VotingCodec.acceptors(from);
                Voting voting = VotingCodec.voting(from);
                if (voting.previous().isPresent()) {
                    throw new MalformedFrame("a change of the electorate with a configuration before it");
                }
                yield new LedgerEvent.ElectorateChanged(acceptors, voting, text(from));
            }
            case ELECTORATE_SETTLED -> new LedgerEvent.ElectorateSettled();
            case WENT_ALONE -> new LedgerEvent.WentAlone(from.incarnation());
            default -> throw new MalformedFrame("event tag " + tag);
        };
    }

    private static String text(ByteReader from) throws MalformedFrame {
        return StateCodec.text(from, LedgerEvent.TEXT_LIMIT);
    }
}
