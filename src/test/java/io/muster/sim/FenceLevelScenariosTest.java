package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.fence.FenceLevel;
import io.muster.fence.FenceLimits;
import io.muster.fence.FencePlan;
import io.muster.fence.Fencing;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.node.NodeStatus;
import io.muster.node.Request;
import io.muster.node.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whole nodes with several devices each: levels, outlets that come back, newer lives, the limiter, unfencing. */
class FenceLevelScenariosTest {

    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final NodeId N3 = NodeId.of(3);
    private static final Incarnation FIRST_N3 = Incarnation.of(3, 1);
    private static final GroupName GROUP = new GroupName("g1");
    private static final FenceLevel BOTH_SUPPLIES = FenceLevel.of("psu-a", "psu-b");
    private static final FenceLevel OUTLET = FenceLevel.of("outlet");
    private static final FenceLevel PROCESS = FenceLevel.of(SimFence.PROCESS);

    private final List<String> evidence = new ArrayList<>();
    private Simulation simulation;

    private void form(int nodes, FenceLimits limits, boolean fixedHost, FenceLevel... levels) {
        simulation = new Simulation(SimSettings.calm(11, nodes), Optional.empty());
        form(SimPlans.all(simulation.nodes(), List.of(levels), fixedHost, limits));
    }

    private void form(Fencing fencing) {
        simulation.fencing(fencing);
        simulation.announcements().whenHappened((life, event) -> {
            if (event.name().equals("fence.evidence") && life.node().equals(N2)) {
                evidence.add(event.fields().get("class") + " " + event.fields().get("proof"));
            }
        });
        simulation.nodes().forEach(this::startAndJoin);
        until("the cluster is whole", () -> new Recovered(simulation).pending().isEmpty());
    }

    private void startAndJoin(NodeId node) {
        simulation.start(node);
        simulation.ask(node, new Request.JoinGroup(GROUP));
    }

    // ---------------------------------------------------------------- levels

    @Test
    @DisplayName("F2: both power supplies of a host are seen off, and only then it is harmless; then both get power again")
    void bothSuppliesGoOffAndOnAgain() {
        form(3, FenceLimits.NONE, false, BOTH_SUPPLIES);
        simulation.pause(N3, 500 * TimeBudget.SECOND);
        until("n3 is recovered from", this::recovered);

        assertThat(simulation.truth().alive(FIRST_N3)).isFalse();
        assertThat(evidence).singleElement().asString().startsWith("power-off psu-a still off")
                .contains("psu-b still off", "before: psu-a off");
        until("the host has power", () -> simulation.host(N3).up());
        startAndJoin(N3);
        until("the cluster is whole again", () -> new Recovered(simulation).pending().isEmpty());
    }

    @Test
    @DisplayName("one dead supply: its level fails for ever, and the second level takes over")
    void theSecondLevelTakesOverFromADeadSupply() {
        for (SimFence.Mood dead : List.of(SimFence.Mood.FAILS, SimFence.Mood.HANGS)) {
            evidence.clear();
            form(3, FenceLimits.NONE, false, BOTH_SUPPLIES, OUTLET);
            simulation.fence().behave("psu-b", dead);
            simulation.pause(N3, 500 * TimeBudget.SECOND);
            until("n3 is recovered from", this::recovered);

            assertThat(simulation.truth().alive(FIRST_N3)).isFalse();
            assertThat(evidence).containsExactly("power-off outlet outlet of n3 reads off");
        }
    }

    @Test
    @DisplayName("F2, S9: a supply that comes back while the other goes off is found out, and is no evidence")
    void aSupplyThatComesBackIsFoundOut() {
        form(3, FenceLimits.NONE, false, BOTH_SUPPLIES);
        simulation.fence().outlets().switchesBack("psu-a", 100_000);
        simulation.pause(N3, 500 * TimeBudget.SECOND);
        until("the first try failed", () -> leaderWaits().contains("psu-a READ: reads on"));
        assertThat(simulation.truth().alive(FIRST_N3)).as("the host had power all the time").isTrue();
        assertThat(newest().harmless(FIRST_N3)).isFalse();

        simulation.fence().outlets().switchesBack("psu-a", 0);
        until("n3 is recovered from", this::recovered);
        assertThat(simulation.truth().alive(FIRST_N3)).isFalse();
    }

