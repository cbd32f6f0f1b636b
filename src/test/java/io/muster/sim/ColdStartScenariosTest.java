package io.muster.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.node.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("F9, F10: who is fenced after everything went dark, and what of a dead life that is heard")
class ColdStartScenariosTest {

    private static final GroupName GROUP = new GroupName("g1");
    private static final NodeId N3 = NodeId.of(3);
    private static final long MS = TimeBudget.MS;

    private Simulation simulation = new Simulation(SimSettings.calm(21, 4), Optional.empty());
    private final List<String> events = new ArrayList<>();

    @Test
    @DisplayName("F9: after power loss of all at once, exactly the lives that were in a group are fenced, and all come back")
    void exactlyThoseInAGroupAreFenced() {
        form(NodeSet.of(NodeId.of(1), NodeId.of(2), N3));
        goesDark();
        form(NodeSet.of(NodeId.of(1), NodeId.of(2), N3));

        assertThat(fenced()).containsExactly(life(1, 1), life(2, 1), life(3, 1));
        assertThat(dropped()).containsExactly(life(4, 1));
        assertThat(newest().recovering()).isFalse();
        simulation.checkers().end();
    }

    @Test
    @DisplayName("F9: a node that had left as planned before the power went is not fenced")
    void aCleanLeaverIsNotFenced() {
        form(simulation.nodes());
        simulation.ask(N3, new Request.LeaveCluster());
        until("n3 has left", () -> !newest().members().containsKey(N3) && simulation.host(N3).process().isEmpty());
        until("the group runs", () -> newest().groups().get(GROUP).phase() == Phase.RUNNING);
        goesDark();
        form(simulation.nodes());

        assertThat(fenced()).containsExactly(life(1, 1), life(2, 1), life(4, 1));
        assertThat(dropped()).isEmpty();
    }

    @Test
    @DisplayName("F9: a cluster without groups comes back from the dark without a single fence, again and again")
    void withoutGroupsNobodyIsFenced() {
        form(NodeSet.NONE);
        for (int round = 0; round < 4; round++) {
            goesDark();
            form(NodeSet.NONE);
        }
        assertThat(fenced()).isEmpty();
        assertThat(dropped()).hasSize(16);
        assertThat(newest().lapses().get(N3).count()).as("V4: counted, for the next leader too").isEqualTo(4);
        assertThat(events).doesNotContain("fence.try");
    }

    @Test
    @DisplayName("F9: a life that is dropped while it runs on, cut off, never begins anything, and goes when it hears of it")
    void aDroppedLifeThatRunsOnDoesNothing() {
        form(NodeSet.of(NodeId.of(1), NodeId.of(2)));
        cut(N3, true, true);
        until("n3 is out", () -> !newest().members().containsKey(N3));
        assertThat(simulation.truth().alive(life(3, 1))).as("nobody fenced it").isTrue();
        assertThat(newest().view().safe()).isTrue();
        simulation.ask(N3, new Request.JoinGroup(GROUP));
        pass(5 * TimeBudget.SECOND);
        assertThat(simulation.truth().mayAct(life(3, 1))).as("its lease has run out").isFalse();
        assertThat(newest().groups().get(GROUP).nodes()).isEqualTo(NodeSet.of(NodeId.of(1), NodeId.of(2)));
        mend(N3);
        until("it has heard of it", () -> simulation.host(N3).process().isEmpty());
        simulation.start(N3);
        until("n3 is back", () -> newest().isMember(life(3, 2)));
        assertThat(fenced()).isEmpty();
    }

    @Test
    @DisplayName("F10: a life that is heard after its groups have recovered is found out, and fenced once more")
    void aLieIsFoundOutAfterRecovery() {
        form(simulation.nodes());
        simulation.fence().behave(Map.of(SimFence.Mood.LIES, 1));
        cut(N3, true, true);
        until("the group has recovered by the lie", () -> !newest().members().containsKey(N3) && !newest().recovering());
        assertThat(simulation.truth().alive(life(3, 1))).isTrue();
        assertThat(newest().departures()).as("remembered").containsKey(life(3, 1));

        simulation.fence().behave(Map.of(SimFence.Mood.WORKS, 1));
        mendOutward(N3);
        until("the lie is voided", () -> events.contains("fence.voided"));
        assertThat(newest().groups().get(GROUP).phase()).as("it may have written since").isEqualTo(Phase.STOP);
        until("it is over", () -> !newest().recovering());
        assertThat(simulation.truth().alive(life(3, 1))).isFalse();
        mend(N3);
        form(simulation.nodes());
        assertThat(newest().departures()).as("a newer life is in").isEmpty();
        simulation.checkers().end();
    }

