package io.muster.sim;

import io.muster.base.NodeId;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.node.NodeStatus;
import io.muster.node.Wait;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What a script may expect or wait for. Read from words; then asked as often as wanted.
 *
 * <pre>
 * whole                            all nodes are members, in all groups, which run; nobody waits for anything
 * recovered                        nobody departed is of concern any more, no loss is unnoticed, and the groups run
 * n3 is in | n3 is out             by what was agreed
 * n3 runs | n3 does not run        in truth
 * n3 leads | nobody leads          as the nodes say
 * n3 may act | n3 may not act | nobody may act | somebody may act
 * g1 runs | g1 is in LOCKS         by what was agreed
 * every running node has recovered g1
 * why on n1 says TEXT              one of the things that n1 waits for, or one of their causes, has this text
 * n1 said EVENT | nobody said EVENT    a line of the event log, since the script began or forgot
 * </pre>
 */
final class Condition {

    private final BooleanSupplier holds;
    private final Supplier<String> instead;

    private Condition(BooleanSupplier holds, Supplier<String> instead) {
        this.holds = holds;
        this.instead = instead;
    }

    boolean holds() {
        return holds.getAsBoolean();
    }

    /** What is so, when the condition does not hold. */
    String instead() {
        return instead.get();
    }

    /** Reads a condition; all words have to belong to it. @param said lines like {@code n1 node.dead} */
    static Condition read(Words words, Simulation simulation, List<String> said) {
        Condition read = first(words, simulation, said);
        words.end();
        return read;
    }

    private static Condition first(Words words, Simulation simulation, List<String> said) {
        Recovered recovered = new Recovered(simulation);
        Supplier<String> pending = () -> recovered.pending().orElse("the cluster is whole");
        if (words.take("whole")) {
            return new Condition(() -> recovered.pending().isEmpty(), pending);
        } else if (words.take("recovered")) {
            return new Condition(() -> nothingLeft(simulation), pending);
        } else if (words.take("nobody leads")) {
            return new Condition(() -> leaders(simulation).isEmpty(), () -> leaders(simulation) + " lead");
        } else if (words.take("nobody may act")) {
            return new Condition(() -> acting(simulation).isEmpty(), () -> acting(simulation) + " may act");
        } else if (words.take("somebody may act")) {
            return new Condition(() -> !acting(simulation).isEmpty(), pending);
        } else if (words.take("nobody said")) {
            String event = words.next("an event");
            return new Condition(() -> said.stream().noneMatch(line -> line.endsWith(" " + event)),
                    () -> said.stream().filter(line -> line.endsWith(" " + event)).toList() + " was said");
        } else if (words.take("every running node has recovered")) {
            GroupName group = words.group();
            return new Condition(() -> everybodyRuns(simulation, group), pending);
        } else if (words.take("why on")) {
            return why(words, simulation);
        }
        return words.nodeFollows() ? ofNode(words, simulation, said) : ofGroup(words, simulation);
    }

    private static Condition why(Words words, Simulation simulation) {
        NodeId node = words.node();
        if (!words.take("says")) {
            throw ScriptFault.unreadable("after \"why on %s\" comes \"says\" and a text", node);
        }
        String text = words.rest();
        Supplier<String> all = () -> status(simulation, node).map(status -> texts(status.waits())).orElse("it does not run");
        return new Condition(() -> all.get().contains(text), () -> "why on %s says: %s".formatted(node, all.get()));
    }

    private static String texts(List<Wait> waits) {
        StringBuilder text = new StringBuilder();
        waits.forEach(wait -> text.append(wait.code().label()).append(' ').append(wait.what()).append("; ")
                .append(texts(wait.because())));
        return text.toString();
    }

