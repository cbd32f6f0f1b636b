package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.GroupName;
import io.muster.node.NodeEvent;
import io.muster.node.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The commands of a script, carried out on a simulated cluster in which nothing goes wrong by itself, with all checkers
 * on. docs/TESTING.md lists them for writers.
 *
 * <p>What a command answers are the events of the nodes while it was carried out, without numbers that mean nothing to a
 * reader. {@code quietly} in front of a command leaves them out, and {@code show} says which are told at all.
 */
final class Scenario {

    private static final long SEED = 1;
    private static final long LIMIT_NS = 120 * TimeBudget.SECOND;
    private static final long FOR_EVER_NS = 24 * 3600 * TimeBudget.SECOND;
    private static final int NODES_LIMIT = NodeId.LIMIT - 1;
    /** Events that a script shows when it does not say which, and of each the fields. */
    private static final SortedMap<String, List<String>> SHOWN = new TreeMap<>(Map.of(
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
    /** What other events are about, where they have it. */
    private static final List<String> FIELDS = List.of("who", "node", "peer", "group", "phase", "leader", "reason");

    private final List<String> events = new ArrayList<>();
    private final List<String> said = new ArrayList<>();
    private Optional<TreeSet<String>> shown = Optional.empty();
    private Optional<Simulation> simulation = Optional.empty();

    /**
     * @return what happened, a line each
     * @throws ScriptFault when the command cannot be read, or what it expects is not so
     */
    List<String> carryOut(String command) {
        events.clear();
        Words words = new Words(command, simulation.map(Simulation::nodes).orElse(NodeSet.NONE));
        boolean quietly = words.take("quietly");
        if (words.take("cluster of") || words.take("nodes")) {
            cluster(words);
        } else if (words.take("show")) {
            shown = Optional.of(new TreeSet<>(words.take("nothing") ? List.of() : Arrays.asList(words.rest().split(" "))));
        } else if (simulation.isEmpty()) {
            throw ScriptFault.unreadable("there is no cluster yet: begin with \"cluster of 3\"");
        } else {
            running(words);
        }
        return quietly ? List.of() : List.copyOf(events);
    }

    private void running(Words words) {
        if (words.take("until")) {
            String goal = words.rest();
            within(LIMIT_NS, goal);
        } else if (words.take("wait")) {
            long forNs = words.spanNs();
            words.end();
            cluster().runUntil(cluster().time().now() + forNs);
        } else if (words.take("expect within")) {
            long limitNs = words.spanNs();
            within(limitNs, words.rest());
        } else if (words.take("expect for")) {
            throughout(words.spanNs(), words.rest());
        } else if (words.take("expect")) {
            throughout(0, words.rest());
        } else if (words.take("forget what was said")) {
            words.end();
            said.clear();
        } else if (words.take("in") || words.take("at")) {
            long inNs = words.spanNs();
            Runnable action = action(words);
            cluster().time().after(inNs, action);
        } else if (words.take("when")) {
            when(words);
        } else {
            action(words).run();
        }
    }

    private Simulation cluster() {
        return simulation.orElseThrow();
    }

    private void cluster(Words words) {
        if (simulation.isPresent()) {
            throw ScriptFault.unreadable("there is a cluster already");
        }
        int nodes = words.number(2, NODES_LIMIT);
        long seed = words.take("seed") ? words.number(1, Integer.MAX_VALUE) : SEED;
        words.end();
        simulation = Optional.of(new Simulation(SimSettings.calm(seed, nodes), Optional.empty()));
        cluster().announcements().whenHappened(this::happened);
        Operator operator = new Operator(cluster());
        cluster().nodes().forEach(operator::start);
    }

    // ---- time

    private void within(long limitNs, String goal) {
        Condition condition = condition(goal);
        long limit = cluster().time().now() + limitNs;
        do {
            if (cluster().time().now() >= limit) {
                throw ScriptFault.notSo("not \"%s\" within %d ms: %s", goal, limitNs / TimeBudget.MS, condition.instead());
            }
            cluster().runUntil(cluster().time().now() + TimeBudget.MS);
        } while (!condition.holds());
    }

    private void throughout(long forNs, String goal) {
        Condition condition = condition(goal);
        long begun = cluster().time().now();
        while (true) {
            if (!condition.holds()) {
                throw ScriptFault.notSo("not \"%s\" after %d ms: %s", goal,
                        (cluster().time().now() - begun) / TimeBudget.MS, condition.instead());
            }
            if (cluster().time().now() >= begun + forNs) {
                return;
            }
            cluster().runUntil(cluster().time().now() + TimeBudget.MS);
        }
    }

    private Condition condition(String goal) {
        return Condition.read(new Words(goal, cluster().nodes()), cluster(), said);
    }

    /** As {@code n3 is in LOCKS of g1 after 5ms kill n1}; it happens once. */
    private void when(Words words) {
        Optional<NodeId> who = words.take("anybody") ? Optional.empty() : Optional.of(words.node());
        if (!words.take("is in")) {
            throw ScriptFault.unreadable("after \"when\" and a node comes \"is in\" and a moment");
        }
        Moments.Kind kind = words.oneOf(Moments.Kind.class);
        Optional<GroupName> group = words.take("of") ? Optional.of(words.group()) : Optional.empty();
        long afterNs = words.take("after") ? words.spanNs() : 0;
        Runnable action = action(words);
        boolean[] seen = new boolean[1];
        cluster().moments().watch(moment -> {
            if (!seen[0] && moment.kind() == kind && who.filter(node -> !node.equals(moment.who().node())).isEmpty()
                    && (group.isEmpty() || group.equals(moment.group()))) {
                seen[0] = true;
                cluster().time().after(afterNs, action);
            }
        });
    }

    // ---- what may be done

    private Runnable action(Words words) {
        Runnable read = firstOf(words);
        words.end();
        return read;
    }

    private Runnable firstOf(Words words) {
        Operator operator = new Operator(cluster());
        Cuts cuts = new Cuts(cluster().network(), cluster().nodes(), cluster().settings().links());
        String verb = words.next("a command");
        switch (verb) {
            case "start" -> {
                NodeSet nodes = nodes(words);
                return () -> nodes.forEach(operator::start);
            }
            case "kill", "crash" -> {
                NodeSet nodes = nodes(words);
                return () -> nodes.forEach(cluster()::kill);
            }
            case "power" -> {
                boolean on = words.take("on");
                if (!on && !words.take("off")) {
                    throw ScriptFault.unreadable("after \"power\" comes \"on\" or \"off\"");
                }
                NodeSet nodes = nodes(words);
                return () -> nodes.forEach(node -> power(node, on, operator));
            }
            case "pause" -> {
                NodeSet nodes = nodes(words);
                long forNs = words.take("for") ? words.spanNs() : FOR_EVER_NS;
                return () -> nodes.forEach(node -> cluster().pause(node, forNs));
            }
            case "resume" -> {
                NodeSet nodes = nodes(words);
                return () -> nodes.forEach(node -> resume(cluster().host(node)));
            }
            case "replace" -> {
                NodeId node = words.node();
                return () -> replace(node, operator);
            }
            case "forget" -> {
                NodeId node = words.node();
                return () -> {
                    if (!cluster().forget(node)) {
                        throw ScriptFault.notSo("the disk of %s can only forget while nothing runs on it", node);
                    }
                };
            }
            case "cut" -> {
                return cut(words, cuts);
            }
            case "mend" -> {
                return mend(words, cuts);
            }
            case "ask" -> {
                return ask(words);
            }
            case "fence" -> {
                SimFence.Mood mood = words.oneOf(SimFence.Mood.class);
                return () -> cluster().fence().behave(Map.of(mood, 1));
            }
            case "services" -> {
                SimParticipant.Behaviour behaviour = services(words);
                return () -> cluster().participantsBehave(behaviour);
            }
            default -> throw ScriptFault.unreadable("there is no command \"%s\"", verb);
        }
    }

    private void power(NodeId node, boolean on, Operator operator) {
        if (on) {
            cluster().powerOn(node);
            operator.start(node);
        } else {
            cluster().powerOff(node);
        }
    }

    private void resume(SimHost host) {
        host.former().forEach(cluster()::resume);
        host.process().ifPresent(cluster()::resume);
    }

    /** A process that is stopped loses its place to a new life. */
    private void replace(NodeId node, Operator operator) {
        SimProcess old = cluster().host(node).process().filter(SimProcess::paused)
                .orElseThrow(() -> ScriptFault.notSo("%s is not paused, and only such a process is replaced", node));
        cluster().takeOver(old);
        operator.start(node);
    }

    private Runnable cut(Words words, Cuts cuts) {
        NodeId one = words.node();
        NodeSet others = words.nodeFollows() ? NodeSet.of(words.node()) : cluster().nodes().without(one);
        if (words.take("one way")) {
            return () -> cuts.half(one, others, true);
        }
        return () -> cuts.from(one, others);
    }

    private Runnable mend(Words words, Cuts cuts) {
        if (words.take("all")) {
            return cuts::mendAll;
        }
        NodeId one = words.node();
        if (!words.nodeFollows()) {
            return () -> cuts.mendAll(one);
        }
        NodeId other = words.node();
        return () -> cuts.pair(one, other).run();
    }

    private Runnable ask(Words words) {
        NodeId asked = words.node();
        if (!words.take("to")) {
            throw ScriptFault.unreadable("after \"ask %s\" comes \"to\"", asked);
        }
        Request request;
        if (words.take("leave the cluster")) {
            request = new Request.LeaveCluster();
        } else if (words.take("join")) {
            request = new Request.JoinGroup(words.group());
        } else if (words.take("leave")) {
            request = new Request.LeaveGroup(words.group());
        } else if (words.take("evict")) {
            request = new Request.EvictNode(words.node(), "the script", "asked for");
        } else if (words.take("acknowledge")) {
            request = new Request.Acknowledge(words.node(), "the script", "I looked");
        } else {
            throw ScriptFault.unreadable("nobody can be asked to \"%s\"", words.rest());
        }
        return () -> cluster().ask(asked, request);
    }

    private static SimParticipant.Behaviour services(Words words) {
        if (words.take("are well")) {
            return SimParticipant.Behaviour.HEALTHY;
        } else if (words.take("are silent")) {
            return new SimParticipant.Behaviour(0, 1, 0, 1);
        } else if (words.take("fail")) {
            return new SimParticipant.Behaviour(0, 1, 1, 0);
        } else if (words.take("take up to")) {
            return new SimParticipant.Behaviour(1, words.spanNs(), 0, 0);
        }
        throw ScriptFault.unreadable("services \"are well\", \"are silent\", \"fail\" or \"take up to\" a span of time");
    }

    private NodeSet nodes(Words words) {
        if (words.take("all")) {
            return cluster().nodes();
        }
        NodeSet nodes = NodeSet.of(words.node());
        while (words.nodeFollows()) {
            nodes = nodes.with(words.node());
        }
        return nodes;
    }

    // ---- what is told

    private void happened(Incarnation life, NodeEvent event) {
        said.add(life.node() + " " + event.name());
        boolean told = shown.map(names -> names.contains(event.name())).orElse(SHOWN.containsKey(event.name()));
        if (told) {
            StringBuilder line = new StringBuilder("%s %s".formatted(life, event.name()));
            SHOWN.getOrDefault(event.name(), FIELDS).stream().filter(event.fields()::containsKey)
                    .map(event.fields()::get).map(String::valueOf).filter(text -> !text.isBlank())
                    .forEach(text -> line.append(' ').append(text.replace(' ', ',')));
            events.add(line.toString());
        }
    }
}
