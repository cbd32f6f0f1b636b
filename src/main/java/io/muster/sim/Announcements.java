package io.muster.sim;

import io.muster.base.Incarnation;
import io.muster.ledger.LedgerNews;
import io.muster.node.NodeEvent;
import io.muster.node.NodeNews;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** What nodes announce: to the trace, the checkers, and whoever asked for it. */
final class Announcements {

    private final Simulation simulation;
    private final List<BiConsumer<Incarnation, NodeEvent>> whenHappened = new ArrayList<>();
    private final List<BiConsumer<Incarnation, NodeNews.Delivered>> whenDelivered = new ArrayList<>();

    Announcements(Simulation simulation) {
        this.simulation = simulation;
    }

    void whenHappened(BiConsumer<Incarnation, NodeEvent> told) {
        whenHappened.add(told);
    }

    void whenDelivered(BiConsumer<Incarnation, NodeNews.Delivered> told) {
        whenDelivered.add(told);
    }

    void of(SimProcess from, NodeNews news) {
        Incarnation life = from.life();
        long now = simulation.time().now();
        switch (news) {
            case NodeNews.Happened(NodeEvent event) -> {
                simulation.trace().line(now, Optional.of(life), event);
                simulation.checkers().happened(life, event);
                simulation.moments().happened(life, event);
                whenHappened.forEach(told -> told.accept(life, event));
            }
            case NodeNews.ActUntil(long until) -> {
                long at = until <= from.localNow() ? now : from.clock().trueTimeOf(until);
                simulation.truth().actsUntil(life, at);
                simulation.checkers().mayAct(life, at);
            }
            case NodeNews.Agreed(LedgerNews.Applied applied) -> simulation.checkers().applied(life, applied);
            case NodeNews.Delivered message -> {
                simulation.trace().line(now, Optional.of(life), message);
                whenDelivered.forEach(told -> told.accept(life, message));
            }
            case NodeNews.Stop(var code, String reason, boolean planned) -> {
                simulation.note(Optional.of(life), "stops, " + (planned ? "as planned: " : "") + code + " " + reason);
                simulation.end(from, false);
            }
        }
    }
}
