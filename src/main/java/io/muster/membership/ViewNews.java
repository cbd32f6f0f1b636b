package io.muster.membership;

import io.muster.base.Incarnation;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews.Applied;
import io.muster.ledger.View;
import io.muster.machine.Outbox;
import io.muster.membership.MembershipNews.NodeDead;
import io.muster.membership.MembershipNews.NodeJoined;
import io.muster.membership.MembershipNews.NodeLeft;
import io.muster.membership.MembershipNews.ViewFormed;
import io.muster.membership.MembershipNews.ViewInstalled;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Turns one applied version into news: the view first, then who is dead, who has left, who has joined.
 *
 * <p>Views are told to those who are in them (001-5, 001-10). A death is told once for each life, when its evidence is
 * agreed, on every node that was a member when that life went: who joined later had nothing to do with it.
 */
final class ViewNews {

    private final Incarnation self;
    private final SortedSet<Incarnation> toldDead = new TreeSet<>();
    private long toldView = -1;

    ViewNews(Incarnation self) {
        this.self = self;
    }

    void tell(Applied news, Outbox<MembershipNews> out) {
        View view = news.state().view();
        if (view.has(self) && view.version() != toldView) {
            toldView = view.version();
            out.announce(view.safe() ? new ViewInstalled(view) : new ViewFormed(view));
        }
        for (LedgerEvent event : news.events()) {
            if (event instanceof LedgerEvent.FenceEvidenced(long intent, Incarnation who, var _, String _, var _)
                    && concernsUs(who, news) && toldDead.add(who)) {
                out.announce(new NodeDead(who, intent));
            }
        }
        for (LedgerEvent event : news.events()) {
            if (event instanceof LedgerEvent.MemberLeft(Incarnation who)) {
                out.announce(new NodeLeft(who));
            }
        }
        for (LedgerEvent event : news.events()) {
            if (event instanceof LedgerEvent.MemberJoined(Incarnation who, var _)) {
                out.announce(new NodeJoined(who));
            }
        }
        // Evidence can come again only for a life that is still listed: after it was voided.
        toldDead.retainAll(news.state().departures().keySet());
    }

    private boolean concernsUs(Incarnation who, Applied news) {
        if (!news.state().isMember(self)) {
            return false;
        }
        Optional<Departure> departure = Optional.ofNullable(news.before().departures().get(who))
                .or(() -> Optional.ofNullable(news.state().departures().get(who)));
        if (departure.isPresent()) {
            return departure.get().evictedAt() > memberSince(news.state());
        }
        // It went and was made harmless within the steps that were missed; we saw it go if we were in before them.
        return news.before().isMember(self);
    }

    private long memberSince(ClusterState state) {
        return state.members().get(self.node()).joinedAt();
    }
}
