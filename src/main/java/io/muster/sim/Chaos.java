package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.VotePolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Does things to a simulated cluster at drawn moments, until it is told to heal: then it undoes all of them, and does
 * what an operator would do who wants every node back.
 *
 * <p>Faults come in two ways: any of {@link Act} every now and then, and the aimed ones of {@link SimFaults}, each at
 * its {@link Moments moment}, in the middle of what the cluster does about an earlier fault.
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
        /** A few steps in which every node may die half-way. */
        DIE_IN_STEP,
        /** Somebody asks for something, see {@link Operator#MOVES}. */
        OPERATE,
        /** A little shorter or longer than one of the bounds that the cluster goes by. */
        PAUSE_AT_A_BOUND,
        /** A few steps in which every node may be stopped half-way: between a write and a send, or two sends. */
        PAUSE_IN_STEP,
        /** Any pairs, each in one direction or both: no side is whole, no side is alone. */
        CUT_SOME,
        /** A way that comes and goes. */
        FLAP,
        /** Power goes from all hosts at once; they come back one by one, some much later. */
        POWER_LOSS,
        /** A process is stopped, a new life takes its folder and its addresses, and then the old one goes on (S7). */
        TWIN
    }

    private static final long MS = 1_000_000;
    private static final long RESTART_AFTER_HEAL_NS = 300 * MS;
    private static final int FLAPS_LIMIT = 20;
    private static final double FORGETS = 0.2;

    private final Simulation simulation;
    private final VirtualTime time;
    private final Prng chance;
    private final SimSettings settings;
    private final Operator operator;
    private final Cuts cuts;
    private int forgetful;
    private boolean healed;

    Chaos(Simulation simulation) {
        this.simulation = simulation;
        this.time = simulation.time();
        this.settings = simulation.settings();
        this.chance = new Prng(settings.seed()).fork("chaos");
        this.operator = new Operator(simulation);
        this.cuts = new Cuts(simulation.network(), simulation.nodes(), settings.links());
        this.forgetful = settings.faults().forgetful();
        simulation.whenEnded(this::startAgain);
        settings.faults().seconds().forEach(second -> simulation.moments().watch(moment -> seen(second, moment)));
    }

    /** Starts all nodes, with a little between them, and then lets things happen. */
    void begin() {
        for (NodeId node : simulation.nodes()) {
            time.after(chance.nextLong(300 * MS), () -> operator.start(node));
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
        simulation.pausesInStep(0);
        simulation.network().behave(SimNetwork.Behaviour.HEALTHY);
        simulation.fence().behave(Map.of(SimFence.Mood.WORKS, 1));
        simulation.participantsBehave(SimParticipant.Behaviour.HEALTHY);
        for (NodeId node : simulation.nodes()) {
            SimHost host = simulation.host(node);
            host.disk().behave(SimDisk.Behaviour.HEALTHY);
            cuts.mendAll(node);
            simulation.powerOn(node);
            host.former().forEach(simulation::resume);
            host.process().ifPresent(simulation::resume);
            if (host.process().isPresent()) {
                operator.joinAll(node);
            } else {
                operator.start(node);
            }
        }
        joinAgain();
    }

    /** What a node gave up in its troubles it is asked to take up again, until it has. */
    private void joinAgain() {
        time.after(settings.times().askNs() * 5, () -> {
            simulation.nodes().forEach(operator::joinAll);
            joinAgain();
        });
    }

    private void startAgain(Incarnation ended) {
        long inNs = healed ? RESTART_AFTER_HEAL_NS : 10 * MS + chance.nextLong(settings.restartNs());
        boolean forgets = !healed && forgetful > 0 && chance.chance(FORGETS);
        time.after(inNs, () -> {
            simulation.powerOn(ended.node());
            if (forgets && forgetful > 0 && simulation.forget(ended.node())) {
                forgetful--;
            }
            operator.start(ended.node());
        });
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
        NodeId one = Operator.anyOf(simulation.nodes(), chance);
        NodeId other = Operator.anyOf(simulation.nodes().without(one), chance);
        NodeSet others = simulation.nodes().without(one);
        switch (act) {
            case KILL -> simulation.kill(one);
            case POWER_OFF -> simulation.powerOff(one);
            case PAUSE -> simulation.pause(one, chance.nextInt(2) == 0 ? span(500) : span(8_000));
            case CUT_NODE -> forAWhile(cuts.from(one, others), shortOrLong(), one + " is cut off");
            case CUT_NODE_ONE_WAY -> {
                boolean outward = chance.nextInt(2) == 0;
                forAWhile(cuts.half(one, others, outward), shortOrLong(),
                        one + (outward ? " is not heard" : " does not hear"));
            }
            case CUT_PAIR -> forAWhile(cuts.pair(one, other), shortOrLong(), one + " and " + other + " are cut");
            case CUT_ONE_WAY -> forAWhile(cuts.oneWay(one, other), shortOrLong(), other + " does not hear " + one);
            case CUT_LINK -> {
                int link = chance.nextInt(settings.links());
                forAWhile(cuts.one(one, other, link), span(5_000), "link %d of %s to %s is cut".formatted(link, one, other));
            }
            case SPLIT -> split();
            case BREAK_STREAM -> simulation.network().breakStream(one, other);
            case DIE_IN_STEP -> {
                simulation.diesInStep(0.02);
                time.after(span(200), () -> simulation.diesInStep(0));
            }
            case OPERATE -> operator.drawn(settings.faults().moves(), chance);
            case PAUSE_AT_A_BOUND -> simulation.pause(one, atABound());
            case PAUSE_IN_STEP -> {
                simulation.pausesInStep(settings.faults().pauseInStep());
                time.after(span(2_000), () -> simulation.pausesInStep(0));
            }
            case CUT_SOME -> cutSome();
            case FLAP -> flap(one, other, chance.nextInt(2) == 0, 1 + chance.nextInt(FLAPS_LIMIT), span(900));
            case POWER_LOSS -> simulation.nodes().forEach(simulation::powerOff);
            case TWIN -> twin(one);
        }
    }

    /** The aimed faults. What is done is done after the step in which the moment was seen. */
    private void seen(SimFaults.SecondFault second, Moments.Moment moment) {
        if (healed || moment.kind() != second.when() || !chance.chance(second.chance())) {
            return;
        }
        NodeId it = moment.who().node();
        NodeId another = Operator.anyOf(simulation.nodes().without(it), chance);
        long inNs = chance.nextLong(second.afterNs());
        long cutNs = shortOrLong();
        time.after(inNs, () -> {
            if (!healed) {
                simulation.note(Optional.empty(), "because of %s: %s".formatted(moment, second.blow()));
                switch (second.blow()) {
                    case KILL_IT -> simulation.kill(it);
                    case KILL_ANOTHER -> simulation.kill(another);
                    case POWER_OFF_IT -> simulation.powerOff(it);
                    case PAUSE_IT -> simulation.pause(it, atABound());
                    case CUT_IT -> forAWhile(cuts.from(it, simulation.nodes()), cutNs, it + " is cut off");
                    case POWER_LOSS -> simulation.nodes().forEach(simulation::powerOff);
                }
            }
        });
    }

    private long atABound() {
        TimeBudget times = settings.times();
        List<Long> bounds = List.of(
                times.pulseNs(), times.silenceNs(), times.probeNs(), times.pauseNs(), times.beatNs(),
                times.leaderSilenceNs(), times.leaseNs(), times.askNs(), times.phaseLimitNs(), times.fenceLimitNs(),
                times.fenceRetryNs(), times.writeLimitNs());
        long bound = bounds.get(chance.nextInt(bounds.size()));
        return Math.max(1, bound + chance.between(-bound / 8, bound / 8));
    }

    private void split() {
        NodeSet side = NodeSet.NONE;
        for (NodeId node : simulation.nodes()) {
            side = chance.nextInt(2) == 0 ? side.with(node) : side;
        }
        NodeSet rest = simulation.nodes().minus(side);
        long forNs = span(10_000);
        boolean bothWays = chance.nextInt(3) > 0;
        boolean outward = chance.nextInt(2) == 0;
        for (NodeId node : side) {
            forAWhile(bothWays ? cuts.from(node, rest) : cuts.half(node, rest, outward), forNs,
                    "%s is on the side %s".formatted(node, side));
        }
    }

    private void cutSome() {
        TreeSet<String> what = new TreeSet<>();
        long forNs = shortOrLong();
        for (NodeId from : simulation.nodes()) {
            for (NodeId to : simulation.nodes().without(from)) {
                if (chance.nextInt(4) == 0) {
                    Runnable mend = chance.nextInt(2) == 0 ? cuts.pair(from, to) : cuts.oneWay(from, to);
                    time.after(forNs, mend);
                    what.add(from + ">" + to);
                }
            }
        }
        simulation.note(Optional.empty(), "ways are cut: %s, for %d ns".formatted(what, forNs));
    }

    private void flap(NodeId one, NodeId other, boolean bothWays, int times, long everyNs) {
        if (times > 0 && !healed) {
            forAWhile(bothWays ? cuts.pair(one, other) : cuts.oneWay(one, other), 1 + everyNs / 2,
                    "%s and %s flap".formatted(one, other));
            time.after(everyNs, () -> flap(one, other, bothWays, times - 1, everyNs));
        }
    }

    private void twin(NodeId node) {
        if (simulation.settings().policy() == VotePolicy.TWO_NODE) {
            return; // an old life that wakes may shoot on the word of a record that is another's by now (docs/LIMITS.md)
        }
        long beginsNs = span(1_000);
        long goesOnNs = beginsNs + span(6_000);
        simulation.host(node).process().ifPresent(old -> {
            simulation.pause(node, goesOnNs);
            time.after(beginsNs, () -> {
                if (!old.ended() && old.paused() && !healed) {
                    simulation.takeOver(old);
                    operator.start(node);
                }
            });
        });
    }

    private void forAWhile(Runnable mend, long forNs, String what) {
        simulation.note(Optional.empty(), "%s for %d ns".formatted(what, forNs));
        time.after(forNs, mend);
    }

    private long shortOrLong() {
        return chance.nextInt(2) == 0 ? span(1_500) : span(10_000);
    }

    private long span(long mostMs) {
        return MS + chance.nextLong(mostMs * MS);
    }
}
