package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.node.Request;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Two nodes and one disk that votes, under all checkers (issue's promise: either death, either cut, the loss of the disk). */
class SharedDiskScenariosTest {

    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final NodeSet BOTH = NodeSet.of(N1, N2);
    private static final long MS = TimeBudget.MS;
    /** Twenty troubles each; a thousand troubles with -Dmuster.disk.runs=50. */
    private static final int RUNS = Integer.getInteger("muster.disk.runs", 8);

    private Simulation simulation = new Simulation(SimSettings.calm(1, 1), Optional.empty());

    @Test
    @DisplayName("two nodes and a disk: either node dies, the other goes on with the disk, and the dead one comes back")
    void eitherNodeDies() {
        form(1);
        for (NodeId dies : new NodeId[] {N1, N2, N1}) {
            NodeId stays = BOTH.without(dies).lowest();
            simulation.kill(dies);
            until(stays + " goes on alone", () -> members().equals(NodeSet.of(stays)) && mayAct(stays));
            start(dies);
            until("whole again", this::whole);
        }
    }

    @Test
    @DisplayName("V8, 003-36: the link is cut on one side: that side goes, whichever id it has and whoever leads")
    void theSideThatIsCutOffGoes() {
        for (NodeId cut : BOTH) {
            form(10 + cut.number());
            NodeId stays = BOTH.without(cut).lowest();
            cut();
            simulation.disks().carrier(cut, false);
            until(stays + " stays and " + cut + " goes", () -> members().equals(NodeSet.of(stays)) && mayAct(stays)
                    && !newest().recovering());
            assertThat(simulation.host(cut).process()).as(cut + " has ended").isEmpty();
            simulation.disks().carrier(cut, true);
            mend();
            start(cut);
            until("whole again", this::whole);
        }
    }

    @Test
    @DisplayName("V2: the link is cut and no side knows whose fault it is: the one that leads stays, here the lower id")
    void aTieGoesToTheLowerId() {
        form(20);
        cut();
        until("n1 stays", () -> members().equals(NodeSet.of(N1)) && mayAct(N1) && !newest().recovering());
        assertThat(simulation.host(N2).process()).isEmpty();
        start(N2);
        long version = newest().version();
        simulation.runUntil(simulation.time().now() + 20_000 * MS);
        assertThat(newest().version()).as("n2 waits for the link, and nobody fences anybody").isEqualTo(version);
        assertThat(simulation.host(N2).process()).isPresent();
        mend();
        until("whole again", this::whole);
    }

    @Test
    @DisplayName("003-7, B8: the disk is lost: nobody goes, both go on; it comes back and counts again")
    void theDiskIsLost() {
        form(30);
        simulation.disks().disk(1).lost(BOTH, true);
        simulation.runUntil(simulation.time().now() + 10_000 * MS);
        assertThat(members()).isEqualTo(BOTH);
        assertThat(mayAct(N1) && mayAct(N2)).isTrue();
        simulation.disks().disk(1).lost(BOTH, false);
        simulation.runUntil(simulation.time().now() + 3_000 * MS);
        simulation.kill(N1);
        until("n2 goes on with the disk", () -> members().equals(NodeSet.of(N2)) && mayAct(N2));
    }

    @Test
    @DisplayName("B3, D9: the disk is stuck for one node: nobody goes; it is freed, and what was under way harms nobody")
    void theDiskIsStuckForOne() {
        for (NodeId stuck : BOTH) {
            form(40 + stuck.number());
            simulation.disks().disk(1).stuck(NodeSet.of(stuck), true);
            simulation.runUntil(simulation.time().now() + 8_000 * MS);
            assertThat(members()).isEqualTo(BOTH);
            assertThat(mayAct(N1) && mayAct(N2)).isTrue();
            simulation.disks().disk(1).stuck(NodeSet.of(stuck), false);
            simulation.runUntil(simulation.time().now() + 3_000 * MS);
            simulation.kill(BOTH.without(stuck).lowest());
            until(stuck + " goes on", () -> members().equals(NodeSet.of(stuck)) && mayAct(stuck));
        }
    }

    @Test
    @DisplayName("S15, 003-36: random cuts, deaths and stalls of two nodes with a disk: never both, never a loop")
    void cutsDeathsAndStallsAtRandom() {
        for (int run = 0; run < RUNS; run++) {
            oneOfTheCuts(run);
        }
    }

    /** Twenty troubles; each is over before the next begins, and then the cluster has to be whole again. */
    private void oneOfTheCuts(int run) {
        form(1_000 + run);
        Prng chance = new Prng(run).fork("cuts");
        for (int trouble = 0; trouble < 20; trouble++) {
            String what = "run " + run + ", trouble " + trouble;
            long fencesBefore = simulation.fences();
            NodeId faulty = chance.nextInt(2) == 0 ? N1 : N2;
            NodeId healthy = BOTH.without(faulty).lowest();
            int kind = chance.nextInt(6);
            long lasts = chance.between(1, 8_000) * MS;
            switch (kind) {
                case 0 -> simulation.kill(faulty);
                case 1 -> {
                    cut();
                    simulation.disks().carrier(faulty, false);
                }
                case 2 -> cut();
                case 3 -> simulation.disks().disk(1).stuck(chance.nextInt(2) == 0 ? BOTH : NodeSet.of(faulty), true);
                case 4 -> simulation.disks().disk(1).lost(chance.nextInt(2) == 0 ? BOTH : NodeSet.of(faulty), true);
                default -> simulation.pause(faulty, lasts);
            }
            simulation.runUntil(simulation.time().now() + lasts);
            if (kind == 1) {
                // Whoever is cut off goes, unless the cut is over first; the other one never does.
                assertThat(simulation.host(healthy).process()).as(what + ": " + healthy + " is healthy").isPresent();
            }
            simulation.disks().disk(1).stuck(BOTH, false);
            simulation.disks().disk(1).lost(BOTH, false);
            simulation.disks().carrier(faulty, true);
            mend();
            simulation.runUntil(simulation.time().now() + chance.between(0, 3_000) * MS);
            BOTH.forEach(this::start);
            until(what + " of kind " + kind + " is over", () -> {
                BOTH.forEach(this::start);
                return whole();
            });
            assertThat(simulation.fences() - fencesBefore).as(what + ": no fence follows a fence").isLessThanOrEqualTo(1);
            simulation.runUntil(simulation.time().now() + 3_000 * MS);
        }
    }

    private void form(long seed) {
        simulation = new Simulation(SimSettings.calm(seed, 2).withDisks(1), Optional.empty());
        simulation.nodes().forEach(this::start);
        until("the cluster is whole", this::whole);
        simulation.runUntil(simulation.time().now() + 3_000 * MS);
    }

    private void start(NodeId node) {
        simulation.start(node);
        for (GroupName group : simulation.groups()) {
            simulation.ask(node, new Request.JoinGroup(group));
        }
    }

    private void cut() {
        for (int link : new int[] {SimNetwork.STREAM, 0}) {
            simulation.network().cut(N1, N2, link);
            simulation.network().cut(N2, N1, link);
        }
    }

    private void mend() {
        for (int link : new int[] {SimNetwork.STREAM, 0}) {
            simulation.network().mend(N1, N2, link);
            simulation.network().mend(N2, N1, link);
        }
    }

    private ClusterState newest() {
        return simulation.truth().chosen().newest();
    }

    private NodeSet members() {
        return NodeSet.of(newest().members().keySet());
    }

    private boolean whole() {
        return new Recovered(simulation).pending().isEmpty();
    }

    private boolean mayAct(NodeId node) {
        return simulation.host(node).process().filter(process -> simulation.truth().mayAct(process.life())).isPresent();
    }

    private void until(String goal, BooleanSupplier reached) {
        long limit = simulation.time().now() + 60_000 * MS;
        while (!reached.getAsBoolean() && simulation.time().now() < limit) {
            simulation.runUntil(simulation.time().now() + 50 * MS);
        }
        assertThat(reached.getAsBoolean()).as(goal + "; " + newest().version() + " " + newest().members().keySet()).isTrue();
    }
}
