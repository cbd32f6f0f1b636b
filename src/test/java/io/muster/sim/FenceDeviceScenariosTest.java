package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.node.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Three real nodes and one fence device that does everything a device can do; all checkers watch. */
class FenceDeviceScenariosTest {

    private static final NodeId N3 = NodeId.of(3);
    private static final Incarnation FIRST_N3 = Incarnation.of(3, 1);
    private static final GroupName GROUP = new GroupName("g1");

    private final Simulation simulation = new Simulation(SimSettings.calm(7, 3), Optional.empty());
    private final List<String> events = new ArrayList<>();

    private void form() {
        simulation.announcements().whenHappened((life, event) -> events.add(event.name()));
        simulation.nodes().forEach(node -> {
            simulation.start(node);
            simulation.ask(node, new Request.JoinGroup(GROUP));
        });
        until("the cluster is whole", () -> new Recovered(simulation).pending().isEmpty());
    }

    @Test
    @DisplayName("F4: a device that calls a life ended that is still heard is not believed")
    void aDeviceIsNotBelievedAboutALifeThatIsHeard() {
        form();
        simulation.fence().behave(Map.of(SimFence.Mood.LIES, 1));
        cutInward();
        until("five lies", () -> simulation.fence().tries() >= 5);

        assertThat(simulation.truth().alive(FIRST_N3)).isTrue();
        assertThat(simulation.truth().chosen().newest().harmless(FIRST_N3)).isFalse();
        assertThat(phase()).isEqualTo(Phase.STOP);
        assertThat(events).doesNotContain("node.dead");

        simulation.fence().behave(Map.of(SimFence.Mood.WORKS, 1));
        until("the group runs again", () -> phase() == Phase.RUNNING);
        assertThat(simulation.truth().alive(FIRST_N3)).isFalse();
    }

    @Test
    @DisplayName("F4: a lie about a silent life is voided when it is heard again, and its recovery begins anew")
    void aLieAboutASilentLifeIsVoidedWhenItIsHeardAgain() {
        form();
        simulation.fence().behave(Map.of(SimFence.Mood.LIES, 1));
        simulation.participantsBehave(new SimParticipant.Behaviour(1, 2 * TimeBudget.SECOND, 0, 0));
        cutInward();
        simulation.pause(N3, 200 * TimeBudget.SECOND);
        until("recovery goes by the lie", () -> phase() == Phase.LOCKS);
        simulation.fence().behave(Map.of(SimFence.Mood.WORKS, 1));
        simulation.resume(simulation.host(N3).process().orElseThrow());
        until("the lie is voided", () -> events.contains("fence.voided"));

        assertThat(phase()).as("what was rebuilt on the lie has to be rebuilt again").isEqualTo(Phase.STOP);
        until("the group runs again", () -> phase() == Phase.RUNNING);
        assertThat(simulation.truth().alive(FIRST_N3)).isFalse();
    }

    @Test
    @DisplayName("R1, 000-21: while the device fails, hangs and is slow, the fence is tried again and nobody recovers")
    void whileTheDeviceFailsNobodyRecovers() {
        form();
        for (SimFence.Mood mood : List.of(SimFence.Mood.FAILS, SimFence.Mood.HANGS)) {
            simulation.fence().behave(Map.of(mood, 1));
            simulation.pause(N3, 200 * TimeBudget.SECOND);
            long tries = simulation.fence().tries();
            until("five tries", () -> simulation.fence().tries() >= tries + 5);
            assertThat(phase()).isEqualTo(Phase.STOP);
            assertThat(simulation.truth().chosen().newest().harmless(FIRST_N3)).isFalse();
            assertThat(events).doesNotContain("node.dead");
        }

        simulation.fence().behave(Map.of(SimFence.Mood.SLOW, 1));
        until("the group runs again", () -> phase() == Phase.RUNNING);
        assertThat(simulation.truth().alive(FIRST_N3)).isFalse();
    }

    @Test
    @DisplayName("F2: a device that ends the victim and loses the answer is asked again, and sees that it has ended")
    void aDeviceThatLosesTheAnswerIsAskedAgain() {
        form();
        simulation.fence().behave(Map.of(SimFence.Mood.HITS_BUT_FAILS, 1));
        simulation.pause(N3, 200 * TimeBudget.SECOND);
        until("the victim has ended", () -> !simulation.truth().alive(FIRST_N3));
        assertThat(phase()).as("nobody knows it yet").isEqualTo(Phase.STOP);

        simulation.fence().behave(Map.of(SimFence.Mood.WORKS, 1));
        until("the group runs again", () -> phase() == Phase.RUNNING);
        assertThat(events).contains("node.dead");
    }

    @Test
    @DisplayName("F3: a person's word is evidence where every device fails")
    void aPersonsWordIsEvidence() {
        form();
        simulation.fence().behave(Map.of(SimFence.Mood.FAILS, 1));
        simulation.kill(N3);
        until("a fence is open", () -> simulation.truth().chosen().newest().departures().containsKey(FIRST_N3));
        simulation.ask(NodeId.of(2), new Request.Acknowledge(N3, "an operator", "I pulled the plug"));

        until("the group runs again", () -> phase() == Phase.RUNNING);
        assertThat(simulation.truth().chosen().evidenced(FIRST_N3)).isTrue();
    }

    /** n3 is heard and hears nobody, so it cannot learn that it is out. */
    private void cutInward() {
        for (NodeId peer : simulation.nodes().without(N3)) {
            for (int link : List.of(SimNetwork.STREAM, 0)) {
                simulation.network().cut(peer, N3, link);
            }
        }
    }

    private Phase phase() {
        return simulation.truth().chosen().newest().groups().get(GROUP).phase();
    }

    private void until(String goal, BooleanSupplier reached) {
        long limit = simulation.time().now() + 120 * TimeBudget.SECOND;
        do {
            assertThat(simulation.time().now()).as("never: %s; %s", goal, events).isLessThan(limit);
            simulation.runUntil(simulation.time().now() + 10 * TimeBudget.MS);
        } while (!reached.getAsBoolean());
    }
}
