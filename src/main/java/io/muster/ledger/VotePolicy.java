package io.muster.ledger;

import java.util.Locale;
import java.util.Optional;

/** Who changes the electorate; agreed on, and never read from a file of one node (rule Q8). */
public enum VotePolicy {
    /** People only. */
    FIXED,
    /**
     * Also the cluster itself: a voter that left as planned, or was made harmless, is taken out by a later version and
     * added again when it is back (rule Q5).
     */
    DYNAMIC,
    /**
     * Two voters. As {@code DYNAMIC} when one leaves as planned; when one dies, the confirmed fence of it stands in for
     * its vote (rules T1 to T8).
     */
    TWO_NODE;

    /** The policy as people write it: {@code two-node}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<VotePolicy> find(String label) {
        for (VotePolicy value : values()) {
            if (value.label().equals(label)) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }
}
