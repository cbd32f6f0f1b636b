package io.muster.sim.check;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A node's view is exactly the sum of the events it was told (001-11): what was applied before, plus the events, is what
 * is applied now; where steps in between were missed, every life that comes up was seen going down before the next one
 * of its node comes up (rule L10). The events inside a chosen state lead to it from its parent.
 */
public final class StateIsSumOfEvents implements Checker {

    private final Truth truth;
    private final TreeMap<Incarnation, ClusterState> applied = new TreeMap<>();
    private final TreeMap<Incarnation, TreeMap<NodeId, Incarnation>> up = new TreeMap<>();

    public StateIsSumOfEvents(Truth truth) {
        this.truth = truth;
    }

    @Override
    public void chosen(Ballot ballot, ClusterState state) {
        ClusterState parent = truth.chosen().at(state.version() - 1).orElseThrow();
        adds("the chosen version " + state.version(), parent, state.events(), state);
    }

    @Override
    public void applied(Incarnation life, LedgerNews.Applied news) {
        ClusterState before = applied.put(life, news.state());
        Violation.unless(before == null ? news.before().version() == 0 : news.before().equals(before), name(),
                "%s was told of version %d from version %d, and it had applied %s",
                life, news.state().version(), news.before().version(), before == null ? "none" : before.version());
        news.events().forEach(event -> alternates(life, event));
        TreeMap<NodeId, Incarnation> members = new TreeMap<>();
        news.state().members().forEach((node, member) -> members.put(node, member.who()));
        Violation.unless(members.equals(up.getOrDefault(life, new TreeMap<>())), name(),
                "%s was told that %s are up, and version %d has %s",
                life, up.get(life), news.state().version(), members);
        if (!news.compacted()) {
            adds(life + " at version " + news.state().version(), news.before(), news.events(), news.state());
        }
    }

    private void alternates(Incarnation life, LedgerEvent event) {
        TreeMap<NodeId, Incarnation> lives = up.computeIfAbsent(life, _ -> new TreeMap<>());
        switch (event) {
            case LedgerEvent.MemberJoined(Incarnation who, _) -> {
                Incarnation before = lives.put(who.node(), who);
                Violation.unless(before == null, name(), "%s was told that %s is up while %s is", life, who, before);
            }
            case LedgerEvent.MemberLeft(Incarnation who) -> goesDown(life, lives, who);
            case LedgerEvent.MemberEvicted(Incarnation who, _) -> goesDown(life, lives, who);
            case LedgerEvent.MemberDropped(Incarnation who, _) -> goesDown(life, lives, who);
            default -> {
                // Nobody comes or goes.
            }
        }
    }

    private void goesDown(Incarnation life, TreeMap<NodeId, Incarnation> lives, Incarnation who) {
        Violation.unless(lives.remove(who.node(), who), name(), "%s was told that %s is down, and it was not up", life, who);
    }

    private void adds(String what, ClusterState from, List<LedgerEvent> events, ClusterState to) {
        if (events.isEmpty()) {
            return;
        }
        Draft draft = from.draft(to.proposedBy().orElseThrow());
        for (LedgerEvent event : events) {
            Optional<String> refusal = draft.add(event);
            Violation.unless(refusal.isEmpty(), name(), "%s: %s does not fit: %s", what, event, refusal);
        }
        ClusterState sum = draft.whole(to.parent());
        Violation.unless(sum.equals(to), name(), "%s is not the sum of its events:\n%s\n%s", what, sum, to);
    }
}