    // ---------------------------------------------------------------- newer lives

    @Test
    @DisplayName("F5a: a newer life that is heard while the fence is open is not hit; why says so, and a person opens it")
    void aNewerLifeIsSparedUntilAPersonSaysOtherwise() {
        form(3, FenceLimits.NONE, false, OUTLET);
        simulation.fence().behave("outlet", SimFence.Mood.FAILS);
        simulation.kill(N3);
        until("a try failed", () -> simulation.fence().tries() >= 1);
        startAndJoin(N3);
        until("the newer life is heard", () -> leaderWaits().contains("n3#2 is heard"));
        simulation.fence().behave("outlet", SimFence.Mood.WORKS);
        long tries = simulation.fence().tries();
        letPass(10 * TimeBudget.SECOND);

        assertThat(simulation.truth().alive(Incarnation.of(3, 2))).isTrue();
        assertThat(newest().members()).doesNotContainKey(N3);
        assertThat(simulation.fence().tries()).isLessThanOrEqualTo(tries + 1);
        assertThat(leaderCodes()).contains(FaultCode.FENCE_6);

        simulation.ask(N2, new Request.OpenFences("ada", "shoot it all the same"));
        until("n3#1 is harmless", this::recovered);
        assertThat(simulation.truth().alive(Incarnation.of(3, 2))).as("the node was shot").isFalse();
    }

    @Test
    @DisplayName("F5: another boot of a fixed host is proof after the drain, and the newer life comes in unharmed")
    void anotherBootOfAFixedHostIsProof() {
        form(3, SimPlans.limits(3), true, OUTLET);
        simulation.fence().behave("outlet", SimFence.Mood.FAILS);
        simulation.powerOff(N3);
        until("a try failed", () -> simulation.fence().tries() >= 1);
        simulation.powerOn(N3);
        startAndJoin(N3);
        until("the cluster is whole again", () -> new Recovered(simulation).pending().isEmpty());

        assertThat(simulation.truth().alive(Incarnation.of(3, 2))).isTrue();
        assertThat(evidence).singleElement().asString().startsWith("superseded n3#2 runs in boot boot-n3-");
    }

    @Test
    @DisplayName("F5, S7: a new life in the same boot, or on a host that may move, proves nothing about the old process")
    void aNewLifeByItselfProvesNothing() {
        for (boolean fixed : new boolean[] {true, false}) {
            form(3, SimPlans.limits(3), fixed, OUTLET);
            simulation.fence().behave("outlet", SimFence.Mood.FAILS);
            if (fixed) {
                simulation.kill(N3);
            } else {
                simulation.powerOff(N3);
                simulation.powerOn(N3);
            }
            until("a try failed", () -> simulation.fence().tries() >= 1);
            startAndJoin(N3);
            letPass(6 * TimeBudget.SECOND);

            assertThat(newest().harmless(FIRST_N3)).isFalse();
            assertThat(newest().members()).doesNotContainKey(N3);
        }
    }

    @Test
    @DisplayName("F7: a command that a device carries out late hits no life that was admitted meanwhile")
    void aLateCommandHitsNoAdmittedLife() {
        form(3, SimPlans.limits(3), false, OUTLET, PROCESS);
        simulation.fence().behave("outlet", SimFence.Mood.SLOW);
        simulation.pause(N3, 500 * TimeBudget.SECOND);
        simulation.whenEnded(life -> simulation.time().after(10 * TimeBudget.MS, () -> {
            simulation.powerOn(life.node());
            startAndJoin(life.node());
        }));
        for (int life = 1; life <= 3; life++) {
            Incarnation now = Incarnation.of(3, life);
            until(now + " is fenced", () -> !simulation.truth().alive(now));
            until("whole with a later life", () -> new Recovered(simulation).pending().isEmpty());
            simulation.pause(N3, 500 * TimeBudget.SECOND);
        }
        assertThat(simulation.fence().faults()).isGreaterThanOrEqualTo(3);
    }

