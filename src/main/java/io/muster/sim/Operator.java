package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.node.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The people of a simulated cluster: what they start, ask for and confirm. Each kind of request that somebody may make
 * at any moment is a {@link Move} of {@link #MOVES}; to add one is to add a line there.
 */
final class Operator {

    /** One thing that a person may do to a running cluster. */
    interface Move {

        /**
         * @param asked the node that is asked
         * @param other another node, for moves that need one
         */
        void make(Operator operator, NodeId asked, NodeId other, GroupName group);
    }

    /**
     * A kind of move.
     *
     * @param leastVoters with fewer votes it is not made: it would wait for ever
     */
    record Kind(String name, int leastVoters, Move move) {}

    /** All kinds; a seed draws a weight for each, so new ones go to the end. */
    static final List<Kind> MOVES = List.of(
            new Kind("leave", 2, (operator, asked, _, _) -> operator.ask(asked, new Request.LeaveCluster())),
            new Kind("join-group", 2, (operator, asked, _, group) -> operator.ask(asked, new Request.JoinGroup(group))),
            new Kind("leave-group", 2, (operator, asked, _, group) ->
                    operator.ask(asked, new Request.LeaveGroup(group))),
            // Both votes of two are needed to put one out, and the wish would stay for ever.
            new Kind("evict", 3, (operator, asked, other, _) ->
                    operator.ask(asked, new Request.EvictNode(other, "sim", "drawn"))),
            new Kind("acknowledge", 2, (operator, asked, _, _) -> operator.acknowledge(asked)),
            new Kind("leave-all-groups", 2, (operator, asked, _, _) -> operator.simulation.groups()
                    .forEach(group -> operator.ask(asked, new Request.LeaveGroup(group)))),
            new Kind("evict-twice", 5, (operator, asked, other, _) -> {
                operator.ask(asked, new Request.EvictNode(other, "sim", "drawn"));
                operator.ask(other, new Request.EvictNode(asked, "sim", "drawn back"));
            }));

    private final Simulation simulation;

    Operator(Simulation simulation) {
        this.simulation = simulation;
    }

    /** Makes any of the kinds, by their weights. */
    void drawn(List<Integer> weights, Prng chance) {
        Optional<Kind> kind = draw(weights, chance);
        NodeId asked = anyOf(simulation.nodes(), chance);
        NodeId other = anyOf(simulation.nodes().without(asked), chance);
        GroupName group = simulation.groups().get(chance.nextInt(simulation.groups().size()));
        kind.filter(k -> simulation.settings().voters() >= k.leastVoters()).ifPresent(k -> {
            simulation.note(Optional.empty(), "somebody asks %s to %s".formatted(asked, k.name()));
            k.move().make(this, asked, other, group);
        });
    }

    private static Optional<Kind> draw(List<Integer> weights, Prng chance) {
        int all = weights.stream().mapToInt(Integer::intValue).sum();
        int left = all == 0 ? 0 : chance.nextInt(all);
        for (int i = 0; i < weights.size(); i++) {
            left -= weights.get(i);
            if (left < 0) {
                return Optional.of(MOVES.get(i));
            }
        }
        return Optional.empty();
    }

    /** Starts a node, where nothing runs on it, and asks it to join all groups. */
    void start(NodeId node) {
        simulation.start(node);
        joinAll(node);
    }

    void joinAll(NodeId node) {
        simulation.groups().forEach(group -> ask(node, new Request.JoinGroup(group)));
    }

    void ask(NodeId node, Request request) {
        simulation.ask(node, request);
    }

    /** A person may only confirm what is true: of nodes without a process, those that are to be fenced. */
    void acknowledge(NodeId asked) {
        ClusterState state = simulation.truth().chosen().newest();
        List<Incarnation> open = new ArrayList<>();
        state.departures().values().stream()
                .filter(departure -> !departure.harmless() && !simulation.truth().alive(departure.who()))
                .filter(departure -> simulation.host(departure.who().node()).process().isEmpty())
                .forEach(departure -> open.add(departure.who()));
        open.stream().findFirst().ifPresent(who ->
                ask(asked, new Request.Acknowledge(who.node(), "sim", "drawn")));
    }

    static NodeId anyOf(NodeSet from, Prng chance) {
        int left = chance.nextInt(from.count());
        for (NodeId node : from) {
            if (left-- == 0) {
                return node;
            }
        }
        throw new IllegalStateException("no node");
    }
}
