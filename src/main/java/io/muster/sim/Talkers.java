package io.muster.sim;

import io.muster.base.Bytes;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.BarrierName;
import io.muster.ledger.GroupName;
import io.muster.node.Request;
import java.nio.charset.StandardCharsets;

/**
 * Clients of a simulated cluster that talk to groups as long as it runs, as often as the seed says, or not at all: each
 * message is told apart from all others, and everybody enters the same few barriers again and again. It never stops, so
 * that a barrier that some entered before the cluster was healed is entered by the rest after it.
 */
final class Talkers {

    private static final long MS = TimeBudget.MS;

    private final Simulation simulation;
    private final Prng chance;
    private final long everyNs;
    private final long enterEveryNs;
    private long tickets;

    Talkers(Simulation simulation) {
        this.simulation = simulation;
        this.chance = new Prng(simulation.settings().seed()).fork("talkers");
        this.everyNs = chance.between(10, 400) * MS;
        this.enterEveryNs = chance.between(300, 800) * MS;
    }

    void begin() {
        if (chance.nextInt(4) > 0) {
            simulation.time().after(1 + chance.nextLong(2 * everyNs), this::say);
        }
        if (chance.nextInt(2) == 0) {
            return;
        }
        for (NodeId node : simulation.nodes()) {
            simulation.time().after(1 + chance.nextLong(enterEveryNs), () -> enter(node));
        }
    }

    private void say() {
        NodeId node = NodeId.of(1 + chance.nextInt(simulation.settings().nodes()));
        GroupName group = simulation.groups().get(chance.nextInt(simulation.groups().size()));
        tickets++;
        Bytes content = Bytes.owning(("message " + tickets).getBytes(StandardCharsets.UTF_8));
        simulation.ask(node, new Request.SendToGroup(group, tickets, content));
        simulation.time().after(1 + chance.nextLong(2 * everyNs), this::say);
    }

    private void enter(NodeId node) {
        simulation.ask(node, new Request.EnterBarrier(new BarrierName(simulation.groups().getFirst(), "round")));
        simulation.ask(node, new Request.EnterBarrier(new BarrierName(GroupName.NODES, "round")));
        simulation.time().after(enterEveryNs, () -> enter(node));
    }
}
