package io.muster.sim.check;

import static io.muster.sim.check.LedgerCheckersTest.assertViolates;
import static io.muster.sim.check.World.B1;
import static io.muster.sim.check.World.GROUP;
import static io.muster.sim.check.World.N1;
import static io.muster.sim.check.World.N2;
import static io.muster.sim.check.World.N3;
import static io.muster.sim.check.World.planWithoutN3;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerMessage;
import io.muster.ledger.Phase;
import io.muster.machine.Effect;
import io.muster.membership.MembershipMessage;
import io.muster.node.NodeEvent;
import io.muster.recovery.Participant;
import java.util.LinkedHashMap;
import org.junit.jupiter.api.Test;

/** The checkers of leases, fencing and recovery object to what breaks each rule, and to nothing else. */
class RecoveryCheckersTest {

    private static final TimeBudget TIMES = TimeBudget.lan();

    private final World world = new World();

    @Test
    void locksOfALifeThatRunsMayNotBeRebuiltEvenWithEvidence() {
        HarmlessBeforeRecovery checker = new HarmlessBeforeRecovery(world.truth);
        world.evictN3(true);

        assertThatNoException().isThrownBy(() -> checker.began(N1, "locks", Phase.STOP, planWithoutN3(2)));
        assertViolates("HarmlessBeforeRecovery", () -> checker.began(N1, "locks", Phase.LOCKS, planWithoutN3(2)));
        world.truth.ends(N3);
        assertThatNoException().isThrownBy(() -> checker.began(N1, "locks", Phase.LOCKS, planWithoutN3(2)));
    }

    @Test
    void locksOfALifeThatHasEndedMayNotBeRebuiltWithoutChosenEvidence() {
        HarmlessBeforeRecovery checker = new HarmlessBeforeRecovery(world.truth);
        world.evictN3(false);
        world.truth.ends(N3);

        assertViolates("HarmlessBeforeRecovery", () -> checker.began(N1, "locks", Phase.LOCKS, planWithoutN3(2)));
    }

    @Test
    void nobodyIsFencedWithoutAChosenIntentAgainstThatLife() {
        HarmlessBeforeRecovery checker = new HarmlessBeforeRecovery(world.truth);
        assertViolates("HarmlessBeforeRecovery", () -> checker.fencing(N1, fence(1, N3)));
        world.evictN3(false);

        assertThatNoException().isThrownBy(() -> checker.fencing(N1, fence(1, N3)));
        assertViolates("HarmlessBeforeRecovery", () -> checker.fencing(N1, fence(1, Incarnation.of(3, 2))));
    }

    @Test
    void aLifeIsCalledDeadAndAViewInstalledOnlyWhenTheDepartedAreHarmless() {
        HarmlessBeforeRecovery checker = new HarmlessBeforeRecovery(world.truth);
        world.evictN3(false);
        world.truth.ends(N3);
        assertViolates("HarmlessBeforeRecovery", () -> checker.happened(N1, event("node.dead", 2, "n3#1")));
        assertViolates("HarmlessBeforeRecovery", () -> checker.happened(N1, event("view.installed", 2, "")));

        World evidenced = new World();
        HarmlessBeforeRecovery other = new HarmlessBeforeRecovery(evidenced.truth);
        evidenced.evictN3(true);
        assertViolates("HarmlessBeforeRecovery", () -> other.happened(N1, event("node.dead", 3, "n3#1")));
        evidenced.truth.ends(N3);
        assertThatNoException().isThrownBy(() -> other.happened(N1, event("node.dead", 3, "n3#1")));
        assertThatNoException().isThrownBy(() -> other.happened(N1, event("view.installed", 3, "")));
    }

    @Test
    void aDepartedLifeThatMayStillActIsFound() {
        OneActingSide checker = new OneActingSide(world.truth);
        world.evictN3(true);
        world.now = 100;
        world.truth.actsUntil(N3, 101);

        assertViolates("OneActingSide", () -> checker.began(N1, "locks", Phase.LOCKS, planWithoutN3(2)));
        assertViolates("OneActingSide", () -> checker.mayAct(N3, 200));
        world.now = 101;
        assertThatNoException().isThrownBy(() -> checker.began(N1, "locks", Phase.LOCKS, planWithoutN3(2)));
    }

    @Test
    void aPhaseThatBeginsBeforeEverybodyIsThroughTheFormerOneIsFound() {
        BarrierHolds checker = new BarrierHolds(world.truth);
        checker.began(N1, "locks", Phase.STOP, planWithoutN3(2));
        checker.answered(N1, "locks", new Participant.Done(GROUP, 2, Phase.STOP));

        assertViolates("BarrierHolds", () -> checker.began(N1, "locks", Phase.LOCKS, planWithoutN3(2)));
        checker.answered(N2, "locks", new Participant.Done(GROUP, 1, Phase.STOP));
        assertViolates("BarrierHolds", () -> checker.began(N1, "locks", Phase.LOCKS, planWithoutN3(2)));
        checker.answered(N2, "locks", new Participant.Done(GROUP, 2, Phase.STOP));
        assertThatNoException().isThrownBy(() -> checker.began(N1, "locks", Phase.LOCKS, planWithoutN3(2)));
    }

