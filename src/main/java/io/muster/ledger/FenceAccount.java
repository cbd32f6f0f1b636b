package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the cluster keeps about fences beyond the open ones, so that no new leader starts from zero (rule F6).
 *
 * @param counted  nodes that are to be or were fenced within the window and have not come back, with their newest intent
 * @param locked   members whose access has to be switched on before they may join a group
 * @param openedAt the last version in which a person opened whatever held fences back; 0 for never
 */
public record FenceAccount(SortedMap<NodeId, Long> counted, SortedSet<Incarnation> locked, long openedAt) {

    public static final FenceAccount EMPTY = new FenceAccount(new TreeMap<>(), new TreeSet<>(), 0);

    public FenceAccount {
        counted = Collections.unmodifiableSortedMap(new TreeMap<>(counted));
        locked = Collections.unmodifiableSortedSet(new TreeSet<>(locked));
    }

    /** What one event changes, whatever else it does. @param version of the state that it leads to */
    FenceAccount after(LedgerEvent event, long version) {
        return switch (event) {
            case LedgerEvent.FenceIntended(long id, Incarnation who, _, _) -> counting(who.node(), id);
            // Whoever is in again is not missing: fences one after the other are no mass.
            case LedgerEvent.MemberJoined(Incarnation who, _) -> notCounting(who.node());
            case LedgerEvent.MemberLeft(Incarnation who) -> unlocked(who);
            case LedgerEvent.MemberEvicted(Incarnation who, _) -> unlocked(who);
            case LedgerEvent.MemberDropped(Incarnation who, _) -> unlocked(who);
            case LedgerEvent.FenceWindowPassed(long upTo) -> passed(upTo);
            case LedgerEvent.FencingOpened _ -> new FenceAccount(new TreeMap<>(), locked, version);
            case LedgerEvent.AccessWanted(Incarnation who) -> locked(who);
            case LedgerEvent.AccessGranted(Incarnation who, _, _) -> unlocked(who);
            case LedgerEvent.FenceEvidenced _, LedgerEvent.FenceVoided _, LedgerEvent.GroupJoined _,
                    LedgerEvent.GroupLeft _, LedgerEvent.GroupLost _, LedgerEvent.PhaseReached _,
                    LedgerEvent.BarrierPassed _, LedgerEvent.FeaturesTold _, LedgerEvent.FeatureRaised _,
                    LedgerEvent.ElectorateChanged _, LedgerEvent.ElectorateSettled _, LedgerEvent.WentAlone _ -> this;
        };
    }

    private FenceAccount counting(NodeId node, long intent) {
        TreeMap<NodeId, Long> next = new TreeMap<>(counted);
        next.put(node, intent);
        return new FenceAccount(next, locked, openedAt);
    }

    private FenceAccount notCounting(NodeId node) {
        TreeMap<NodeId, Long> next = new TreeMap<>(counted);
        next.remove(node);
        return new FenceAccount(next, locked, openedAt);
    }

    private FenceAccount passed(long upTo) {
        TreeMap<NodeId, Long> next = new TreeMap<>(counted);
        next.values().removeIf(intent -> intent <= upTo);
        return new FenceAccount(next, locked, openedAt);
    }

    private FenceAccount locked(Incarnation who) {
        TreeSet<Incarnation> next = new TreeSet<>(locked);
        next.add(who);
        return new FenceAccount(counted, next, openedAt);
    }

    private FenceAccount unlocked(Incarnation who) {
        TreeSet<Incarnation> next = new TreeSet<>(locked);
        next.remove(who);
        return new FenceAccount(counted, next, openedAt);
    }
}
