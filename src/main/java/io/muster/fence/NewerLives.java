package io.muster.fence;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which newer lives of nodes this node knows of, and what their hosts prove about the former ones. An act that cuts a
 * whole node off is not begun while a newer life of it is heard (rule F5a). A newer life by itself proves nothing about
 * the old process; another boot of a host that the operator calls fixed does, once the storage has drained (rule F5).
 */
final class NewerLives {

    private record Told(Incarnation who, HostProcess process, long since) {}

    private Fencing fencing;
    private final SortedMap<NodeId, Incarnation> heard = new TreeMap<>();
    private final SortedMap<NodeId, Told> told = new TreeMap<>();

    /** @param process of this life itself, which may be newer than one that is to be fenced */
    NewerLives(Incarnation self, HostProcess process, Fencing fencing, long now) {
        this.fencing = fencing;
        heard.put(self.node(), self);
        told.put(self.node(), new Told(self, process, now));
    }

    /** Taken up by what begins from here on. */
    void configured(Fencing next) {
        fencing = next;
    }

    void heard(HeartbeatNews news) {
        switch (news) {
            case HeartbeatNews.PeerHeard(Incarnation who) -> heard.put(who.node(), who);
            case HeartbeatNews.PeerLost(Incarnation who, _, _) -> heard.remove(who.node(), who);
            case HeartbeatNews.LinksChanged _, HeartbeatNews.LinkChanged _, HeartbeatNews.SelfPaused _ -> { /* about no life */ }
        }
    }

    /** A life says where it runs, as it asks to be admitted. */
    void arriving(Incarnation who, HostProcess process, long now) {
        Told before = told.get(who.node());
        if (before == null || before.who().life() < who.life()
                || before.who().equals(who) && !before.process().equals(process)) {
            told.put(who.node(), new Told(who, process, now));
        }
    }

    /** A newer life of the victim's node that is heard now. */
    Optional<Incarnation> of(Incarnation victim) {
        return Optional.ofNullable(heard.get(victim.node())).filter(who -> who.life() > victim.life());
    }

    /** Whether acts that would hit it have to be held: it is heard, and no person has said to act all the same. */
    Optional<Incarnation> holding(Departure departure, ClusterState state) {
        long agreedAt = departure.intent().map(intent -> intent.agreedAt()).orElse(Long.MAX_VALUE);
        return state.fences().openedAt() > agreedAt ? Optional.empty() : of(departure.who());
    }

    /** What the host proves, once it does: a text for the record. */
    Optional<String> superseded(Departure departure, long now) {
        return proof(departure).filter(newer -> now >= newer.since() + fencing.limits().drainNs())
                .map(newer -> "%s runs in boot %s of its fixed host, and %s ran in boot %s; %d ms drained".formatted(
                        newer.who(), newer.process().bootId(), departure.who(), departure.process().bootId(),
                        fencing.limits().drainNs() / 1_000_000));
    }

    /** When {@link #superseded} will hold. */
    long supersededAt(Departure departure) {
        return proof(departure).map(newer -> newer.since() + fencing.limits().drainNs()).orElse(Long.MAX_VALUE);
    }

    private Optional<Told> proof(Departure departure) {
        Incarnation victim = departure.who();
        String oldBoot = departure.process().bootId();
        return Optional.ofNullable(told.get(victim.node()))
                .filter(_ -> fencing.plan(victim.node()).fixedHost())
                .filter(newer -> newer.who().life() > victim.life() && of(victim).equals(Optional.of(newer.who())))
                .filter(newer -> !oldBoot.isEmpty() && !newer.process().bootId().isEmpty()
                        && !newer.process().bootId().equals(oldBoot));
    }
}
