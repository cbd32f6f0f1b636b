package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.node.Request;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wishes about groups that overtake each other, at every moment that may matter; found by seeds 248 and 330. */
class GroupWishesScenariosTest {

    private static final NodeId N3 = NodeId.of(3);
    private static final GroupName GROUP = new GroupName("g1");
    private static final GroupName OTHER = new GroupName("other");
    private static final long STEP_NS = 300_000;

    private final Simulation simulation = new Simulation(SimSettings.calm(11, 3), Optional.empty());

    private void form() {
        simulation.nodes().forEach(node -> {
            simulation.start(node);
            simulation.ask(node, new Request.JoinGroup(GROUP));
        });
        until("the cluster is whole", () -> new Recovered(simulation).pending().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30})
    @DisplayName("001-18: a node that is asked to leave while a join is in flight leaves, whatever comes true first")
    void aNodeLeavesAlsoWhenAJoinWasInFlight(int steps) {
        form();
        simulation.ask(N3, new Request.JoinGroup(OTHER));
        pass(steps);
        simulation.ask(N3, new Request.LeaveCluster());

        until("n3 has left", () -> simulation.host(N3).process().isEmpty());
        assertThat(simulation.truth().chosen().newest().members()).doesNotContainKey(N3);
        assertThat(simulation.truth().chosen().newest().departures()).as("nobody was fenced").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 60, 100})
    @DisplayName("R4: a group that is asked for again while it is being left is left to the end and then joined again")
    void aGroupThatIsAskedForAgainWhileItIsBeingLeftIsJoinedAgain(int steps) {
        form();
        simulation.participantsBehave(new SimParticipant.Behaviour(1, 10 * TimeBudget.MS, 0, 0));
        simulation.ask(N3, new Request.LeaveGroup(GROUP));
        pass(steps);
        simulation.ask(N3, new Request.JoinGroup(GROUP));

        until("n3 has left and joined", () -> new Recovered(simulation).pending().isEmpty());
        Group group = simulation.truth().chosen().newest().groups().get(GROUP);
        assertThat(group.phase()).isEqualTo(Phase.RUNNING);
        assertThat(group.nodes()).isEqualTo(simulation.nodes());
    }

    private void pass(int steps) {
        simulation.runUntil(simulation.time().now() + steps * STEP_NS);
    }

    private void until(String goal, BooleanSupplier reached) {
        long limit = simulation.time().now() + 20 * TimeBudget.SECOND;
        do {
            assertThat(simulation.time().now()).as("never: %s; %s", goal, new Recovered(simulation).pending())
                    .isLessThan(limit);
            simulation.runUntil(simulation.time().now() + 10 * TimeBudget.MS);
        } while (!reached.getAsBoolean());
    }
}
