package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.HostProcess;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StateCodecTest {

    @Test
    @DisplayName("L1: encode, then decode, is identity, and equal digests mean equal states")
    void encodeThenDecodeIsIdentity() throws MalformedFrame {
        Map<Digest, ClusterState> byDigest = new LinkedHashMap<>();
        for (long seed = 0; seed < 30; seed++) {
            for (ClusterState state : States.randomChain(seed, 5, 25)) {
                byte[] bytes = StateCodec.bytes(state);
                ByteReader reader = new ByteReader(bytes);
                assertThat(StateCodec.decode(reader)).isEqualTo(state);
                reader.end();
                assertThat(StateCodec.lengthOf(state)).isEqualTo(bytes.length);
                ClusterState twin = byDigest.putIfAbsent(StateCodec.digest(state), state);
                assertThat(twin == null || twin.equals(state)).isTrue();
            }
        }
        assertThat(byDigest).hasSizeGreaterThan(500);
    }

    @Test
    @DisplayName("Every truncation is refused, and every flipped bit ends in a refusal or in what the bytes say")
    void noTruncationAndNoFlippedBitThrowsAnythingElse() throws MalformedFrame {
        ClusterState state = States.randomChain(7, 4, 12).getLast();
        AcceptorRecord record = new AcceptorRecord(
                101, Optional.of(States.ballot(9, 2)), Optional.of(States.ballot(8, 1)), state);
        byte[] bytes = bytes(record);
        assertThat(decode(bytes)).isEqualTo(record);
        for (int length = 0; length < bytes.length; length++) {
            byte[] shorter = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> decode(shorter)).isInstanceOf(MalformedFrame.class);
        }
        int refused = 0;
        for (int bit = 0; bit < 8 * bytes.length; bit++) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                AcceptorRecord decoded = decode(flipped);
                assertThat(decoded).isNotEqualTo(record);
                assertThat(bytes(decoded)).isEqualTo(flipped);
            } catch (MalformedFrame expected) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(100);
    }

    @Test
    void randomBytesAreRefused() {
        Prng chance = new Prng(3);
        byte[] good = StateCodec.bytes(States.randomChain(9, 4, 12).getLast());
        for (int run = 0; run < 20_000; run++) {
            byte[] bytes = good.clone();
            for (int i = 0; i < 4; i++) {
                bytes[chance.nextInt(bytes.length)] = (byte) chance.nextInt(256);
            }
            try {
                ClusterState decoded = StateCodec.decode(new ByteReader(bytes));
                assertThat(StateCodec.bytes(decoded)).isNotEmpty();
            } catch (MalformedFrame expected) {
                assertThat(expected.getMessage()).isNotEmpty();
            }
        }
    }

    @Test
    @DisplayName("An accepted ballot above the promised one is refused, in memory and in bytes")
    void noRecordAcceptedWhatItDidNotPromise() {
        ClusterState founded = States.founded(3);
        assertThatThrownBy(() -> new AcceptorRecord(
                1, Optional.of(States.ballot(1, 1)), Optional.of(States.ballot(1, 2)), founded))
                .isInstanceOf(IllegalArgumentException.class);
        ByteWriter writer = new ByteWriter().i64(1).bool(false).bool(true);
        StateCodec.encode(States.ballot(1, 2), writer);
        StateCodec.encode(founded, writer);
        assertThatThrownBy(() -> decode(writer.toArray())).isInstanceOf(MalformedFrame.class);
    }

    @Test
    @DisplayName("A text of any length and any characters, in an event, comes back from its bytes as it is")
    void textsOfEventsAreBounded() throws MalformedFrame {
        for (String text : List.of("", "x".repeat(100_000), "ü€😀".repeat(500), "a".repeat(255) + "😀", "\ud800",
                "x\udc00\ud800y", "\ud83d".repeat(300))) {
            for (LedgerEvent event : List.of(
                    new LedgerEvent.MemberEvicted(States.life(1, 1), text),
                    new LedgerEvent.FenceIntended(1, States.life(1, 1), text, States.ballot(1, 1)),
                    new LedgerEvent.FenceEvidenced(
                            1, States.life(1, 1), EvidenceClass.POWER_OFF, text, NodeId.of(2)),
                    new LedgerEvent.FenceVoided(1, States.life(1, 1), text))) {
                ByteWriter writer = new ByteWriter();
                EventCodec.encode(event, writer);
                assertThat(EventCodec.decode(new ByteReader(writer.toArray()))).isEqualTo(event);
            }
            assertThat(new LedgerEvent.MemberEvicted(States.life(1, 1), text).reason().length())
                    .isLessThanOrEqualTo(LedgerEvent.TEXT_LIMIT);
        }
    }

    @Test
    @DisplayName("L13: what makes the state too long is refused when drafted; evictions leave room to end them")
    void aStateThatDoesNotFitIsRefusedWhenProposed() throws MalformedFrame {
        HostProcess wide = new HostProcess("€".repeat(128), "€".repeat(128), "€".repeat(128), 1, 1);
        ClusterState state = States.founded(3);
        Ballot ballot = States.ballot(1, 1);
        String refusal = "";
        int evicted = 0;
        for (int node = 1; node < NodeId.LIMIT && refusal.isEmpty(); node++) {
            for (long life = 1; life <= 2 && refusal.isEmpty(); life++) {
                Draft draft = state.draft(ballot);
                LedgerEvent in = new LedgerEvent.MemberJoined(States.life(node, life), wide);
                LedgerEvent out = new LedgerEvent.MemberEvicted(States.life(node, life), "€".repeat(256));
                refusal = draft.add(in).or(() -> draft.add(out)).orElse("");
                if (draft.events().size() == 2) {
                    evicted++;
                    state = draft.whole(StateCodec.digest(state));
                } else if (refusal.contains("not harmless")) {
                    refusal = "";
                }
            }
        }
        assertThat(refusal).contains("bytes of " + Draft.GROWTH_LIMIT_BYTES);
        assertThat(evicted).isGreaterThan(30);
        assertThat(StateCodec.lengthOf(state)).isLessThanOrEqualTo(Draft.GROWTH_LIMIT_BYTES);
        LedgerEvent intent = new LedgerEvent.FenceIntended(
                state.nextIntent(), state.departures().firstKey(), "€".repeat(256), ballot);
        ClusterState fenced = States.next(state, ballot, intent);
        assertThat(StateCodec.decode(new ByteReader(StateCodec.bytes(fenced)))).isEqualTo(fenced);
    }

    @Test
    void aStateBeyondTheLimitIsRefusedFromOutside() {
        ClusterState state = States.founded(3);
        List<LedgerEvent> events = Collections.nCopies(
                ClusterState.EVENTS_LIMIT, new LedgerEvent.MemberEvicted(States.life(1, 1), "€".repeat(256)));
        ClusterState tooLong = new ClusterState(
                state.cluster(), 1, state.parent(), Optional.empty(), events, state.electorate(), state.recordIds(),
                state.members(), state.departures(), state.lastLives(), state.cleanLeavers(), state.groups(), 1, 0, 0,
                state.lapses(), FenceAccount.EMPTY, Barriers.NONE, FeatureLevels.FIRST, state.voting());
        assertThat(StateCodec.lengthOf(tooLong)).isGreaterThan(StateCodec.STATE_LIMIT_BYTES);
        assertThatThrownBy(() -> StateCodec.decode(new ByteReader(StateCodec.bytes(tooLong))))
                .isInstanceOf(MalformedFrame.class);
    }

    private static byte[] bytes(AcceptorRecord record) {
        ByteWriter writer = new ByteWriter();
        StateCodec.encode(record, writer);
        return writer.toArray();
    }

    private static AcceptorRecord decode(byte[] bytes) throws MalformedFrame {
        ByteReader reader = new ByteReader(bytes);
        AcceptorRecord record = StateCodec.decodeRecord(reader);
        reader.end();
        return record;
    }
}
