package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.node.NodeEvent;

/**
 * Whoever proposes a view in which somebody comes or goes finds no two in it without a two-way link between them, by the
 * matrix that the proposal was made from (001-6, rules V1, V2).
 */
public final class NoLinkLacks implements Checker {

    @Override
    public void happened(Incarnation life, NodeEvent event) {
        if (event.name().equals("view.proposed")) {
            Object lacking = event.fields().get("lacking");
            Violation.unless("".equals(lacking), name(), "%s proposes %s by matrix %s, and there is no link %s",
                    life, event.fields().get("members"), event.fields().get("matrix"), lacking);
        }
    }
}
