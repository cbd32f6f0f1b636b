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
import java.util.Map;
import java.util.Optional;

/**
 * Does things to a simulated cluster at drawn moments, until it is told to heal: then it undoes all of them, and does
 * what an operator would do who wants every node back.
 */
final class Chaos {

    /** What may happen. */
    enum Act {
        KILL,
        POWER_OFF,
        /** Short enough that nobody need notice, or long enough to be put out. */
        PAUSE,
        CUT_NODE,
        CUT_NODE_ONE_WAY,
        CUT_PAIR,
        CUT_ONE_WAY,
        CUT_LINK,
        SPLIT,
        BREAK_STREAM,
        LEAVE,
        JOIN_GROUP,
        LEAVE_GROUP,
        EVICT,
        /** A person confirms a node that has indeed ended. */
        ACKNOWLEDGE,
        /** A few steps in which every node may die half-way. */
        DIE_IN_STEP
    }

    private static final long MS = 1_000_000;
    private static final long RESTART_AFTER_HEAL_NS = 300 * MS;

    private final Simulation simulation;
    private final VirtualTime time;
    private final Prng chance;
    private final SimSettings settings;
    private boolean healed;

    Chaos(Simulation simulation) {
        this.simulation = simulation;
        this.time = simulation.time();
        this.settings = simulation.settings();
        this.chance = new Prng(settings.seed()).fork("chaos");
        simulation.whenEnded(this::startAgain);
    }

    /** Starts all nodes, with a little between them, and then lets things happen. */
    void begin() {
        for (NodeId node : simulation.nodes()) {
            time.after(chance.nextLong(300 * MS), () -> startAndJoin(node));
        }
        if (settings.acts().values().stream().anyMatch(weight -> weight > 0)) {
            time.after(settings.actEveryNs(), this::next);
        }
    }

    /** Undoes everything: from here on the cluster has to recover. */
    void heal() {
        healed = true;
        simulation.note(Optional.empty(), "heals");
        simulation.diesInStep(0);
        simulation.network().behave(SimNetwork.Behaviour.HEALTHY);
        simulation.fence().behave(Map.of(SimFence.Mood.WORKS, 1));
        simulation.participantsBehave(SimParticipant.Behaviour.HEALTHY);
        for (NodeId node : simulation.nodes()) {
            simulation.host(node).disk().behave(SimDisk.Behaviour.HEALTHY);
            everywhere(node, (one, other, link) -> simulation.network().mend(one, other, link));
            simulation.powerOn(node);
            simulation.host(node).process().ifPresent(simulation::resume);
            simulation.host(node).process().ifPresentOrElse(_ -> joinAll(node), () -> startAndJoin(node));
        }
        joinAgain();
    }

    /** What a node gave up in its troubles it is asked to take up again, until it has. */
    private void joinAgain() {
        time.after(settings.times().askNs() * 5, () -> {
            simulation.nodes().forEach(this::joinAll);
            joinAgain();
        });
    }

    private void startAgain(Incarnation ended) {
        long inNs = healed ? RESTART_AFTER_HEAL_NS : 10 * MS + chance.nextLong(settings.restartNs());
        time.after(inNs, () -> {
            simulation.powerOn(ended.node());
            startAndJoin(ended.node());
        });
    }

    private void startAndJoin(NodeId node) {
        simulation.start(node);
        joinAll(node);
    }

    private void joinAll(NodeId node) {
        simulation.groups().forEach(group -> simulation.ask(node, new Request.JoinGroup(group)));
    }

    private void next() {
        if (healed) {
            return;
        }
        act(draw());
        time.after(1 + chance.nextLong(2 * settings.actEveryNs()), this::next);
    }

    private Act draw() {
        int left = chance.nextInt(settings.acts().values().stream().mapToInt(Integer::intValue).sum());
        for (var entry : settings.acts().entrySet()) {
            left -= entry.getValue();
            if (left < 0) {
                return entry.getKey();
            }
        }
        throw new IllegalStateException("no act has any weight");
    }

