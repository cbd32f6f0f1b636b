package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Phase;
import io.muster.node.NodeEvent;
import io.muster.node.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * The commands of a golden script, carried out on a simulated cluster in which nothing goes wrong by itself.
 *
 * <pre>
 * cluster of 3         as many nodes, started, each asking to be in group g1
 * kill n3              SIGKILL
 * cut n3               no way in or out
 * start n3             a new life, asking to be in group g1
 * until whole          all nodes are members and in the running group
 * until recovered      nobody departed is of concern any more, and the group runs
 * until n3 is out      it is agreed that n3 is no member
 * </pre>
 *
 * What a command answers are the events of the nodes while it was carried out, without numbers that mean nothing to a
 * reader. {@code quietly} in front of a command leaves them out.
 */
final class Scenario {

    private static final long SEED = 1;
    private static final long LIMIT_NS = 60 * TimeBudget.SECOND;
    /** Events that a script shows, and of each the fields. */
    private static final Map<String, List<String>> SHOWN = new TreeMap<>(Map.of(
            "heartbeat.lost", List.of("peer"),
            "node.evicted", List.of("who"),
            "fence.intent", List.of("who"),
            "fence.try", List.of("who", "method"),
            "fence.evidence", List.of("who", "class", "actor"),
            "view.installed", List.of("members"),
            "node.dead", List.of("who"),
            "node.joined", List.of("who"),
            "group.begin", List.of("phase", "generation", "survivors", "departed"),
            "group.recovered", List.of("generation")));

    private final List<String> events = new ArrayList<>();
    private Optional<Simulation> simulation = Optional.empty();

    /** @return what happened, a line each */
    List<String> carryOut(String command) {
        events.clear();
        boolean quietly = command.startsWith("quietly ");
        String[] words = command.replaceFirst("^quietly ", "").split(" +");
        switch (words[0]) {
            case "cluster" -> begin(Integer.parseInt(words[2]));
            case "kill" -> cluster().kill(NodeId.parse(words[1]));
            case "cut" -> cut(NodeId.parse(words[1]));
            case "start" -> start(NodeId.parse(words[1]));
            case "until" -> until(command.substring(command.indexOf("until ") + 6));
            default -> throw new IllegalArgumentException("no such command: " + command);
        }
        return quietly ? List.of() : List.copyOf(events);
    }

    private Simulation cluster() {
        return simulation.orElseThrow();
    }

    private void begin(int nodes) {
        simulation = Optional.of(new Simulation(SimSettings.calm(SEED, nodes), Optional.empty()));
        cluster().whenHappened(this::happened);
        cluster().nodes().forEach(this::start);
    }

    private void start(NodeId node) {
        cluster().start(node);
        cluster().groups().forEach(group -> cluster().ask(node, new Request.JoinGroup(group)));
    }

    private void cut(NodeId node) {
        for (NodeId peer : cluster().nodes().without(node)) {
            for (int link : List.of(SimNetwork.STREAM, 0)) {
                cluster().network().cut(node, peer, link);
                cluster().network().cut(peer, node, link);
            }
        }
    }

    private void until(String goal) {
        BooleanSupplier reached = switch (goal) {
            case "whole" -> () -> new Recovered(cluster()).pending().isEmpty();
            case "recovered" -> this::recovered;
            default -> isOut(goal);
        };
        long limit = cluster().time().now() + LIMIT_NS;
        do {
            if (cluster().time().now() > limit) {
                throw new AssertionError("never %s: %s".formatted(goal, new Recovered(cluster()).pending()));
            }
            cluster().runUntil(cluster().time().now() + TimeBudget.MS);
        } while (!reached.getAsBoolean());
    }

    private BooleanSupplier isOut(String goal) {
        if (!goal.endsWith(" is out")) {
            throw new IllegalArgumentException("until what? " + goal);
        }
        NodeId node = NodeId.parse(goal.split(" ")[0]);
        return () -> !cluster().truth().chosen().newest().members().containsKey(node);
    }

    private boolean recovered() {
        ClusterState newest = cluster().truth().chosen().newest();
        boolean recovering = newest.recovering() || newest.groups().values().stream()
                .anyMatch(group -> group.phase() != Phase.RUNNING);
        // Of concern is also a life that has ended and that nobody has noticed yet.
        boolean unnoticed = newest.members().values().stream()
                .anyMatch(member -> !cluster().truth().alive(member.who()));
        return !recovering && !unnoticed && cluster().processes().stream().allMatch(process ->
                process.machine().status(process.localNow()).state().version() == newest.version());
    }

    private void happened(Incarnation life, NodeEvent event) {
        List<String> fields = SHOWN.get(event.name());
        if (fields != null) {
            StringBuilder line = new StringBuilder("%s %s".formatted(life, event.name()));
            fields.stream().map(event.fields()::get).map(String::valueOf).filter(text -> !text.isBlank())
                    .forEach(text -> line.append(' ').append(text.replace(' ', ',')));
            events.add(line.toString());
        }
    }
}
