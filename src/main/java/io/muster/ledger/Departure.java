package io.muster.ledger;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A life that was evicted: not yet harmless, or not yet recovered from by all its groups, or over and remembered until
 * a newer life of its node is in (rule F10). Without an intent it is an implicit one that the next leader makes explicit
 * (rule F1).
 *
 * @param evictedAt   the version that evicted it
 * @param recoveredBy groups that have recovered from it: should it turn out to be alive they stop once more
 */
public record Departure(
        Incarnation who,
        HostProcess process,
        String reason,
        long evictedAt,
        Optional<FenceIntent> intent,
        SortedSet<GroupName> recoveredBy) {

    public Departure {
        recoveredBy = Collections.unmodifiableSortedSet(new TreeSet<>(recoveredBy));
    }

    /** One that no group has recovered from yet. */
    public Departure(
            Incarnation who, HostProcess process, String reason, long evictedAt, Optional<FenceIntent> intent) {
        this(who, process, reason, evictedAt, intent, Collections.emptySortedSet());
    }

    public boolean harmless() {
        return intent.isPresent() && intent.get().evidence().isPresent();
    }
}
