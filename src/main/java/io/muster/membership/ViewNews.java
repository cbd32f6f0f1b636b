package io.muster.membership;

import io.muster.base.Incarnation;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.ledger.FenceIntent;
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
 * <p>Views are told to those who are in them (001-5, 001-10). A death is told once for each life, when it is agreed
 * to be harmless, on every node that was a member when that life went: who joined later had nothing to do with it. It
 * is read from the states and not from the event of the evidence, as that may lie in a step that was missed (L10).
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
        for (Incarnation who : wentWithoutAWord(news)) {
            if (news.state().harmless(who) && concernsUs(who, news) && toldDead.add(who)) {
                out.announce(new NodeDead(who, intent(who, news)));
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

    /** Why this life is out in this news; empty when it left as planned, or when that cannot be told. */
    Optional<String> whyPutOut(Applied news) {
        Departure departure = news.state().departures().get(self);
        if (departure != null) {
            return Optional.of(departure.reason());
        }
        for (LedgerEvent event : news.events()) {
            if (event instanceof LedgerEvent.MemberEvicted(Incarnation who, String reason) && who.equals(self)) {
                return Optional.of(reason);
            }
            if (event instanceof LedgerEvent.MemberDropped(Incarnation who, String reason) && who.equals(self)) {
                return Optional.of(reason);
            }
        }
        return Optional.empty();
    }

    /** Lives that were out and not harmless before, or went out in this news, in their order. */
    private static SortedSet<Incarnation> wentWithoutAWord(Applied news) {
        SortedSet<Incarnation> lives = new TreeSet<>();
        for (Departure departure : news.before().departures().values()) {
            if (!departure.harmless()) {
                lives.add(departure.who());
            }
        }
        for (LedgerEvent event : news.events()) {
            if (event instanceof LedgerEvent.MemberEvicted(Incarnation who, String _)) {
                lives.add(who);
            }
        }
        return lives;
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

    /** The fence that ended it; {@link NodeDead#INTENT_MISSED} when begun and forgotten in steps that were missed. */
    private static long intent(Incarnation who, Applied news) {
        for (LedgerEvent event : news.events()) {
            if (event instanceof LedgerEvent.FenceEvidenced(long id, Incarnation victim, var _, String _, var _)
                    && victim.equals(who)) {
                return id;
            }
        }
        return Optional.ofNullable(news.before().departures().get(who))
                .flatMap(Departure::intent).map(FenceIntent::id).orElse(NodeDead.INTENT_MISSED);
    }

    private long memberSince(ClusterState state) {
        return state.members().get(self.node()).joinedAt();
    }
}
