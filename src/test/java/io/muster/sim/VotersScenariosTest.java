package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.RecordFile;
import io.muster.ledger.VotePolicy;
import io.muster.membership.VoterChange;
import io.muster.node.Request;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Voters that change, in whole clusters under all checkers: by people, by the policies, and of two nodes by a fence. */
class VotersScenariosTest {

    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final NodeId N3 = NodeId.of(3);
    private static final long MS = TimeBudget.MS;

    private Simulation simulation = new Simulation(SimSettings.calm(1, 1), Optional.empty());

    // ---- two nodes

    @Test
    @DisplayName("T8, S14: either of two is killed: the other goes on alone; the one comes back and votes; then the other way")
    void eitherOfTwoGoesOnAlone() {
        form(2, VotePolicy.TWO_NODE, 3);
        for (NodeId lost : new NodeId[] {N1, N2, N1}) {
            NodeId stays = NodeSet.of(N1, N2).without(lost).lowest();
            simulation.kill(lost);
            until(stays + " is alone", () -> votersAre(stays) && mayAct(stays));
            start(lost);
            until("both vote", () -> votersAre(N1, N2) && whole());
        }
    }

    @Test
    @DisplayName("T1 to T5: n1 dies, and at every point of what follows n2 dies too; whoever comes back first, one history")
    void theSecondDeathAtEachPoint() {
        for (boolean same : new boolean[] {true, false}) {
            for (int step = 0; step < 10; step++) {
                form(2, VotePolicy.TWO_NODE, 100 + step);
                simulation.kill(N1);
                simulation.runUntil(simulation.time().now() + step * 331 * MS);
                if (step % 2 == 0) {
                    start(N1);
                    simulation.runUntil(simulation.time().now() + step * 11 * MS);
                }
                simulation.kill(N2);
                simulation.runUntil(simulation.time().now() + step % 3 * 400 * MS);
                start(same ? N1 : N2);
                simulation.runUntil(simulation.time().now() + 1_500 * MS);
                start(same ? N2 : N1);
                until("both vote, step " + step, () -> votersAre(N1, N2) && whole());
            }
        }
    }

    @Test
    @DisplayName("T1 to T4: n1 comes back, and at every point of that either dies again: the checkers object to nothing")
    void aDeathAtEachPointOfTheReturn() {
        for (NodeId dies : new NodeId[] {N1, N2}) {
            for (int step = 0; step < 10; step++) {
                form(2, VotePolicy.TWO_NODE, 200 + step);
                simulation.kill(N1);
                until("n2 is alone", () -> votersAre(N2) && mayAct(N2));
                start(N1);
                simulation.runUntil(simulation.time().now() + step * 71 * MS);
                simulation.kill(dies);
                simulation.runUntil(simulation.time().now() + 2_500 * MS);
                start(dies);
                until("both vote, step " + step, () -> votersAre(N1, N2) && whole());
            }
        }
    }

    @Test
    @DisplayName("T5: the one that went on alone goes on alone after its own restart; the other waits for it and says so (Q6)")
    void theLoneOneGoesOnAfterARestart() {
        form(2, VotePolicy.TWO_NODE, 5);
        simulation.kill(N1);
        until("n2 is alone", () -> votersAre(N2) && mayAct(N2));
        long version = newest().version();
        simulation.kill(N2);
        start(N1);
        simulation.runUntil(simulation.time().now() + 8_000 * MS);
        assertThat(newest().version()).as("n1 alone, with its old record, goes nowhere").isEqualTo(version);
        assertThat(waits(N1)).contains("missing: {n2}");
        simulation.kill(N1);
        start(N2);
        until("n2 goes on", () -> newest().version() > version && mayAct(N2));
        start(N1);
        until("both vote", () -> votersAre(N1, N2) && whole());
    }

