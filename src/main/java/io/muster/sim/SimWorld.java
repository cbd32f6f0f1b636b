package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Optional;

/** What the network and the fence devices know of the nodes, and can do to them. */
final class SimWorld implements SimNetwork.World, SimFence.Reach {

    private final Simulation simulation;

    SimWorld(Simulation simulation) {
        this.simulation = simulation;
    }

    @Override
    public Optional<SimProcess> running(NodeId node) {
        return simulation.host(node).process();
    }

    @Override
    public boolean hostUp(NodeId node) {
        return simulation.host(node).up();
    }

    @Override
    public boolean ended(Incarnation victim) {
        return simulation.host(victim.node()).process(victim).isEmpty();
    }

    @Override
    public void end(Incarnation victim) {
        simulation.host(victim.node()).process(victim).ifPresent(process -> {
            simulation.note(Optional.of(victim), "is ended by a fence device");
            simulation.end(process, false);
        });
    }

    @Override
    public void cutPower(Incarnation victim) {
        simulation.struckByPower(victim);
    }

    @Override
    public void givePower(NodeId node) {
        simulation.powerOn(node);
    }

    @Override
    public void lied(Incarnation victim) {
        simulation.note(Optional.of(victim), "is called ended by a device that lies");
        simulation.truth().lieAbout(victim);
    }
}