    private static Condition ofNode(Words words, Simulation simulation, List<String> said) {
        NodeId node = words.node();
        Supplier<String> members = () -> "members are " + newest(simulation).members().keySet();
        Supplier<String> pending = () -> new Recovered(simulation).pending().orElse("nothing is missing");
        if (words.take("is in")) {
            return new Condition(() -> newest(simulation).members().containsKey(node), members);
        } else if (words.take("is out")) {
            return new Condition(() -> !newest(simulation).members().containsKey(node), members);
        } else if (words.take("runs")) {
            return new Condition(() -> simulation.host(node).process().isPresent(), () -> node + " does not run");
        } else if (words.take("does not run")) {
            return new Condition(() -> simulation.host(node).process().isEmpty(), () -> node + " runs");
        } else if (words.take("leads")) {
            return new Condition(() -> leaders(simulation).contains(node), () -> leaders(simulation) + " lead");
        } else if (words.take("may act")) {
            return new Condition(() -> acting(simulation).contains(node), pending);
        } else if (words.take("may not act")) {
            return new Condition(() -> !acting(simulation).contains(node), () -> acting(simulation) + " may act");
        } else if (words.take("said")) {
            String line = node + " " + words.next("an event");
            return new Condition(() -> said.contains(line), () -> node + " did not say that");
        }
        throw ScriptFault.unreadable("\"%s\" is nothing that can be said of a node", words.rest());
    }

    private static Condition ofGroup(Words words, Simulation simulation) {
        String word = words.next("a condition");
        if (!word.matches("g[1-9]")) {
            throw ScriptFault.unreadable("\"%s\" begins no condition", word);
        }
        GroupName group = new GroupName(word);
        Phase wanted = words.take("runs") ? Phase.RUNNING : phase(words, group);
        return new Condition(() -> phaseOf(simulation, group).filter(wanted::equals).isPresent(),
                () -> "%s is in %s".formatted(group, phaseOf(simulation, group).map(Phase::name).orElse("no phase")));
    }

    private static Phase phase(Words words, GroupName group) {
        if (!words.take("is in")) {
            throw ScriptFault.unreadable("after \"%s\" comes \"runs\" or \"is in\" and a phase", group);
        }
        return words.oneOf(Phase.class);
    }

    private static ClusterState newest(Simulation simulation) {
        return simulation.truth().chosen().newest();
    }

    private static Optional<Phase> phaseOf(Simulation simulation, GroupName group) {
        return Optional.ofNullable(newest(simulation).groups().get(group)).map(Group::phase);
    }

    private static Optional<NodeStatus> status(Simulation simulation, NodeId node) {
        return simulation.host(node).process().map(process -> process.machine().status(process.localNow()));
    }

    private static List<NodeId> leaders(Simulation simulation) {
        return simulation.processes().stream().filter(process ->
                process.machine().status(process.localNow()).role().equals("leader")).map(SimProcess::node).toList();
    }

    private static List<NodeId> acting(Simulation simulation) {
        return simulation.processes().stream().filter(process -> simulation.truth().mayAct(process.life()))
                .map(SimProcess::node).toList();
    }

    private static boolean everybodyRuns(Simulation simulation, GroupName group) {
        Group agreed = newest(simulation).groups().get(group);
        return agreed != null && agreed.phase() == Phase.RUNNING && agreed.departed().isEmpty()
                && simulation.processes().stream().allMatch(process -> agreed.has(process.life())
                        && process.machine().status(process.localNow()).state().version() == newest(simulation).version());
    }

    private static boolean nothingLeft(Simulation simulation) {
        ClusterState newest = newest(simulation);
        boolean recovering = newest.recovering() || newest.groups().values().stream()
                .anyMatch(group -> group.phase() != Phase.RUNNING);
        // Of concern is also a life that has ended and that nobody has noticed yet.
        boolean unnoticed = newest.members().values().stream()
                .anyMatch(member -> !simulation.truth().alive(member.who()));
        return !recovering && !unnoticed && simulation.processes().stream().allMatch(process ->
                process.machine().status(process.localNow()).state().version() == newest.version());
    }
}
