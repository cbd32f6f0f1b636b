package io.muster.ledger;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import java.util.Optional;

/**
 * A life that was evicted and is still of concern: not yet harmless, or not yet recovered from by all its groups.
 * Without an intent it is an implicit one that the next leader makes explicit (rule F1).
 *
 * @param evictedAt the version that evicted it
 */
public record Departure(
        Incarnation who, HostProcess process, String reason, long evictedAt, Optional<FenceIntent> intent) {

    public boolean harmless() {
        return intent.isPresent() && intent.get().evidence().isPresent();
    }
}
