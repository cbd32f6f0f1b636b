package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PromisesTest {

    private static final Ballot OLD = States.ballot(1, 1);
    private static final Ballot NEWER = States.ballot(2, 3);
    private static final Ballot OWN = States.ballot(3, 2);

    private final ClusterState founded = States.founded(3);
    private final ClusterState one = States.next(founded, OLD, States.joined(States.life(1, 1)));
    private final ClusterState two = States.next(one, OLD, States.joined(States.life(2, 1)));

    @Test
    @DisplayName("L4: the highest ballot wins over the higher version, and of one ballot the higher version")
    void adoptionIsByBallotFirstAndVersionSecond() {
        AcceptorRecord higherVersion = States.record(1, founded).accepting(OLD, two).promising(OWN);
        AcceptorRecord higherBallot = States.record(3, founded).accepting(NEWER, one).promising(OWN);
        AcceptorRecord lowerVersion = States.record(2, founded).accepting(OLD, one).promising(OWN);
        assertThat(promises(higherVersion, null, higherBallot).adopted()).contains(one);
        assertThat(promises(higherVersion, lowerVersion, null).adopted()).contains(two);
        assertThat(promises(null, States.record(2, founded).promising(OWN), higherBallot).adopted()).contains(one);
    }

    @Test
    @DisplayName("L4, L8: only a quorum of records that the state knows, and that promised this ballot, decides")
    void onlyKnownRecordsThatPromisedCount() {
        AcceptorRecord known = States.record(1, founded).promising(OWN);
        assertThat(promises(known, null, null).adopted()).isEmpty();
        assertThat(promises(known, AcceptorRecord.founding(999, founded).promising(OWN), null).adopted()).isEmpty();
        assertThat(promises(known, States.record(2, founded).promising(NEWER), null).adopted()).isEmpty();
        assertThat(promises(known, States.record(2, founded).promising(OWN), null).adopted()).contains(founded);
        Promises stranger = promises(known, null, null).with(NodeId.of(9), States.record(9, founded).promising(OWN));
        assertThat(stranger.adopted()).isEmpty();
    }

    private static Promises promises(AcceptorRecord... ofNodes) {
        Promises promises = Promises.none(OWN);
        for (int i = 0; i < ofNodes.length; i++) {
            promises = ofNodes[i] == null ? promises : promises.with(NodeId.of(i + 1), ofNodes[i]);
        }
        return promises;
    }
}
