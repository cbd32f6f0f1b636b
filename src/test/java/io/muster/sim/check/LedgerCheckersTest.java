package io.muster.sim.check;

import static io.muster.sim.check.World.B1;
import static io.muster.sim.check.World.B2;
import static io.muster.sim.check.World.N1;
import static io.muster.sim.check.World.N2;
import static io.muster.sim.check.World.N3;
import static io.muster.sim.check.World.joined;
import static io.muster.sim.check.World.next;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.NodeSet;
import io.muster.ledger.Acceptors;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerMessage;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.VotePolicy;
import io.muster.ledger.Voting;
import io.muster.quorum.Electorate;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The checkers of the ledger object to what breaks each rule, and to nothing else. */
class LedgerCheckersTest {

    private final World world = new World();
    private final ClusterState one = next(world.founding, B1, joined(N1));
    private final ClusterState other = next(world.founding, B2, joined(N2));

    @Test
    void aStateIsChosenWhenAQuorumHoldsItInOneBallot() {
        ChosenStates chosen = new ChosenStates(world.founding);

        assertThat(chosen.accepted(N1.node(), B1, one)).isEmpty();
        assertThat(chosen.accepted(N1.node(), B1, one)).as("the same acceptor again").isEmpty();
        assertThat(chosen.accepted(N2.node(), B2, one)).as("in another ballot").isEmpty();
        assertThat(chosen.accepted(N3.node(), B1, one)).hasValueSatisfying(
                made -> assertThat(made.state()).isEqualTo(one));
        assertThat(chosen.newest()).isEqualTo(one);
    }

    @Test
    void aChangeOfTheVotersIsCountedByTheChosenOnesBeforeItToo() {
        ChosenStates chosen = new ChosenStates(world.founding);
        Electorate alone = Electorate.majorityOf(NodeSet.of(N1.node()));
        ClusterState shrunk = next(world.founding, B1, new LedgerEvent.ElectorateChanged(
                new Acceptors(alone, world.founding.recordIds()), Voting.of(VotePolicy.FIXED, alone), "test"));

        assertThat(chosen.accepted(N1.node(), B1, shrunk)).as("by the new set only").isEmpty();
        assertThat(chosen.accepted(N2.node(), B1, shrunk)).isPresent();
        assertThat(chosen.accepted(N1.node(), B1, next(shrunk, B1, joined(N1)))).as("by the new set").isPresent();
    }

    @Test
    void twoValuesInOneBallotAreFound() {
        ChosenStates chosen = new ChosenStates(world.founding);
        chosen.accepted(N1.node(), B2, one);

        assertViolates("OneValuePerVersion", () -> chosen.accepted(N2.node(), B2, other));
    }

    @Test
    void anotherValueInAHigherBallotThanTheChoosingOneIsFoundBeforeItIsChosen() {
        world.choose(B1, one);

        assertViolates("OneValuePerVersion", () -> world.truth.chosen().accepted(N3.node(), B2, other));
    }

    @Test
    void anOlderVersionInAHigherBallotThanAChosenOneIsFound() {
        world.choose(B1, one);
        world.choose(B1, next(one, B1, joined(N2)));

        assertViolates("OneValuePerVersion", () -> world.truth.chosen().accepted(N3.node(), B2, one));
    }

    @Test
    void anUnchosenValueOfALowerBallotIsNoFault() {
        world.choose(B2, other);

        assertThatNoException().isThrownBy(() -> world.truth.chosen().accepted(N3.node(), B1, one));
    }

    @Test
    void applyingWhatWasNotChosenIsFound() {
        OneValuePerVersion checker = new OneValuePerVersion(world.truth);
        world.truth.chosen().accepted(N1.node(), B1, one);

        assertViolates("OneValuePerVersion", () -> checker.applied(N1, applied(world.founding, one)));

        world.truth.chosen().accepted(N2.node(), B1, one);
        assertThatNoException().isThrownBy(() -> checker.applied(N1, applied(world.founding, one)));
    }

    @Test
    void anAppliedVersionThatFallsIsFound() {
        VersionsOnlyGrow checker = new VersionsOnlyGrow();
        ClusterState two = next(one, B1, joined(N2));
        checker.applied(N1, applied(one, two));

        assertViolates("VersionsOnlyGrow", () -> checker.applied(N1, applied(world.founding, one)));
    }

