package io.muster.sim;

import io.muster.base.TimeBudget;
import io.muster.ledger.Group;
import io.muster.ledger.Phase;
import io.muster.node.NodeStatus;

/** Looks at every node now and then, as somebody who asks for status would, and shows the checkers what it says. */
final class Looks {

    private static final long EVERY_NS = 500 * TimeBudget.MS;

    private final Simulation simulation;

    Looks(Simulation simulation) {
        this.simulation = simulation;
    }

    /** From now on for ever. */
    void begin() {
        simulation.time().after(EVERY_NS, () -> {
            simulation.processes().stream().filter(process -> !process.paused()).forEach(this::look);
            begin();
        });
    }

    private void look(SimProcess process) {
        NodeStatus status = process.machine().status(process.localNow());
        boolean stands = status.state().groups().values().stream()
                .filter(group -> group.has(process.life())).map(Group::phase).anyMatch(phase -> phase != Phase.RUNNING);
        boolean blocked = stands || !status.state().isMember(process.life()) || status.actingForNs() <= 0;
        simulation.checkers().looked(process.life(), blocked, status.waits());
    }
}
