package io.muster.ledger;

import java.util.Optional;

/**
 * An agreed will to make one life harmless, and what is known of its end.
 *
 * @param agreedAt the version that agreed on it, or that opened it again: no older observation is evidence
 */
public record FenceIntent(long id, String reason, Ballot begun, long agreedAt, Optional<Evidence> evidence) {}