    @Test
    @DisplayName("The links between two are cut: one ends the other and goes on; never both")
    void twoThatLoseEachOther() {
        form(2, VotePolicy.TWO_NODE, 6);
        cut();
        until("one is alone", () -> newest().electorate().votes().size() == 1);
        assertThat(newest().electorate().acceptors()).as("the lower one shoots first").isEqualTo(NodeSet.of(N1));
    }

    // ---- dynamic

    @Test
    @DisplayName("Q5, S16: three dynamic voters: one dies and is taken out; at two a death stops, and says so; both come back")
    void dynamicVotersShrinkAndRegrow() {
        form(3, VotePolicy.DYNAMIC, 7);
        simulation.kill(N3);
        until("n3 is no voter", () -> votersAre(N1, N2) && settled());
        simulation.kill(N2);
        simulation.runUntil(simulation.time().now() + 8_000 * MS);
        assertThat(mayAct(N1)).isFalse();
        assertThat(waits(N1)).contains("1 of 2 votes are reachable", "missing: {n2}");
        start(N2);
        start(N3);
        until("all vote", () -> votersAre(N1, N2, N3) && whole());
    }

    @Test
    @DisplayName("Q5: all leave one after the other, the leaver votes last; nobody is fenced, and the last one starts again")
    void theLastOneLeavesToo() {
        for (NodeId[] order : new NodeId[][] {{N3, N2, N1}, {N1, N2, N3}, {N2, N1, N3}}) {
            form(3, VotePolicy.DYNAMIC, 8 + order[0].number());
            for (NodeId leaver : order) {
                simulation.ask(leaver, new Request.LeaveCluster());
                until(leaver + " has left", () -> simulation.host(leaver).process().isEmpty());
            }
            assertThat(newest().members()).isEmpty();
            assertThat(newest().departures()).isEmpty();
            assertThat(newest().electorate().acceptors()).isEqualTo(NodeSet.of(order[2]));
            start(order[2]);
            until("the last one is in", () -> mayAct(order[2]));
            start(order[0]);
            start(order[1]);
            until("all vote", () -> votersAre(N1, N2, N3) && whole());
        }
    }

    @Test
    @DisplayName("Q5: of two nodes both leave, and the last one starts again by itself")
    void bothOfTwoLeave() {
        form(2, VotePolicy.TWO_NODE, 9);
        simulation.ask(N1, new Request.LeaveCluster());
        until("n1 has left", () -> simulation.host(N1).process().isEmpty());
        simulation.ask(N2, new Request.LeaveCluster());
        until("n2 has left", () -> simulation.host(N2).process().isEmpty());
        assertThat(newest().departures()).isEmpty();
        start(N2);
        until("n2 is in", () -> mayAct(N2));
        start(N1);
        until("both vote", () -> votersAre(N1, N2) && whole());
    }

    // ---- people

    @Test
    @DisplayName("Q3, Q4: a voter is taken out and added again on a running cluster; weights and threshold follow")
    void aPersonChangesTheVoters() {
        form(3, VotePolicy.FIXED, 10);
        ask(VoterChange.ofVotes(N3, 0));
        until("n3 is no voter", () -> votersAre(N1, N2) && settled());
        ask(VoterChange.ofVotes(N3, 1));
        until("n3 votes", () -> votersAre(N1, N2, N3) && whole() && settled());
        ask(VoterChange.ofVotes(N1, 3));
        until("n1 has three votes", () -> newest().electorate().votesOf(N1) == 3 && settled());
        assertThat(newest().electorate().threshold()).isEqualTo(3);
        simulation.kill(N2);
        simulation.kill(N3);
        until("n1 decides alone", () -> newest().members().size() == 1 && mayAct(N1));
    }