    // ---------------------------------------------------------------- the limiter

    @Test
    @DisplayName("F6: with as many shot as may be, the next one waits for the window, why says so, and its data stay locked")
    void theLimiterHoldsAndOpensByTime() {
        form(5, new FenceLimits(1, 8 * TimeBudget.SECOND, 0, 0, 0, FenceLimits.weakest()), false, PROCESS);
        simulation.kill(NodeId.of(4));
        simulation.kill(NodeId.of(5));
        until("one is fenced", () -> newest().fences().counted().size() == 2 && openFences() == 1);
        long since = simulation.time().now();
        letPass(4 * TimeBudget.SECOND);
        assertThat(openFences()).isEqualTo(1);
        assertThat(leaderCodes()).contains(FaultCode.FENCE_5);
        assertThat(leaderWaits()).contains("the limiter lets the next one go in");
        assertThat(newest().groups().get(GROUP).departed()).as("locked").isNotEmpty();

        until("all are fenced", this::recovered);
        assertThat(simulation.time().now() - since).isGreaterThan(6 * TimeBudget.SECOND);
    }

    @Test
    @DisplayName("F6: a person opens the limiter for all that it holds, and is recorded")
    void aPersonOpensTheLimiter() {
        form(5, new FenceLimits(1, 600 * TimeBudget.SECOND, 0, 0, 0, FenceLimits.weakest()), false, PROCESS);
        simulation.kill(NodeId.of(4));
        simulation.kill(NodeId.of(5));
        until("one is fenced", () -> newest().fences().counted().size() == 2 && openFences() == 1);
        letPass(3 * TimeBudget.SECOND);
        assertThat(openFences()).isEqualTo(1);

        simulation.ask(N3, new Request.OpenFences("ada", "both racks lost power"));
        until("all are fenced", this::recovered);
        assertThat(newest().fences().openedAt()).isPositive();
        assertThat(status(N2).fences().facts()).anyMatch(fact ->
                fact.what().equals("opened") && fact.text().equals("by ada: both racks lost power"));
    }

    @Test
    @DisplayName("F6: the count is agreed: a new leader goes on with it, and the former one's fence waits for the window")
    void aNewLeaderDoesNotStartFromZero() {
        form(5, new FenceLimits(1, 8 * TimeBudget.SECOND, 0, 0, 0, FenceLimits.weakest()), false, PROCESS);
        simulation.kill(NodeId.of(5));
        until("n5 is fenced", this::recovered);
        NodeId leader = leader();
        simulation.kill(leader);
        until("its fence is open", () -> openFences() == 1);
        letPass(4 * TimeBudget.SECOND);
        assertThat(openFences()).isEqualTo(1);
        assertThat(leaderCodes()).contains(FaultCode.FENCE_5);
        until("it is fenced", this::recovered);
    }

    @Test
    @DisplayName("F6: a node that is back does not count, so one death after the other is never held")
    void whoIsBackDoesNotCount() {
        form(3, new FenceLimits(1, 600 * TimeBudget.SECOND, 0, 0, 0, FenceLimits.weakest()), false, PROCESS);
        for (int round = 0; round < 3; round++) {
            NodeId next = NodeId.of(1 + round % 3);
            simulation.kill(next);
            until("fenced", () -> recovered() && !newest().members().containsKey(next));
            startAndJoin(next);
            until("whole", () -> new Recovered(simulation).pending().isEmpty());
        }
        assertThat(newest().fences().counted()).isEmpty();
    }

    // ---------------------------------------------------------------- delays, unfencing

    @Test
    @DisplayName("a delay is waited before the first try, and why names it")
    void aDelayIsAWaitWithACause() {
        simulation = new Simulation(SimSettings.calm(11, 3), Optional.empty());
        TreeMap<NodeId, FencePlan> plans = new TreeMap<>();
        simulation.nodes().forEach(node -> plans.put(node, new FencePlan(
                List.of(PROCESS), 5 * TimeBudget.SECOND, 3 * TimeBudget.SECOND, 0, List.of(), false)));
        form(new Fencing(plans, SimPlans.devices(), FenceLimits.NONE));
        simulation.pause(N3, 500 * TimeBudget.SECOND);
        until("the fence is open", () -> openFences() == 1);
        long since = simulation.time().now();
        until("why says so", () -> leaderWaits().contains("the first try is delayed, as configured"));
        until("recovered", this::recovered);
        assertThat(simulation.time().now() - since).isBetween(5 * TimeBudget.SECOND, 10 * TimeBudget.SECOND);
    }

