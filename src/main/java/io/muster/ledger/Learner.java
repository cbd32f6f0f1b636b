package io.muster.ledger;

import java.util.List;
import java.util.Optional;

/**
 * What this life knows to be chosen. It is told only what was proven: by an own count of a quorum, or by a leader's
 * word that it counted one; the own accepted record is no proof (rule L9).
 */
final class Learner {

    /** What {@link #applied()} says before anything was applied. */
    static final long NOTHING = -1;

    private final ClusterState founding;
    private ClusterState state;
    private Digest digest;
    private long applied = NOTHING;

    Learner(ClusterState founding) {
        this.founding = founding;
        this.state = founding;
        this.digest = StateCodec.digest(founding);
    }

    /** The newest chosen state; the founding state before anything was applied. */
    ClusterState state() {
        return state;
    }

    /** The digest of {@link #state()}. */
    Digest digest() {
        return digest;
    }

    /** The version applied in this life, or {@link #NOTHING}. */
    long applied() {
        return applied;
    }

    /**
     * Applies a chosen state if it is newer than what was applied.
     *
     * @return what to announce; empty when there is nothing new
     */
    Optional<LedgerNews.Applied> learn(ClusterState chosen) {
        if (chosen.version() <= applied) {
            return Optional.empty();
        }
        ClusterState before = state;
        LedgerNews.Applied news = news(before, chosen);
        state = chosen;
        digest = StateCodec.digest(chosen);
        applied = chosen.version();
        return Optional.of(news);
    }

    private LedgerNews.Applied news(ClusterState before, ClusterState chosen) {
        if (chosen.version() == founding.version()) {
            return new LedgerNews.Applied(before, chosen, List.of(), false);
        }
        if (chosen.version() == before.version() + 1 && chosen.parent().equals(digest)) {
            return new LedgerNews.Applied(before, chosen, chosen.events(), false);
        }
        return new LedgerNews.Applied(before, chosen, StateDifference.between(before, chosen), true);
    }
}
