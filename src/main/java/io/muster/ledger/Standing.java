package io.muster.ledger;

import io.muster.base.Incarnation;
import java.util.Optional;

/**
 * What one node knows of the agreement: the newest state it applied, whether it leads, and whom it follows else. A layer
 * above the ledger keeps one and moves it with every piece of {@link LedgerNews}.
 *
 * @param state     empty until the first state of this life was applied
 * @param leading   the own ballot, while this node leads
 * @param following somebody else's newest ballot
 */
public record Standing(Optional<ClusterState> state, Optional<Ballot> leading, Optional<Ballot> following) {

    /** A node that knows nothing yet. */
    public static final Standing NONE = new Standing(Optional.empty(), Optional.empty(), Optional.empty());

    /** What is known once this news was heard. */
    public Standing after(LedgerNews news) {
        return switch (news) {
            // A version of a higher ballot says that another leads, even before this node was told so.
            case LedgerNews.Applied(_, ClusterState next, _, _) -> new Standing(
                    Optional.of(next), leading.filter(own -> !isAbove(next, own)), following);
            // Whom this node followed before has a lower ballot and leads no more.
            case LedgerNews.Leading(Ballot ballot) -> new Standing(state, Optional.of(ballot), Optional.empty());
            // The winner may have been heard before this node gave up, so what it follows stays.
            case LedgerNews.NotLeading _ -> new Standing(state, Optional.empty(), following);
            case LedgerNews.Following(Ballot ballot) -> new Standing(state, leading, Optional.of(ballot));
            case LedgerNews.Proven _, LedgerNews.RecordFailed _, LedgerNews.LoneNoted _ -> this;
        };
    }

    private static boolean isAbove(ClusterState state, Ballot own) {
        return state.proposedBy().filter(ballot -> ballot.compareTo(own) > 0).isPresent();
    }

    /** Who leads, as far as this node knows; itself included. */
    public Optional<Incarnation> leader() {
        return ballot().map(Ballot::leader);
    }

    /** The newest ballot that leads, as far as this node knows: when it changes, a new leader has to be told anew. */
    public Optional<Ballot> ballot() {
        return leading.or(() -> following);
    }
}
