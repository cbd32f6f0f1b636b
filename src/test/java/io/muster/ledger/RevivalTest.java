package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rule Q6: what a person's word makes of the record of the one that is left. */
class RevivalTest {

    private static final long LEDGER = 0x77;
    private static final NodeId N1 = NodeId.of(1);
    private static final NodeSet OTHERS = NodeSet.of(NodeId.of(2), NodeId.of(3));
    private static final Ballot BALLOT = States.ballot(5, 2);

    private final ClusterState founded = States.founded(3);
    private final AcceptorRecord record = accepted(States.next(founded, BALLOT,
            States.joined(States.life(1, 1)), States.joined(States.life(2, 1)), States.joined(States.life(3, 4)),
            new LedgerEvent.GroupJoined(States.DATA, States.life(2, 1))));

    private static AcceptorRecord accepted(ClusterState state) {
        return new AcceptorRecord(101, Optional.of(States.ballot(9, 3)), Optional.of(BALLOT), state);
    }

    private AcceptorRecord revived() {
        return Revival.of(record, N1, OTHERS, LEDGER, "Ada").record().orElseThrow();
    }

    @Test
    @DisplayName("Q6: the one that is left decides alone, in a new ledger, above every ballot and number of the old one")
    void itDecidesAlone() {
        AcceptorRecord next = revived();
        ClusterState state = next.state();
        assertThat(state.decidedBy(NodeSet.of(N1))).isTrue();
        assertThat(state.decidedBy(OTHERS)).isFalse();
        assertThat(state.knows(N1, 101)).isTrue();
        assertThat(state.voting().ledger()).isEqualTo(LEDGER);
        assertThat(state.isOf(record.state())).isFalse();
        assertThat(next.newerThan(record)).isTrue();
        assertThat(next.promisedAbove(States.ballot(9, 3))).isTrue();
        assertThat(state.version()).isGreaterThanOrEqualTo(Revival.STRIDE);
        assertThat(state.nextIntent()).isGreaterThanOrEqualTo(Revival.STRIDE);
        assertThat(state.groups().get(States.DATA).generation()).isGreaterThanOrEqualTo(Revival.STRIDE);
    }

    @Test
    @DisplayName("Q6, F1: a person's word is no evidence: every life of the others has to be made harmless, and all groups wait")
    void theWordIsNoEvidence() {
        ClusterState state = revived().state();
        Incarnation two = States.life(2, 1);
        Incarnation three = States.life(3, 4);
        assertThat(state.departures()).containsOnlyKeys(two, three);
        assertThat(state.departures().values()).noneMatch(Departure::harmless)
                .allMatch(departure -> departure.reason().contains("Ada"));
        assertThat(state.members()).containsOnlyKeys(N1);
        // n3 was in no group as far as this record knows; a version that is lost may have let it in.
        assertThat(state.groups().get(States.DATA).departed()).containsExactly(three);
        assertThat(state.groups().get(States.DATA).phase()).isEqualTo(Phase.STOP);
        assertThat(state.ofConcern(state.departures().get(three))).isTrue();
    }

    @Test
    @DisplayName("Q6: a node that had left cleanly counts too: it may have come back in a version that is lost")
    void cleanLeaversCountToo() {
        ClusterState left = States.next(record.state(), BALLOT, new LedgerEvent.MemberLeft(States.life(3, 4)));
        ClusterState state = Revival.of(accepted(left), N1, OTHERS, LEDGER, "Ada").record().orElseThrow().state();
        assertThat(state.departures()).containsKey(States.life(3, 4));
        assertThat(state.cleanLeavers()).isEqualTo(NodeSet.NONE);
    }

    @Test
    @DisplayName("Q6: refused unless every other voter is named, when the rest can decide, and on one that had no vote")
    void refusals() {
        assertThat(refusal(record, NodeSet.of(NodeId.of(2)))).contains("decide without {n2}").contains("voter remove");
        assertThat(refusal(record, OTHERS.with(NodeId.of(4)))).contains("{n4} had no vote");
        assertThat(refusal(new AcceptorRecord(999, Optional.empty(), Optional.empty(), record.state()), OTHERS))
                .contains("n1 had no vote in version 1");
        assertThat(refusal(revived(), OTHERS)).contains("decides alone in version 1048576 already");
        ClusterState five = States.founded(5);
        assertThat(Revival.of(new AcceptorRecord(101, Optional.empty(), Optional.empty(), five), N1,
                NodeSet.of(NodeId.of(2), NodeId.of(3), NodeId.of(4)), LEDGER, "Ada").refusal().orElseThrow())
                .contains("{n5} voted too").contains("ledger fresh");
    }

    @Test
    @DisplayName("Q6: during a change of voters those of both configurations have to be named")
    void bothConfigurations() {
        ClusterState changing = withFourth(record.state());
        assertThat(changing.voting().previous()).isPresent();
        assertThat(refusal(accepted(changing), OTHERS)).contains("{n4} voted too");
        assertThat(Revival.of(accepted(changing), N1, OTHERS.with(NodeId.of(4)), LEDGER, "Ada").record().orElseThrow()
                .state().voting().previous()).isEmpty();
    }

    @Test
    @DisplayName("the revived record comes back from its bytes")
    void itComesBack() throws Exception {
        ByteWriter writer = new ByteWriter();
        StateCodec.encode(revived(), writer);
        assertThat(StateCodec.decodeRecord(new ByteReader(writer.toArray()))).isEqualTo(revived());
    }

    @Test
    @DisplayName("Q6: frames of another ledger name another id, of which it can be seen that it is the same cluster's")
    void theIdOnTheWire() {
        ClusterId own = States.CLUSTER.ofLedger(LEDGER);
        assertThat(own).isNotEqualTo(States.CLUSTER).isNotEqualTo(States.CLUSTER.ofLedger(LEDGER + 1));
        assertThat(own.isOtherLedgerOf(States.CLUSTER)).isTrue();
        assertThat(own.isOtherLedgerOf(own)).isFalse();
        assertThat(own.isOtherLedgerOf(new ClusterId(1, 2))).isFalse();
        assertThat(States.CLUSTER.ofLedger(0)).isEqualTo(States.CLUSTER);
    }

    private static String refusal(AcceptorRecord record, NodeSet lost) {
        Revival.Result result = Revival.of(record, N1, lost, LEDGER, "Ada");
        assertThat(result.record()).isEmpty();
        return result.refusal().orElseThrow();
    }

    /** A version that adds n4 to the voters. */
    private static ClusterState withFourth(ClusterState state) {
        TreeMap<NodeId, Integer> votes = new TreeMap<>(state.electorate().votes());
        votes.put(NodeId.of(4), 1);
        TreeMap<NodeId, Long> recordIds = new TreeMap<>(state.recordIds());
        recordIds.put(NodeId.of(4), 104L);
        Electorate electorate = Electorate.majorityOf(votes);
        return States.next(state, BALLOT, new LedgerEvent.ElectorateChanged(
                new Acceptors(electorate, recordIds), Voting.of(VotePolicy.FIXED, electorate), "one more"));
    }
}