    private void act(Act act) {
        NodeId one = anyOf(simulation.nodes());
        NodeId other = anyOf(simulation.nodes().without(one));
        GroupName group = simulation.groups().get(chance.nextInt(simulation.groups().size()));
        switch (act) {
            case KILL -> simulation.kill(one);
            case POWER_OFF -> simulation.powerOff(one);
            case PAUSE -> simulation.pause(one, chance.nextInt(2) == 0 ? span(500) : span(8_000));
            case CUT_NODE -> cutForAWhile(one, simulation.nodes().without(one), true);
            case CUT_NODE_ONE_WAY -> cutForAWhile(one, simulation.nodes().without(one), false);
            case CUT_PAIR -> cutForAWhile(one, NodeSet.of(other), true);
            case CUT_ONE_WAY -> cutForAWhile(one, NodeSet.of(other), false);
            case CUT_LINK -> cutLink(one, other, chance.nextInt(settings.links()));
            case SPLIT -> split();
            case BREAK_STREAM -> simulation.network().breakStream(one, other);
            case LEAVE -> simulation.ask(one, new Request.LeaveCluster());
            case JOIN_GROUP -> simulation.ask(one, new Request.JoinGroup(group));
            case LEAVE_GROUP -> simulation.ask(one, new Request.LeaveGroup(group));
            case EVICT -> simulation.ask(one, new Request.EvictNode(other, "sim", "drawn"));
            case ACKNOWLEDGE -> acknowledge(one);
            case DIE_IN_STEP -> {
                simulation.diesInStep(0.02);
                time.after(span(200), () -> simulation.diesInStep(0));
            }
        }
    }

    /** A person may only confirm what is true: of nodes without a process, those that are to be fenced. */
    private void acknowledge(NodeId asked) {
        ClusterState state = simulation.truth().chosen().newest();
        state.departures().values().stream()
                .filter(departure -> !departure.harmless() && !simulation.truth().alive(departure.who()))
                .filter(departure -> simulation.host(departure.who().node()).process().isEmpty())
                .findFirst()
                .ifPresent(departure -> simulation.ask(
                        asked, new Request.Acknowledge(departure.who().node(), "sim", "drawn")));
    }

    private void split() {
        NodeSet side = NodeSet.NONE;
        for (NodeId node : simulation.nodes()) {
            side = chance.nextInt(2) == 0 ? side.with(node) : side;
        }
        NodeSet rest = simulation.nodes().minus(side);
        long forNs = span(10_000);
        boolean bothWays = chance.nextInt(3) > 0;
        for (NodeId node : side) {
            cut(node, rest, bothWays, forNs);
        }
    }

    private void cutForAWhile(NodeId node, NodeSet others, boolean bothWays) {
        cut(node, others, bothWays, chance.nextInt(2) == 0 ? span(1_500) : span(10_000));
    }

    private void cut(NodeId node, NodeSet others, boolean bothWays, long forNs) {
        boolean outward = chance.nextInt(2) == 0;
        List<Runnable> mends = new ArrayList<>();
        everywhere(node, (from, to, link) -> {
            boolean goesOut = from.equals(node);
            if (others.contains(goesOut ? to : from) && (bothWays || goesOut == outward)) {
                simulation.network().cut(from, to, link);
                mends.add(() -> simulation.network().mend(from, to, link));
            }
        });
        simulation.note(Optional.empty(), "%s is cut from %s, %s, for %d ns".formatted(
                node, others, bothWays ? "both ways" : outward ? "outward" : "inward", forNs));
        time.after(forNs, () -> mends.forEach(Runnable::run));
    }

    private void cutLink(NodeId one, NodeId other, int link) {
        long forNs = span(5_000);
        simulation.network().cut(one, other, link);
        time.after(forNs, () -> simulation.network().mend(one, other, link));
    }

    private interface WayVisitor {

        void visit(NodeId from, NodeId to, int link);
    }

    /** Both directions of all links and streams of a node. */
    private void everywhere(NodeId node, WayVisitor visitor) {
        for (NodeId peer : simulation.nodes().without(node)) {
            for (int link = SimNetwork.STREAM; link < settings.links(); link++) {
                visitor.visit(node, peer, link);
                visitor.visit(peer, node, link);
            }
        }
    }

    private NodeId anyOf(NodeSet from) {
        int left = chance.nextInt(from.count());
        for (NodeId node : from) {
            if (left-- == 0) {
                return node;
            }
        }
        throw new IllegalStateException("no node");
    }

    private long span(long mostMs) {
        return MS + chance.nextLong(mostMs * MS);
    }
}
