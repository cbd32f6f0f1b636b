package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.node.NodeEvent;
import io.muster.node.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 001-1: what the loss of links costs while every pair keeps one whole link: nothing. */
class SeveralLinksScenariosTest {

    private static final List<String> VERDICTS = List.of("heartbeat.lost", "leader.lost", "node.evicted");
    private static final long LONG_NS = 5 * TimeBudget.SECOND;

    private final List<NodeEvent> events = new ArrayList<>();

    private Simulation form(int nodes, int links) {
        Simulation simulation = new Simulation(SimSettings.calm(3, nodes).withLinks(links), Optional.empty());
        simulation.nodes().forEach(node -> {
            simulation.start(node);
            simulation.groups().forEach(group -> simulation.ask(node, new Request.JoinGroup(group)));
        });
        until(simulation, "the cluster is whole", () -> new Recovered(simulation).pending().isEmpty());
        simulation.announcements().whenHappened((_, event) -> events.add(event));
        return simulation;
    }

    @Test
    @DisplayName("001-1: any single link of any pair may be cut in any direction: no verdict, no view, and it is told")
    void anySingleLinkMayGo() {
        Simulation simulation = form(3, 2);
        for (NodeId from : simulation.nodes()) {
            for (NodeId to : simulation.nodes().without(from)) {
                for (int link = 0; link < 2; link++) {
                    ClusterState before = simulation.truth().chosen().newest();
                    events.clear();
                    simulation.network().cutWire(from, to, link);
                    pass(simulation, LONG_NS);
                    assertUndisturbed(simulation, before);
                    assertThat(events).extracting(NodeEvent::name).contains("heartbeat.link");
                    simulation.network().mendWire(from, to, link);
                    pass(simulation, TimeBudget.SECOND);
                }
            }
        }
    }

    @Test
    @DisplayName("001-1: a whole network may go at once, for all pairs, as long as another one stands")
    void aWholeNetworkMayGo() {
        for (int network = 0; network < 2; network++) {
            Simulation simulation = form(4, 2);
            ClusterState before = simulation.truth().chosen().newest();
            for (NodeId from : simulation.nodes()) {
                for (NodeId to : simulation.nodes().without(from)) {
                    simulation.network().cutWire(from, to, network);
                }
            }
            pass(simulation, LONG_NS);
            assertUndisturbed(simulation, before);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    @DisplayName("001-1: of each pair all links but one may be cut, in whichever directions, one after the other")
    void allButOneMayGo(long seed) {
        Prng chance = new Prng(seed);
        Simulation simulation = form(3, 3);
        ClusterState before = simulation.truth().chosen().newest();
        for (NodeId one : simulation.nodes()) {
            for (NodeId other : simulation.nodes()) {
                if (one.compareTo(other) < 0) {
                    int spared = chance.nextInt(3);
                    for (int link = 0; link < 3; link++) {
                        if (link != spared) {
                            int directions = 1 + chance.nextInt(3);
                            cut(simulation, one, other, link, directions);
                            pass(simulation, chance.nextLong(2 * TimeBudget.SECOND));
                        }
                    }
                }
            }
        }
        pass(simulation, LONG_NS);
        assertUndisturbed(simulation, before);
    }

    @Test
    @DisplayName("001-1: with every link of a pair cut one way there is no way left that both hear, and one view says so")
    void withoutAWholeLinkThereIsAView() {
        Simulation simulation = form(3, 2);
        NodeId n1 = NodeId.of(1);
        NodeId n2 = NodeId.of(2);
        long before = simulation.truth().chosen().newest().view().version();
        simulation.network().cutWire(n1, n2, 0);
        simulation.network().cutWire(n1, n2, 1);
        until(simulation, "a view without one of the two",
                () -> simulation.truth().chosen().newest().view().nodes().count() == 2);
        assertThat(simulation.truth().chosen().newest().view().version()).isGreaterThan(before);
    }

    private void cut(Simulation simulation, NodeId one, NodeId other, int link, int directions) {
        if ((directions & 1) != 0) {
            simulation.network().cutWire(one, other, link);
        }
        if ((directions & 2) != 0) {
            simulation.network().cutWire(other, one, link);
        }
    }

    private void assertUndisturbed(Simulation simulation, ClusterState before) {
        assertThat(events).extracting(NodeEvent::name).doesNotContainAnyElementsOf(VERDICTS);
        assertThat(simulation.truth().chosen().newest().view().version()).isEqualTo(before.view().version());
        assertThat(new Recovered(simulation).pending()).isEmpty();
    }

    private static void pass(Simulation simulation, long ns) {
        simulation.runUntil(simulation.time().now() + ns);
    }

    private static void until(Simulation simulation, String goal, BooleanSupplier reached) {
        long limit = simulation.time().now() + 30 * TimeBudget.SECOND;
        do {
            assertThat(simulation.time().now()).as("never: %s; %s", goal, new Recovered(simulation).pending())
                    .isLessThan(limit);
            simulation.runUntil(simulation.time().now() + 10 * TimeBudget.MS);
        } while (!reached.getAsBoolean());
    }
}
