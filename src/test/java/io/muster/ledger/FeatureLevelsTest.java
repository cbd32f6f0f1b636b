package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.VersionRange;
import io.muster.wire.ByteReader;
import io.muster.wire.MalformedFrame;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FeatureLevelsTest {

    private static final Ballot BALLOT = States.ballot(1, 1);

    @Test
    @DisplayName("the level rises to what all members speak, and only while every voter is a member")
    void theLevelRisesWithTheLast() {
        ClusterState state = States.founded(3);
        assertThat(FeatureLevels.rise(state)).isEmpty();
        state = joined(state, 1, new VersionRange(1, 3));
        state = joined(state, 2, new VersionRange(1, 2));
        assertThat(FeatureLevels.rise(state)).as("the voter n3 is away").isEmpty();
        assertThat(state.draft(BALLOT).add(new LedgerEvent.FeatureRaised(2))).isPresent();
        ClusterState old = joined(state, 3, new VersionRange(1, 1));
        assertThat(FeatureLevels.rise(old)).as("n3 speaks 1 only").isEmpty();
        assertThat(old.draft(BALLOT).add(new LedgerEvent.FeatureRaised(2))).isPresent();
        ClusterState all = joined(state, 3, new VersionRange(1, 5));
        assertThat(FeatureLevels.rise(all)).isEqualTo(OptionalInt.of(2));
        assertThat(all.draft(BALLOT).add(new LedgerEvent.FeatureRaised(3))).as("n2 does not speak 3").isPresent();
        ClusterState raised = States.next(all, BALLOT, new LedgerEvent.FeatureRaised(2));
        assertThat(raised.featureLevel()).isEqualTo(2);
        assertThat(FeatureLevels.rise(raised)).isEmpty();
    }

    @Test
    @DisplayName("the level never falls, and whoever does not speak it is not let in: both numbers are named")
    void theLevelNeverFalls() {
        ClusterState raised = raised();
        for (int level : new int[] {0, 1, 2}) {
            assertThat(raised.draft(BALLOT).add(new LedgerEvent.FeatureRaised(level))).as("%d", level).isPresent();
        }
        ClusterState alone = States.next(raised, BALLOT, new LedgerEvent.MemberLeft(States.life(3, 1)));
        assertThat(alone.featureLevel()).isEqualTo(2);
        assertThat(FeatureLevels.refusal(alone, new VersionRange(1, 1))).hasValueSatisfying(
                why -> assertThat(why).contains("feature level 1", "agreed on 2"));
        assertThat(FeatureLevels.refusal(alone, new VersionRange(1, 2))).isEmpty();
        Draft draft = alone.draft(BALLOT);
        assertThat(draft.add(States.joined(States.life(3, 2)))).isEmpty();
        assertThat(draft.add(new LedgerEvent.FeaturesTold(States.life(3, 2), new VersionRange(3, 4)))).isPresent();
    }

    @Test
    @DisplayName("a record of a level that this program does not speak is refused as of a newer program, not as damaged")
    void aNewerRecordIsNotDamaged() {
        ClusterState raised = raised();
        byte[] file = RecordFile.founding(AcceptorRecord.founding(101, raised));
        assertThatThrownBy(() -> RecordFile.load(file))
                .isInstanceOfSatisfying(ClusterFault.class, fault -> assertThat(fault.code()).isEqualTo(FaultCode.DATA_3))
                .hasMessageContaining("feature level 2, and this program speaks " + FeatureLevels.SPOKEN);
        assertThatThrownBy(() -> StateCodec.decode(new ByteReader(StateCodec.bytes(raised))))
                .isInstanceOf(MalformedFrame.class).hasMessageContaining("feature level 2");
    }

    @Test
    @DisplayName("L10: who missed the versions between is told the levels of new members and the level that was reached")
    void theDifferenceNamesTheLevel() {
        ClusterState before = States.founded(3);
        ClusterState after = raised();
        assertThat(StateDifference.between(before, after)).contains(
                new LedgerEvent.FeaturesTold(States.life(1, 1), new VersionRange(1, 2)), new LedgerEvent.FeatureRaised(2));
        DifferenceCheck.explains(before, StateDifference.between(before, after), after);
    }

    private static ClusterState raised() {
        ClusterState state = States.founded(3);
        for (int node = 1; node <= 3; node++) {
            state = joined(state, node, new VersionRange(1, 2));
        }
        return States.next(state, BALLOT, new LedgerEvent.FeatureRaised(2));
    }

    private static ClusterState joined(ClusterState state, int node, VersionRange features) {
        return States.next(state, BALLOT, States.joined(States.life(node, 1)),
                new LedgerEvent.FeaturesTold(States.life(node, 1), features));
    }
}