    @Test
    @DisplayName("001-23: nodes without a vote come and go as they like, and who decides does not change by it")
    void nodesWithoutAVoteComeAndGo() {
        simulation = new Simulation(SimSettings.calm(23, 6).voters(3), Optional.empty());
        simulation.nodes().forEach(this::startInGroup);
        until("all are in", () -> newest().members().size() == 6);
        var electorate = newest().electorate();
        Prng chance = new Prng(5);
        NodeSet guests = NodeSet.of(NodeId.of(4), NodeId.of(5), NodeId.of(6));
        for (int act = 0; act < 60; act++) {
            NodeId node = NodeId.of(4 + chance.nextInt(3));
            switch (chance.nextInt(5)) {
                case 0 -> simulation.kill(node);
                case 1 -> simulation.ask(node, new Request.LeaveCluster());
                case 2 -> simulation.pause(node, 2 * TimeBudget.SECOND);
                case 3 -> simulation.powerOff(node);
                default -> {
                    simulation.powerOn(node);
                    startInGroup(node);
                }
            }
            pass(chance.nextLong(800 * MS));
            for (NodeId voter : simulation.nodes().minus(guests)) {
                assertThat(newest().isMember(life(voter.number(), 1))).as("%s stays in", voter).isTrue();
                assertThat(simulation.truth().mayAct(life(voter.number(), 1))).as("%s acts", voter).isTrue();
            }
        }
        for (long version = 1; version <= newest().version(); version++) {
            assertThat(simulation.truth().chosen().at(version).orElseThrow().electorate()).isEqualTo(electorate);
        }
        guests.forEach(simulation::powerOn);
        guests.forEach(this::startInGroup);
        until("all are back", () -> newest().members().size() == 6 && !newest().recovering());
    }

    private void form(NodeSet inGroup) {
        for (NodeId node : simulation.nodes()) {
            simulation.powerOn(node);
            simulation.start(node);
            if (inGroup.contains(node)) {
                simulation.ask(node, new Request.JoinGroup(GROUP));
            }
        }
        if (events.isEmpty()) {
            simulation.announcements().whenHappened((_, event) -> events.add(event.name()));
        }
        until("the cluster is whole", () -> newest().members().values().stream()
                        .filter(member -> simulation.truth().alive(member.who())).count() == simulation.nodes().count()
                && !newest().recovering()
                && (inGroup.isEmpty() || newest().groups().containsKey(GROUP)
                        && newest().groups().get(GROUP).nodes().equals(inGroup)
                        && newest().groups().get(GROUP).phase() == Phase.RUNNING));
    }

    private void startInGroup(NodeId node) {
        simulation.start(node);
        simulation.ask(node, new Request.JoinGroup(GROUP));
    }

    private void goesDark() {
        simulation.nodes().forEach(simulation::powerOff);
        pass(3 * TimeBudget.SECOND);
    }

    private TreeSet<Incarnation> fenced() {
        TreeSet<Incarnation> lives = new TreeSet<>();
        chosenEvents().forEach(event -> {
            if (event instanceof LedgerEvent.FenceIntended(long _, Incarnation who, String _, var _)) {
                lives.add(who);
            }
        });
        return lives;
    }

    private List<Incarnation> dropped() {
        return chosenEvents().stream().filter(LedgerEvent.MemberDropped.class::isInstance)
                .map(event -> ((LedgerEvent.MemberDropped) event).who()).toList();
    }

    private List<LedgerEvent> chosenEvents() {
        List<LedgerEvent> all = new ArrayList<>();
        for (long version = 1; version <= newest().version(); version++) {
            all.addAll(simulation.truth().chosen().at(version).orElseThrow().events());
        }
        return all;
    }

    private void cut(NodeId node, boolean outward, boolean inward) {
        for (NodeId peer : simulation.nodes().without(node)) {
            for (int link : List.of(SimNetwork.STREAM, 0)) {
                if (outward) {
                    simulation.network().cut(node, peer, link);
                }
                if (inward) {
                    simulation.network().cut(peer, node, link);
                }
            }
        }
    }

    private void mendOutward(NodeId node) {
        simulation.nodes().without(node).forEach(peer -> simulation.network().mend(node, peer, 0));
    }

    private void mend(NodeId node) {
        for (NodeId peer : simulation.nodes().without(node)) {
            for (int link : List.of(SimNetwork.STREAM, 0)) {
                simulation.network().mend(node, peer, link);
                simulation.network().mend(peer, node, link);
            }
        }
    }

    private ClusterState newest() {
        return simulation.truth().chosen().newest();
    }

    private static Incarnation life(int node, long life) {
        return Incarnation.of(node, life);
    }

    private void pass(long spanNs) {
        simulation.runUntil(simulation.time().now() + spanNs);
    }

    private void until(String goal, BooleanSupplier reached) {
        long limit = simulation.time().now() + 60 * TimeBudget.SECOND;
        do {
            assertThat(simulation.time().now()).as("never: %s; %s; %s", goal,
                    new Recovered(simulation).pending(), newest()).isLessThan(limit);
            pass(10 * MS);
        } while (!reached.getAsBoolean());
    }
}
