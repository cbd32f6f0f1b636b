package io.muster.sim.check;

import static io.muster.sim.check.World.GROUP;
import static io.muster.sim.check.World.N1;
import static io.muster.sim.check.World.N2;
import static io.muster.sim.check.World.N3;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.node.Wait;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OrderCheckersTest {

    private final World world = new World();

    private RecoveryPlan replayedBy(NodeId node, long generation) {
        RecoveryPlan plan = World.planWithoutN3(generation);
        TreeMap<io.muster.base.Incarnation, NodeId> replayer = new TreeMap<>();
        replayer.put(N3, node);
        return new RecoveryPlan(plan.group(), generation, plan.survivors(), plan.departed(), replayer);
    }

    @Test
    @DisplayName("R3, R11: nobody replays what another life still replays")
    void twoReplayersAreSeen() {
        OneReplayer checker = new OneReplayer(world.truth);
        checker.began(N1, "files", Phase.JOURNALS, replayedBy(N1.node(), 2));

        assertThatExceptionOfType(Violation.class)
                .isThrownBy(() -> checker.began(N2, "files", Phase.JOURNALS, replayedBy(N2.node(), 3)))
                .withMessageContaining("n1#1 of generation 2 is still at it");
    }

    @Test
    void whoAbandonedOrEndedOrIsThroughReplaysNoLonger() {
        for (int way = 0; way < 3; way++) {
            World here = new World();
            OneReplayer checker = new OneReplayer(here.truth);
            checker.began(N1, "files", Phase.JOURNALS, replayedBy(N1.node(), 2));
            switch (way) {
                case 0 -> checker.answered(N1, "files", new Participant.Abandoned(GROUP, 2));
                case 1 -> checker.answered(N1, "files", new Participant.Done(GROUP, 2, Phase.JOURNALS));
                default -> here.truth.ends(N1);
            }

            assertThatCode(() -> checker.began(N2, "files", Phase.JOURNALS, replayedBy(N2.node(), 3)))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void anAnswerAboutAnotherPhaseEndsNoReplay() {
        OneReplayer checker = new OneReplayer(world.truth);
        checker.began(N1, "files", Phase.JOURNALS, replayedBy(N1.node(), 2));
        checker.answered(N1, "files", new Participant.Done(GROUP, 2, Phase.STRIPES));

        assertThatExceptionOfType(Violation.class)
                .isThrownBy(() -> checker.began(N2, "files", Phase.JOURNALS, replayedBy(N2.node(), 3)));
    }

    @Test
    void whoIsBlockedForLongAndWaitsForNothingIsSeen() {
        EveryWaitNamed checker = new EveryWaitNamed(world.truth);
        for (int half = 0; half <= 5; half++) {
            world.now = half * TimeBudget.SECOND / 2;
            checker.looked(N1, true, List.of());
        }
        world.now = 3 * TimeBudget.SECOND;

        assertThatExceptionOfType(Violation.class).isThrownBy(() -> checker.looked(N1, true, List.of()))
                .withMessageContaining("blocked for 3000 ms and waits for nothing");
    }

    @Test
    void whoWasStoppedOrSaysWhyOrIsNotBlockedIsLeftInPeace() {
        EveryWaitNamed checker = new EveryWaitNamed(world.truth);
        checker.looked(N1, true, List.of());
        world.now = 60 * TimeBudget.SECOND;
        checker.looked(N1, true, List.of());
        for (int half = 0; half < 20; half++) {
            world.now += TimeBudget.SECOND / 2;
            checker.looked(N1, true, List.of(Wait.root(FaultCode.QUORUM_1, "no leader")));
            checker.looked(N2, false, List.of());
        }
        assertThat(world.now).isEqualTo(70 * TimeBudget.SECOND);
    }

    @Test
    void aWaitWithoutAWordIsSeenHoweverDeepItLies() {
        EveryWaitNamed checker = new EveryWaitNamed(world.truth);
        Wait wordless = new Wait(FaultCode.GROUP_1, "joining", List.of(Wait.root(FaultCode.QUORUM_1, " ")));

        assertThatExceptionOfType(Violation.class).isThrownBy(() -> checker.looked(N1, false, List.of(wordless)))
                .withMessageContaining("no word");
    }

    @Test
    @DisplayName("R4: whoever leaves a group while a service of it still stops is seen")
    void aLeaveBeforeTheDrainIsSeen() {
        LeavesAndJoinsInOrder checker = new LeavesAndJoinsInOrder(world.truth);
        ClusterState out = groupThatN2Leaves(checker);
        checker.began(N2, "locks", Phase.STOP, World.planWithoutN3(1));

        assertThatExceptionOfType(Violation.class).isThrownBy(() -> checker.chosen(World.B1, out))
                .withMessageContaining("n2#1 left g");

        checker.answered(N2, "locks", new Participant.Done(GROUP, 1, Phase.STOP));
        assertThatCode(() -> checker.chosen(World.B1, out)).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("R10: whoever comes into a group that recovers is seen")
    void aJoinInTheMiddleIsSeen() {
        LeavesAndJoinsInOrder checker = new LeavesAndJoinsInOrder(world.truth);
        ClusterState in = world.choose(World.B1, World.next(world.founding, World.B1, World.joined(N1), World.joined(N2)));
        ClusterState one = world.choose(World.B1, World.next(in, World.B1, new LedgerEvent.GroupJoined(GROUP, N1)));
        ClusterState both = forced(one, new LedgerEvent.GroupJoined(GROUP, N2));

        assertThatExceptionOfType(Violation.class).isThrownBy(() -> checker.chosen(World.B1, both))
                .withMessageContaining("n2#1 joined g in the middle");
    }

    private ClusterState groupThatN2Leaves(LeavesAndJoinsInOrder checker) {
        ClusterState in = world.choose(World.B1, World.next(world.founding, World.B1, World.joined(N1), World.joined(N2)));
        ClusterState joined = world.choose(World.B1, World.next(in, World.B1, new LedgerEvent.GroupJoined(GROUP, N2)));
        checker.chosen(World.B1, joined);
        return World.next(joined, World.B1, new LedgerEvent.GroupLeft(GROUP, N2));
    }

    /** A version that a draft would refuse: only its events and its number matter here. */
    private static ClusterState forced(ClusterState base, LedgerEvent event) {
        return new ClusterState(
                base.cluster(), base.version() + 1, base.parent(), base.proposedBy(), List.of(event), base.electorate(),
                base.recordIds(), base.members(), base.departures(), base.lastLives(), base.cleanLeavers(),
                base.groups(), base.nextIntent(), base.generationFloor(), base.viewChangedAt(), base.lapses(),
                base.fences(), base.barriers(), base.featureLevel(), base.voting());
    }
}
