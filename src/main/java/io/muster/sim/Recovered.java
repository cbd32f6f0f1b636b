package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.node.NodeStatus;
import io.muster.node.Wait;
import java.util.Optional;

/** Whether a healed cluster is whole again, and in words what is missing. */
final class Recovered {

    private final Simulation simulation;

    Recovered(Simulation simulation) {
        this.simulation = simulation;
    }

    /** The first thing that is missing; empty when nothing is. */
    Optional<String> pending() {
        ClusterState newest = simulation.truth().chosen().newest();
        for (NodeId node : simulation.nodes()) {
            // Who lost its record may not vote any more (rule L8): the others have to do without it.
            if (simulation.host(node).recordLost()) {
                continue;
            }
            Optional<String> missing = simulation.host(node).process()
                    .map(process -> pendingOn(process, newest))
                    .orElse(Optional.of("no process runs on " + node));
            if (missing.isPresent()) {
                return missing;
            }
        }
        return Optional.empty();
    }

    private Optional<String> pendingOn(SimProcess process, ClusterState newest) {
        Incarnation life = process.life();
        if (!newest.isMember(life)) {
            return missing(process, "is not a member; members are " + newest.members().keySet());
        }
        for (GroupName name : simulation.groups()) {
            Group group = newest.groups().get(name);
            if (group == null || !group.has(life)) {
                return missing(process, "is not in group " + name);
            }
            if (group.phase() != Phase.RUNNING) {
                return missing(process, "is in group %s, which is in %s of generation %d, departed %s".formatted(
                        name, group.phase(), group.generation(), group.departed()));
            }
        }
        if (newest.recovering()) {
            return missing(process, "sees departures " + newest.departures().keySet());
        }
        NodeStatus status = process.machine().status(process.localNow());
        if (status.state().version() != newest.version()) {
            return missing(process, "has applied version %d of %d".formatted(status.state().version(), newest.version()));
        }
        if (status.actingForNs() <= 0) {
            return missing(process, "may not act");
        }
        return status.waits().isEmpty() ? Optional.empty() : missing(process, "waits");
    }

    private static Optional<String> missing(SimProcess process, String what) {
        StringBuilder text = new StringBuilder(process.life() + " " + what);
        NodeStatus status = process.machine().status(process.localNow());
        text.append(" (").append(status.role()).append(status.leader().map(l -> ", follows " + l).orElse("")).append(')');
        status.waits().forEach(wait -> because(wait, text));
        return Optional.of(text.toString());
    }

    private static void because(Wait wait, StringBuilder text) {
        text.append("; ").append(wait.code().label()).append(' ').append(wait.what());
        wait.because().forEach(cause -> because(cause, text));
    }
}
