package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.LedgerMessage;
import io.muster.ledger.Lone;
import io.muster.ledger.VotePolicy;
import io.muster.machine.Effect;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A death at each point of one node's fence of the other of two, and of the other's return: before each message of the
 * ledger, before each write and each act of a device, and in the middle of each write; in whole clusters, under all
 * checkers. {@code OneLoneSide} and {@code OneValuePerVersion} see two sides that both choose; here, whoever may not go on
 * alone waits, whoever may goes on, and in the end both vote again (rules T1 to T5).
 */
class TwoNodeCrashPointsTest {

    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final NodeSet BOTH = NodeSet.of(N1, N2);
    private static final long MS = TimeBudget.MS;
    private static final int POINTS_LIMIT = 200;
    /** In the middle of a write: the quickest one takes longer. */
    private static final long IN_WRITE_NS = 40_000;

    private enum Damage { BEFORE, IN_A_WRITE, IN_A_WRITE_WITH_POWER }

    /** One way through which to die. @return whether the point came before it was over */
    private interface Way {

        boolean run(int point, Damage damage);
    }

    private Simulation simulation = new Simulation(SimSettings.calm(1, 1), Optional.empty());
    private int walked;
    private int seen;
    private boolean died;

    @Test
    @DisplayName("T1, T3, T5: n1 is dead, n2 dies at each point of its fence and is back first: it goes on if its record says so")
    void theFencerDiesAndComesBackFirst() {
        walk((point, damage) -> fencerDies(point, damage, N2));
        assertThat(walked).isEqualTo(22);
    }

    @Test
    @DisplayName("T1, T2, S4: n1 is dead, n2 dies at each point of its fence, and n1 comes back first: it chooses nothing alone")
    void theFencerDiesAndTheFencedComesBackFirst() {
        walk((point, damage) -> fencerDies(point, damage, N1));
        assertThat(walked).isEqualTo(22);
    }

    @Test
    @DisplayName("T1, T4: n2 is alone, n1 comes back, and n1 dies at each point of that: n2 goes on")
    void theReturningOneDies() {
        walk((point, damage) -> oneDiesInTheReturn(point, damage, N1));
        assertThat(walked).isEqualTo(23);
    }

    @Test
    @DisplayName("T1, T4: n2 is alone, n1 comes back, and n2 dies at each point of that: never can both go on")
    void theLoneOneDiesInTheReturn() {
        walk((point, damage) -> oneDiesInTheReturn(point, damage, N2));
        assertThat(walked).isEqualTo(15);
    }

    @Test
    @DisplayName("T2, S4: two lose each other, and at each point of the fence one of them dies, or both")
    void twoThatLoseEachOther() {
        walk((point, damage) -> cutOff(point, damage, N1, NodeSet.of(N1)));
        walk((point, damage) -> cutOff(point, damage, N2, NodeSet.of(N2)));
        walk((point, damage) -> cutOff(point, damage, N1, BOTH));
        assertThat(walked).isEqualTo(44);
    }

    // ---- the ways

    private boolean fencerDies(int point, Damage damage, NodeId first) {
        form();
        simulation.kill(N1);
        dieAt(N2, NodeSet.of(N2), point, damage);
        until("n2 is alone or dies", () -> died || votersAre(N2) && mayAct(N2));
        if (!died) {
            return false;
        }
        pass(100);
        boolean alone = alone(N2);
        long version = newest().version();
        start(first);
        if (first.equals(N2) && alone) {
            until("n2 goes on alone, as its record says", () -> votersAre(N2) && mayAct(N2));
        } else {
            pass(2_500);
            assertThat(newest().version()).as("%s may not go on alone", first).isEqualTo(version);
        }
        simulation.nodes().forEach(this::start);
        whole();
        return true;
    }

    private boolean oneDiesInTheReturn(int point, Damage damage, NodeId victim) {
        form();
        simulation.kill(N1);
        until("n2 is alone", () -> votersAre(N2) && mayAct(N2));
        dieAt(victim, NodeSet.of(victim), point, damage);
        simulation.start(N1);
        until("both vote or one dies", () -> died || isWhole());
        if (!died) {
            return false;
        }
        if (victim.equals(N1)) {
            until("n2 goes on", () -> mayAct(N2) && !newest().members().containsKey(N1));
        } else {
            boolean alone = alone(N2);
            long version = newest().version();
            pass(2_500);
            assertThat(alone && newest().version() > version).as("n1 goes on, and n2 could too").isFalse();
        }
        simulation.nodes().forEach(this::start);
        whole();
        return true;
    }