    @Test
    @DisplayName("L8: a voter that lost its record does not vote, is named, and is removed and added back with the fresh one")
    void aVoterWithAFreshRecord() {
        form(3, VotePolicy.FIXED, 12);
        simulation.kill(N3);
        until("n3 is out", () -> newest().members().size() == 2 && !newest().recovering());
        ClusterState founding = simulation.truth().chosen().at(0).orElseThrow();
        simulation.truth().recordIsNew(N3);
        simulation.host(N3).disk().install(RecordFile.NAME, RecordFile.founding(AcceptorRecord.founding(7_777, founding)));
        start(N3);
        until("n3 is in", () -> newest().members().containsKey(N3));
        simulation.runUntil(simulation.time().now() + 1_000 * MS);
        assertThat(waits(N3)).contains("VOTER_2", "muster voter remove n3", "muster voter add n3");
        ask(VoterChange.ofVotes(N3, 0));
        until("n3 is no voter", () -> votersAre(N1, N2) && settled());
        ask(VoterChange.ofVotes(N3, 1));
        until("n3 votes with its new record", () -> votersAre(N1, N2, N3) && whole() && settled());
        assertThat(newest().recordIds()).containsEntry(N3, 7_777L);
        simulation.kill(N1);
        until("its vote counts", () -> newest().members().size() == 2 && mayAct(N2));
    }

    @Test
    @DisplayName("Q3: a death at each point of removing and adding a voter, of the leader or of the one it is about")
    void aDeathAtEachPointOfAChange() {
        for (NodeId dies : new NodeId[] {N1, N2, N3}) {
            for (int step = 0; step < 10; step++) {
                form(3, VotePolicy.FIXED, 300 + step);
                ask(VoterChange.ofVotes(N3, 0));
                simulation.runUntil(simulation.time().now() + step * 3 * MS);
                if (step > 6) {
                    until("n3 is no voter", () -> votersAre(N1, N2));
                    ask(VoterChange.ofVotes(N3, 1));
                    simulation.runUntil(simulation.time().now() + (step - 7) * 3 * MS);
                }
                simulation.kill(dies);
                simulation.runUntil(simulation.time().now() + 1_000 * MS);
                start(dies);
                until("whole again, step " + step, this::whole);
            }
        }
    }

    // ---- how

    private void form(int nodes, VotePolicy policy, long seed) {
        simulation = new Simulation(SimSettings.calm(seed, nodes).with(policy), Optional.empty());
        simulation.nodes().forEach(this::start);
        until("the cluster is whole", this::whole);
    }

    private void start(NodeId node) {
        simulation.start(node);
        for (GroupName group : simulation.groups()) {
            simulation.ask(node, new Request.JoinGroup(group));
        }
    }

    private void ask(VoterChange change) {
        simulation.ask(N2, new Request.ChangeVoters(change, "test"));
    }

    private void cut() {
        for (int link : new int[] {SimNetwork.STREAM, 0}) {
            simulation.network().cut(N1, N2, link);
            simulation.network().cut(N2, N1, link);
        }
    }

    private ClusterState newest() {
        return simulation.truth().chosen().newest();
    }

    private boolean whole() {
        return new Recovered(simulation).pending().isEmpty();
    }

    private boolean settled() {
        return newest().voting().previous().isEmpty();
    }

    private boolean votersAre(NodeId... nodes) {
        return newest().electorate().acceptors().equals(NodeSet.of(nodes));
    }

    private boolean mayAct(NodeId node) {
        return simulation.host(node).process()
                .filter(process -> process.machine().status(process.localNow()).actingForNs() > 0).isPresent();
    }

    private String waits(NodeId node) {
        SimProcess process = simulation.host(node).process().orElseThrow();
        return process.machine().status(process.localNow()).waits().toString();
    }

    private void until(String goal, BooleanSupplier reached) {
        long limit = simulation.time().now() + 30 * TimeBudget.SECOND;
        do {
            assertThat(simulation.time().now()).as("never: %s; voters %s; %s", goal, newest().electorate(),
                    new Recovered(simulation).pending()).isLessThan(limit);
            simulation.runUntil(simulation.time().now() + 10 * MS);
        } while (!reached.getAsBoolean());
    }
}