    @Test
    @DisplayName("F11: a node whose access has to be switched on is a member, and joins no group before that is agreed")
    void aMemberWithoutAccessJoinsNoGroup() {
        simulation = new Simulation(SimSettings.calm(11, 3), Optional.empty());
        Fencing plain = SimPlans.all(simulation.nodes(), List.of(PROCESS), false, FenceLimits.NONE);
        TreeMap<NodeId, FencePlan> plans = new TreeMap<>(plain.plans());
        plans.put(N3, new FencePlan(List.of(PROCESS), 0, 0, 0, List.of("port"), false));
        simulation.fencing(new Fencing(plans, SimPlans.devices(), FenceLimits.NONE));
        simulation.fence().behave("port", SimFence.Mood.FAILS);
        simulation.nodes().forEach(this::startAndJoin);
        until("n3 is a member and the others are in the group", () -> newest().members().containsKey(N3)
                && newest().groups().containsKey(GROUP) && newest().groups().get(GROUP).members().size() == 2);
        letPass(4 * TimeBudget.SECOND);
        assertThat(newest().groups().get(GROUP).members()).doesNotContainKey(N3);
        assertThat(newest().fences().locked()).containsExactly(FIRST_N3);
        assertThat(leaderCodes()).contains(FaultCode.FENCE_7);
        assertThat(leaderWaits()).contains("port: port stays down");

        simulation.fence().behave("port", SimFence.Mood.WORKS);
        until("the cluster is whole", () -> new Recovered(simulation).pending().isEmpty());
        simulation.kill(N3);
        until("and a member that is shot takes its wish with it", this::recovered);
        assertThat(newest().fences().locked()).isEmpty();
    }

    // ---------------------------------------------------------------- what the scenarios look at

    private ClusterState newest() {
        return simulation.truth().chosen().newest();
    }

    private long openFences() {
        return newest().departures().values().stream().filter(departure -> !departure.harmless()).count();
    }

    private boolean recovered() {
        boolean unnoticed = newest().members().values().stream().anyMatch(member ->
                !simulation.truth().alive(member.who())
                        || simulation.host(member.who().node()).process().orElseThrow().paused());
        return !unnoticed && !newest().recovering();
    }

    private NodeId leader() {
        return simulation.processes().stream().map(SimProcess::node)
                .filter(node -> status(node).role().equals("leader")).findFirst().orElse(N1);
    }

    private NodeStatus status(NodeId node) {
        SimProcess process = simulation.host(node).process().orElseThrow();
        return process.machine().status(process.localNow());
    }

    private List<Wait> waits() {
        List<Wait> all = new ArrayList<>();
        if (simulation.host(leader()).process().isPresent()) {
            status(leader()).waits().forEach(wait -> collect(wait, all));
        }
        return all;
    }

    private static void collect(Wait wait, List<Wait> into) {
        into.add(wait);
        wait.because().forEach(cause -> collect(cause, into));
    }

    private String leaderWaits() {
        return String.join("\n", waits().stream().map(Wait::what).toList());
    }

    private List<FaultCode> leaderCodes() {
        return waits().stream().map(Wait::code).toList();
    }

    private void letPass(long forNs) {
        simulation.runUntil(simulation.time().now() + forNs);
    }

    private void until(String goal, BooleanSupplier reached) {
        long limit = simulation.time().now() + 120 * TimeBudget.SECOND;
        do {
            assertThat(simulation.time().now()).as("never: %s; %s; %s", goal, leaderWaits(), evidence).isLessThan(limit);
            simulation.runUntil(simulation.time().now() + 10 * TimeBudget.MS);
        } while (!reached.getAsBoolean());
    }
}