    @Test
    void aGenerationThatGoesBackIsFound() {
        OldGenerationIgnored checker = new OldGenerationIgnored();
        checker.began(N1, "locks", Phase.STOP, planWithoutN3(3));
        checker.answered(N1, "locks", new Participant.Done(GROUP, 3, Phase.STOP));

        assertViolates("OldGenerationIgnored", () -> checker.began(N1, "locks", Phase.STOP, planWithoutN3(2)));
    }

    @Test
    void aNewGenerationThatBeginsWhileTheOldOneRunsIsFound() {
        OldGenerationIgnored checker = new OldGenerationIgnored();
        checker.began(N1, "locks", Phase.STOP, planWithoutN3(2));
        assertViolates("OldGenerationIgnored", () -> checker.began(N1, "locks", Phase.STOP, planWithoutN3(3)));

        OldGenerationIgnored abandoned = new OldGenerationIgnored();
        abandoned.began(N1, "locks", Phase.STOP, planWithoutN3(2));
        abandoned.answered(N1, "locks", new Participant.Abandoned(GROUP, 2));
        assertThatNoException().isThrownBy(() -> abandoned.began(N1, "locks", Phase.STOP, planWithoutN3(3)));
    }

    @Test
    void aLossThatNobodyReplayedIsFoundWhenTheGroupResumesAndAtTheEnd() {
        EveryLossRecovered checker = new EveryLossRecovered();
        ClusterState in = World.next(world.founding, B1, World.joined(N1), World.joined(N3));
        ClusterState grouped = World.running(World.next(World.running(World.next(
                in, B1, new LedgerEvent.GroupJoined(GROUP, N1)), 1), B1, new LedgerEvent.GroupJoined(GROUP, N3)), 2);
        ClusterState out = World.next(grouped, B1,
                new LedgerEvent.MemberEvicted(N3, "test"), new LedgerEvent.GroupLost(GROUP, N3),
                new LedgerEvent.FenceIntended(1, N3, "test", B1));
        ClusterState resumed = World.next(out, B1,
                new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.PROCESS_ENDED, "seen", N1.node()),
                World.reached(3, Phase.LOCKS), World.reached(3, Phase.STRIPES), World.reached(3, Phase.JOURNALS),
                World.reached(3, Phase.RESUME));

        checker.chosen(B1, out);
        assertViolates("EveryLossRecovered", checker::end);
        assertViolates("EveryLossRecovered", () -> checker.chosen(B1, resumed));
        checker.began(N1, "files", Phase.JOURNALS, planWithoutN3(3));
        checker.answered(N1, "files", new Participant.Done(GROUP, 3, Phase.JOURNALS));
        checker.chosen(B1, resumed);
        assertThatNoException().isThrownBy(checker::end);
    }

    @Test
    void aLeaseThatLastsLongerThanFromTheProofIsFound() {
        LeaseTruth checker = new LeaseTruth(world.truth, TIMES);
        world.now = 1_000;
        checker.sent(N1, N2.node(), new LedgerMessage.Beat(B1, 1, 0));
        world.now = 2_000;
        assertViolates("LeaseTruth", () -> checker.mayAct(N1, 3_000));

        checker.received(N1, N2, new LedgerMessage.BeatHeard(B1, 1, 0));
        assertThatNoException().isThrownBy(() -> checker.mayAct(N2, 1_000 + TIMES.leaseNs()));
        assertViolates("LeaseTruth", () -> checker.mayAct(N2, 1_000 + TIMES.leaseNs() * 1_002 / 1_000));
    }

    @Test
    void aLeaderThatAnswersALeaseOfALifeItIsPuttingOutIsFound() {
        LeaseTruth checker = new LeaseTruth(world.truth, TIMES);
        ClusterState in = world.choose(B1, World.next(
                world.founding, B1, World.joined(N1), World.joined(N2), World.joined(N3)));
        assertThatNoException().isThrownBy(
                () -> checker.sent(N1, N3.node(), new MembershipMessage.LeaseAnswer(1, 0, 1)));

        checker.sent(N1, N2.node(), new LedgerMessage.Accept(
                B1, World.next(in, B1, new LedgerEvent.MemberEvicted(N3, "test"))));
        assertViolates("LeaseTruth", () -> checker.sent(N1, N3.node(), new MembershipMessage.LeaseAnswer(1, 0, 1)));
    }

    private static NodeEvent event(String name, long version, String who) {
        LinkedHashMap<String, Object> fields = new LinkedHashMap<>();
        fields.put("who", who);
        return new NodeEvent(name, version, fields);
    }

    private static Effect.Fence fence(long intent, Incarnation victim) {
        return new Effect.Fence(1, intent, "process", victim, HostProcess.UNKNOWN, 1);
    }
}