    private boolean cutOff(int point, Damage damage, NodeId whose, NodeSet victims) {
        form();
        links(true);
        dieAt(whose, victims, point, damage);
        long limit = simulation.time().now() + 4_000 * MS;
        until("one is alone or dies", () -> died || simulation.time().now() > limit
                || votersAre(N1) && mayAct(N1) || votersAre(N2) && mayAct(N2));
        if (!died) {
            return false;
        }
        pass(1_500);
        links(false);
        simulation.nodes().forEach(this::start);
        whole();
        return true;
    }

    // ---- how

    private void walk(Way way) {
        for (Damage damage : Damage.values()) {
            int point = 1;
            while (run(way, point, damage)) {
                walked++;
                point++;
                assertThat(point).isLessThan(POINTS_LIMIT);
            }
        }
    }

    private boolean run(Way way, int point, Damage damage) {
        try {
            return way.run(point, damage);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("point %d, %s: %s".formatted(point, damage, e.getMessage()), e);
        }
    }

    private void form() {
        simulation = new Simulation(SimSettings.calm(1, 2).with(VotePolicy.TWO_NODE), Optional.empty());
        simulation.startAll();
        whole();
    }

    private void links(boolean cut) {
        for (int link : new int[] {SimNetwork.STREAM, 0}) {
            for (NodeId from : BOTH) {
                NodeId to = BOTH.without(from).lowest();
                if (cut) {
                    simulation.network().cut(from, to, link);
                } else {
                    simulation.network().mend(from, to, link);
                }
            }
        }
    }

    /** From now on these die at this point of what the one does. */
    private void dieAt(NodeId whose, NodeSet victims, int point, Damage damage) {
        died = false;
        seen = 0;
        simulation.endsBefore((process, what) -> {
            boolean counts = damage == Damage.BEFORE ? isPoint(what) : what instanceof Effect.Write;
            if (died || !process.node().equals(whose) || !counts || ++seen != point) {
                return false;
            }
            if (damage == Damage.BEFORE) {
                end(victims, false);
                return true;
            }
            simulation.time().after(IN_WRITE_NS, () -> end(victims, damage == Damage.IN_A_WRITE_WITH_POWER));
            return false;
        });
    }

    private void end(NodeSet victims, boolean power) {
        died = true;
        for (NodeId victim : victims) {
            if (power) {
                simulation.powerOff(victim);
            } else {
                simulation.kill(victim);
            }
        }
    }

    /** Beats repeat and change nothing; everything else that the ledger says, and all that is done to the world. */
    private static boolean isPoint(Object what) {
        return switch (what) {
            case LedgerMessage.Beat _, LedgerMessage.BeatHeard _ -> false;
            case LedgerMessage _, Effect _ -> true;
            default -> false;
        };
    }

    private void start(NodeId node) {
        simulation.powerOn(node);
        simulation.start(node);
    }

    private void pass(long ms) {
        simulation.runUntil(simulation.time().now() + ms * MS);
    }

    private void whole() {
        until("both vote", this::isWhole);
    }

    private boolean isWhole() {
        return votersAre(N1, N2) && newest().members().size() == 2 && !newest().recovering() && mayAct(N1) && mayAct(N2);
    }

    private ClusterState newest() {
        return simulation.truth().chosen().newest();
    }

    private boolean votersAre(NodeId... nodes) {
        return newest().electorate().acceptors().equals(NodeSet.of(nodes));
    }

    private boolean alone(NodeId node) {
        return simulation.truth().record(node).flatMap(AcceptorRecord::lone).filter(Lone::alone).isPresent();
    }

    private boolean mayAct(NodeId node) {
        return simulation.host(node).process().filter(process -> simulation.truth().mayAct(process.life())).isPresent();
    }

    private void until(String goal, BooleanSupplier reached) {
        long limit = simulation.time().now() + 30 * TimeBudget.SECOND;
        while (!reached.getAsBoolean()) {
            assertThat(simulation.time().now()).as("never: %s; voters %s; %s", goal, newest().electorate(),
                    new Recovered(simulation).pending()).isLessThan(limit);
            pass(10);
        }
    }
}
