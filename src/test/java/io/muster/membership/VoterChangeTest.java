package io.muster.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.VotePolicy;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class VoterChangeTest {

    private static final NodeId N3 = NodeId.of(3);
    private static final NodeId N4 = NodeId.of(4);

    private final ClusterState founded = Bench.founded(3);

    @Test
    @DisplayName("L8, Q4: a node whose record is not known cannot be added; the refusal says what to do")
    void aNodeThatDoesNotRunCannotBeAdded() {
        VoterChange.Applied applied = VoterChange.ofVotes(N4, 1).applied(founded, new TreeMap<>(), "asked");
        assertThat(applied.event()).isEmpty();
        assertThat(applied.refusal()).hasValueSatisfying(why -> assertThat(why).contains("record of n4", "start it"));
        VoterChange.Applied known = VoterChange.ofVotes(N4, 1).applied(founded, new TreeMap<>(Map.of(N4, 44L)), "asked");
        assertThat(known.event().orElseThrow().acceptors().recordIds()).containsEntry(N4, 44L);
        assertThat(known.event().orElseThrow().acceptors().electorate().threshold()).isEqualTo(3);
    }

    @Test
    @DisplayName("001-24: a threshold that lets two sides decide is refused with both named")
    void twoSidesAreNamed() {
        VoterChange change = new VoterChange(new TreeMap<>(Map.of(N3, 2)), 2, Optional.empty(), 0);
        assertThat(change.applied(founded, new TreeMap<>(), "asked").refusal()).hasValueSatisfying(why ->
                assertThat(why).contains("{n1 n2} with 2 votes and {n3} with 2 votes could decide", "must be 3 to 4"));
    }

    @Test
    @DisplayName("T1: policy two-node is refused for anything but two voters with one vote each")
    void twoNodesAreTwo() {
        VoterChange change = new VoterChange(new TreeMap<>(), 0, Optional.of(VotePolicy.TWO_NODE), 0);
        assertThat(change.applied(founded, new TreeMap<>(), "asked").refusal()).isPresent();
        assertThat(change.applied(Bench.founded(2), new TreeMap<>(), "asked").refusal()).isEmpty();
    }

    @Test
    @DisplayName("Q7: a floor that the wanted voters cannot reach is refused with the highest that would do")
    void aFloorIsNotAboveTheVoters() {
        VoterChange five = new VoterChange(new TreeMap<>(), 0, Optional.empty(), 5);
        assertThat(five.applied(founded, new TreeMap<>(), "asked").refusal()).hasValueSatisfying(why ->
                assertThat(why).contains("a floor of 5 voters", "{n1 n2 n3}", "1 to 3 would do"));
        VoterChange three = new VoterChange(new TreeMap<>(), 0, Optional.empty(), 3);
        assertThat(three.applied(founded, new TreeMap<>(), "asked").event()).isPresent();
        VoterChange without = new VoterChange(new TreeMap<>(Map.of(N3, 0)), 0, Optional.empty(), 3);
        assertThat(without.applied(founded, new TreeMap<>(), "asked").refusal()).isPresent();
        VoterChange with = new VoterChange(new TreeMap<>(Map.of(N4, 1)), 0, Optional.empty(), 4);
        assertThat(with.applied(founded, new TreeMap<>(Map.of(N4, 44L)), "asked").event()).isPresent();
    }

    @Test
    @DisplayName("A change is shown by the state it leads to, and not by the one before")
    void aChangeIsShownByWhatItLeadsTo() {
        VoterChange change = VoterChange.ofVotes(N3, 0);
        LedgerEvent event = change.applied(founded, new TreeMap<>(), "asked").event().orElseThrow();
        assertThat(change.isShownBy(founded)).isFalse();
        assertThat(change.isShownBy(Bench.next(founded, List.of(event)))).isTrue();
    }

    @Test
    @DisplayName("Messages come back from their bytes")
    void messagesComeBack() throws Exception {
        VoterCodec codec = new VoterCodec();
        for (VoterMessage message : new VoterMessage[] {
                new VoterMessage.RecordShown(-7),
                new VoterMessage.ChangeAsk(VoterChange.ofVotes(N3, 0), "asked for by me"),
                new VoterMessage.ChangeAsk(new VoterChange(new TreeMap<>(Map.of(N3, 2, N4, 1)), 3,
                        Optional.of(VotePolicy.DYNAMIC), 2), "")}) {
            ByteWriter bytes = new ByteWriter();
            codec.encode(message, bytes);
            ByteReader reader = new ByteReader(bytes.toArray());
            assertThat(codec.decode(reader)).isEqualTo(message);
            reader.end();
        }
    }
}