    @Test
    void aRecordThatFallsInBallotVersionOrPromiseIsFoundAlsoOverARestart() {
        ClusterState two = next(one, B1, joined(N2));
        VersionsOnlyGrow checker = new VersionsOnlyGrow();
        checker.durable(N1.node(), world.record(Optional.of(B2), Optional.of(B1), two));

        assertViolates("VersionsOnlyGrow", () -> checker.durable(
                N1.node(), world.record(Optional.of(B2), Optional.of(B1), one)));
        assertViolates("VersionsOnlyGrow", () -> checker.durable(
                N1.node(), world.record(Optional.of(B1), Optional.of(B1), two)));
    }

    @Test
    void aHigherBallotWithALowerVersionIsNoFall() {
        VersionsOnlyGrow checker = new VersionsOnlyGrow();
        checker.durable(N1.node(), world.record(Optional.of(B1), Optional.of(B1), next(one, B1, joined(N2))));

        assertThatNoException().isThrownBy(() -> checker.durable(
                N1.node(), world.record(Optional.of(B2), Optional.of(B2), one)));
    }

    @Test
    void aPromiseOrPrepareSaidBeforeItIsOnTheDiskIsFound() {
        DurableBeforeSaid checker = new DurableBeforeSaid(world.truth);
        world.truth.recordIs(N1.node(), world.record(Optional.of(B1), Optional.empty(), world.founding));

        assertThatNoException().isThrownBy(() -> checker.sent(N1, N2.node(), new LedgerMessage.Prepare(B1)));
        assertViolates("DurableBeforeSaid", () -> checker.sent(N1, N2.node(), new LedgerMessage.Prepare(B2)));
        assertViolates("DurableBeforeSaid", () -> checker.sent(N1, N2.node(), new LedgerMessage.Promise(
                B2, world.record(Optional.of(B2), Optional.empty(), world.founding))));
    }

    @Test
    void anAcceptanceSaidBeforeItIsOnTheDiskIsFound() {
        DurableBeforeSaid checker = new DurableBeforeSaid(world.truth);
        world.truth.recordIs(N1.node(), world.record(Optional.of(B1), Optional.empty(), world.founding));

        assertViolates("DurableBeforeSaid", () -> checker.sent(N1, N2.node(), new LedgerMessage.Accepted(B1, 1)));

        world.truth.recordIs(N1.node(), world.record(Optional.of(B1), Optional.of(B1), one));
        assertThatNoException().isThrownBy(() -> checker.sent(N1, N2.node(), new LedgerMessage.Accepted(B1, 1)));
    }

    @Test
    void aLifeThatForgetsThePromiseItLoadedIsFoundWhenItAnswersALowerBeat() {
        DurableBeforeSaid checker = new DurableBeforeSaid(world.truth);
        world.truth.recordIs(N1.node(), world.record(Optional.of(B2), Optional.empty(), world.founding));
        checker.started(N1);

        assertViolates("DurableBeforeSaid", () -> checker.sent(N1, N1.node(), new LedgerMessage.BeatHeard(B1, 1, 0)));
    }

    @Test
    void aStateThatIsNotTheSumOfItsEventsIsFound() {
        StateIsSumOfEvents checker = new StateIsSumOfEvents(world.truth);

        assertThatNoException().isThrownBy(() -> checker.applied(N1, applied(world.founding, one)));
        ClusterState two = next(one, B1, joined(N2), joined(N3));
        assertViolates("StateIsSumOfEvents", () -> checker.applied(
                N1, new LedgerNews.Applied(one, two, List.of(joined(N2)), false)));
    }

    @Test
    void aSecondLifeThatComesUpBeforeTheFirstWentDownIsFoundAlsoInADifference() {
        StateIsSumOfEvents checker = new StateIsSumOfEvents(world.truth);
        checker.applied(N1, applied(world.founding, one));
        ClusterState back = next(next(one, B1, new LedgerEvent.MemberLeft(N1)), B1,
                joined(io.muster.base.Incarnation.of(1, 2)));

        assertViolates("StateIsSumOfEvents", () -> checker.applied(N1, new LedgerNews.Applied(
                one, back, List.of(joined(io.muster.base.Incarnation.of(1, 2))), true)));
    }

    private static LedgerNews.Applied applied(ClusterState before, ClusterState state) {
        return new LedgerNews.Applied(before, state, state.events(), false);
    }

    static void assertViolates(String checker, Runnable what) {
        assertThatThrownBy(what::run).isInstanceOfSatisfying(Violation.class,
                violation -> assertThat(violation.checker()).isEqualTo(checker));
    }
}
