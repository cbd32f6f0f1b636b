package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.node.Request;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** 003-32: a node that may not go on takes itself out by one mechanism, whoever found it out. */
class SelfFenceScenariosTest {

    private static final NodeId N3 = NodeId.of(3);

    private final Simulation simulation = new Simulation(SimSettings.calm(5, 3), Optional.empty());
    private final TreeMap<NodeId, String> fenced = new TreeMap<>();

    private void form() {
        simulation.announcements().whenHappened((life, event) -> {
            if (event.name().equals("self.fenced")) {
                fenced.put(life.node(), event.fields().get("cause") + " " + event.fields().get("code"));
            }
        });
        simulation.startAll();
        runFor(5 * TimeBudget.SECOND);
    }

    @Test
    @DisplayName("003-32 first user: the quorum goes on without this node")
    void whoIsPutOutTakesItselfOut() {
        form();
        // No device helps: the node itself is what ends it.
        simulation.fence().behave(Map.of(SimFence.Mood.FAILS, 1));
        simulation.ask(NodeId.of(1), new Request.EvictNode(N3, "ada", "maintenance"));
        runFor(5 * TimeBudget.SECOND);
        assertThat(fenced).containsOnly(Map.entry(N3, "out MEMBER-2"));
        assertThat(simulation.host(N3).process()).isEmpty();
    }

    @Test
    @DisplayName("003-32 second user: the own disk fails, and the quorum has nothing to do with it")
    void whoseDiskFailsTakesItselfOut() {
        form();
        simulation.host(N3).disk().behave(FAILING_DISK);
        simulation.ask(NodeId.of(1), new Request.JoinGroup(simulation.groups().getFirst()));
        runFor(5 * TimeBudget.SECOND);
        assertThat(fenced).containsOnly(Map.entry(N3, "own-disk DATA-4"));
        assertThat(List.copyOf(simulation.truth().chosen().newest().members().keySet())).doesNotContain(N3);
    }

    private void runFor(long ns) {
        simulation.runUntil(simulation.time().now() + ns);
    }

    private static final SimDisk.Behaviour FAILING_DISK = new SimDisk.Behaviour(1_000, 1_000, 1.0, 0, 1_000_000);
}
