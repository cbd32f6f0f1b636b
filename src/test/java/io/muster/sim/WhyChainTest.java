package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.GroupName;
import io.muster.node.NodeStatus;
import io.muster.node.Request;
import io.muster.node.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Every wait of a node has a cause, and the chain ends at something that a person can act on. */
class WhyChainTest {

    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final NodeId N3 = NodeId.of(3);
    private static final GroupName GROUP = new GroupName("g1");

    private final Simulation simulation = new Simulation(SimSettings.calm(11, 3), Optional.empty());

    @Test
    @DisplayName("a cluster at rest waits for nothing, on no node")
    void nothingWaitsAtRest() {
        form();
        for (NodeId node : simulation.nodes()) {
            assertThat(status(node).waits()).isEmpty();
        }
    }

    @Test
    @DisplayName("a recovery waits for a fence, that for a device, and the device's answer is at the root")
    void aRecoveryIsWalkedToTheDevice() {
        form();
        simulation.fence().behave(Map.of(SimFence.Mood.FAILS, 1));
        simulation.kill(N3);
        until("two tries have failed", () -> simulation.fence().tries() >= 2);

        List<String> chain = codesTo(FaultCode.FENCE_1, status(leader()));
        assertThat(chain).as("recovery, fence, device").containsExactly("FENCE-3", "FENCE-3", "FENCE-1");
        NodeId follower = simulation.nodes().without(N3).without(leader()).lowest();
        assertThat(texts(status(follower))).anyMatch(text -> text.contains("ask `muster why --node " + leader() + "`"));
    }

    @Test
    @DisplayName("without a quorum the nodes that are missing are at the root, and a wish about a group is walked to them")
    void noQuorumIsWalkedToTheSilentNodes() {
        form();
        simulation.kill(N2);
        simulation.kill(N3);
        until("n1 has noticed", () -> status(N1).leader().isEmpty());
        simulation.ask(N1, new Request.LeaveGroup(GROUP));
        until("its lease has run out", () -> status(N1).actingForNs() == 0);

        NodeStatus status = status(N1);
        assertThat(texts(status)).anyMatch(text -> text.startsWith("n2 was last heard"))
                .anyMatch(text -> text.startsWith("n3 was last heard"));
        assertThat(status.waits()).filteredOn(wait -> wait.code() == FaultCode.GROUP_1).singleElement()
                .satisfies(wish -> assertThat(roots(wish)).allMatch(root -> root.code() == FaultCode.QUORUM_1));
    }

    @Test
    @DisplayName("a group whose last member died waits for somebody to join it, and every survivor says so")
    void aGroupWithoutMembersIsNotForgotten() {
        simulation.nodes().forEach(simulation::start);
        simulation.ask(N3, new Request.JoinGroup(GROUP));
        until("n3 alone is in the group", () -> status(N1).state().groups().containsKey(GROUP)
                && status(N1).waits().isEmpty() && status(N1).state().members().size() == 3);
        simulation.kill(N3);
        until("n3 is harmless", () -> status(N1).state().view().safe() && !status(N1).state().members().containsKey(N3));

        for (NodeId node : simulation.nodes().without(N3)) {
            until(node + " has applied it", () -> status(node).state().version() == status(leader()).state().version());
            assertThat(status(node).waits()).singleElement()
                    .satisfies(wait -> assertThat(wait.code()).isEqualTo(FaultCode.RECOVERY_3));
        }
        simulation.ask(N1, new Request.JoinGroup(GROUP));
        until("it is recovered", () -> status(N1).waits().isEmpty() && status(N2).waits().isEmpty());
    }

    @Test
    @DisplayName("every wait of every node, in the middle of everything, ends in a root that says what to do")
    void everyWaitEndsInARoot() {
        simulation.fence().behave(Map.of(SimFence.Mood.FAILS, 1));
        simulation.nodes().forEach(node -> {
            simulation.start(node);
            simulation.ask(node, new Request.JoinGroup(GROUP));
        });
        int seen = 0;
        for (int step = 0; step < 400; step++) {
            if (step == 200) {
                simulation.kill(N3);
            }
            simulation.runUntil(simulation.time().now() + 20 * TimeBudget.MS);
            for (NodeId node : simulation.nodes()) {
                if (simulation.host(node).process().isPresent()) {
                    for (Wait wait : status(node).waits()) {
                        assertThat(roots(wait)).isNotEmpty()
                                .allSatisfy(root -> assertThat(root.what()).isNotBlank());
                        seen++;
                    }
                }
            }
        }
        assertThat(seen).as("waits looked at").isGreaterThan(200);
    }

    private void form() {
        simulation.nodes().forEach(node -> {
            simulation.start(node);
            simulation.ask(node, new Request.JoinGroup(GROUP));
        });
        until("the cluster is whole", () -> new Recovered(simulation).pending().isEmpty());
    }

    private void until(String goal, BooleanSupplier reached) {
        long limit = simulation.time().now() + 60 * TimeBudget.SECOND;
        while (!reached.getAsBoolean()) {
            assertThat(simulation.time().now()).as("never: " + goal).isLessThan(limit);
            simulation.runUntil(simulation.time().now() + TimeBudget.MS);
        }
    }

    private NodeStatus status(NodeId node) {
        SimProcess process = simulation.host(node).process().orElseThrow();
        return process.machine().status(process.localNow());
    }

    private NodeId leader() {
        return status(N1).leader().orElseThrow().node();
    }

    /** The codes from a wait down to the first cause with this code. */
    private static List<String> codesTo(FaultCode root, NodeStatus status) {
        for (Wait wait : status.waits()) {
            List<String> chain = chain(root, wait);
            if (chain.size() > 2) {
                return chain;
            }
        }
        return List.of();
    }

    private static List<String> chain(FaultCode root, Wait wait) {
        if (wait.code() == root) {
            return List.of(root.label());
        }
        for (Wait cause : wait.because()) {
            List<String> below = chain(root, cause);
            if (!below.isEmpty()) {
                List<String> chain = new ArrayList<>(List.of(wait.code().label()));
                chain.addAll(below);
                return chain;
            }
        }
        return List.of();
    }

    private static List<Wait> roots(Wait wait) {
        if (wait.because().isEmpty()) {
            return List.of(wait);
        }
        return wait.because().stream().flatMap(cause -> roots(cause).stream()).toList();
    }

    private static List<String> texts(NodeStatus status) {
        return status.waits().stream().flatMap(wait -> roots(wait).stream()).map(Wait::what).toList();
    }
}
