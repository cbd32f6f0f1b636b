package io.muster.fence;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Departure;
import io.muster.ledger.Evidence;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Watches whether a life that was declared harmless is heard all the same (rule F4): a fence device that lies can be
 * caught by nothing else. Two things contradict evidence: the life begins to be heard again after the evidence was
 * applied here, or it never ceases to be heard although silence would long have been noticed.
 */
final class LifeSigns {

    /** So many spans of silence after the evidence a dead life is no longer heard. */
    private static final int GRACE_SILENCES = 2;

    private record Watched(long evidencedAt, long since) {}

    private final long graceNs;
    private final SortedMap<NodeId, Incarnation> heard = new TreeMap<>();
    private final SortedMap<Incarnation, Watched> watched = new TreeMap<>();
    private final SortedMap<Incarnation, Long> contradicted = new TreeMap<>();
    private long graceFrom;

    LifeSigns(long silenceNs, long now) {
        this.graceNs = GRACE_SILENCES * silenceNs;
        this.graceFrom = now;
    }

    void told(HeartbeatNews news, long now) {
        switch (news) {
            case HeartbeatNews.PeerHeard(Incarnation who) -> {
                heard.put(who.node(), who);
                contradict(who);
            }
            case HeartbeatNews.PeerLost(Incarnation who, _, _) -> heard.remove(who.node(), who);
            // After a pause of our own nobody is declared silent for a while, so being heard means nothing yet.
            case HeartbeatNews.SelfPaused _ -> graceFrom = now;
            case HeartbeatNews.LinksChanged _, HeartbeatNews.LinkChanged _ -> { /* about links, not lives */ }
        }
    }

    /** The state says whose end is evidenced, and since which version. */
    void agreed(ClusterState state, long now) {
        SortedMap<Incarnation, Watched> next = new TreeMap<>();
        for (Departure departure : state.departures().values()) {
            departure.intent().flatMap(intent -> intent.evidence()).map(Evidence::agreedAt).ifPresent(evidencedAt -> {
                Watched before = watched.get(departure.who());
                boolean known = before != null && before.evidencedAt() == evidencedAt;
                next.put(departure.who(), known ? before : new Watched(evidencedAt, now));
            });
        }
        watched.clear();
        watched.putAll(next);
        contradicted.entrySet().removeIf(entry -> {
            Watched still = watched.get(entry.getKey());
            return still == null || still.evidencedAt() != entry.getValue();
        });
    }

    void due(long now) {
        watched.forEach((who, since) -> {
            if (isHeard(who) && graceEnd(since) <= now) {
                contradict(who);
            }
        });
    }

    long deadline() {
        // Asked after every step of a node, and nearly always there is nobody to watch.
        return watched.isEmpty() ? Long.MAX_VALUE : watched.entrySet().stream()
                .filter(entry -> isHeard(entry.getKey()) && !contradicted.containsKey(entry.getKey()))
                .mapToLong(entry -> graceEnd(entry.getValue()))
                .min().orElse(Long.MAX_VALUE);
    }

    /** Lives that are heard against the evidence, with the version that agreed on it. */
    SortedMap<Incarnation, Long> contradictions() {
        return Collections.unmodifiableSortedMap(contradicted);
    }

    private void contradict(Incarnation who) {
        Watched since = watched.get(who);
        if (since != null) {
            contradicted.put(who, since.evidencedAt());
        }
    }

    boolean isHeard(Incarnation who) {
        return who.equals(heard.get(who.node()));
    }

    /** When a life that is said to have ended at this moment, and is heard, has been heard for too long to be dead. */
    long heardTooLongAt(long saidAt) {
        return Math.max(saidAt, graceFrom) + graceNs;
    }

    private long graceEnd(Watched since) {
        return heardTooLongAt(since.since());
    }
}
