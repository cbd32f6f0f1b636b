package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StandingTest {

    private static final Incarnation N1 = Incarnation.of(1, 1);
    private static final Incarnation N2 = Incarnation.of(2, 1);
    private static final ClusterState FOUNDED = ClusterState.founded(
            new ClusterId(1, 2), Electorate.majorityOf(NodeSet.of(N1.node())), new TreeMap<>());

    @Test
    void whoeverLeadsIsKnownFromTheNewestNews() {
        Standing standing = Standing.NONE.after(new LedgerNews.Following(new Ballot(3, N2)));
        assertThat(standing.leader()).contains(N2);
        standing = standing.after(new LedgerNews.Leading(new Ballot(4, N1)));
        assertThat(standing.leader()).contains(N1);
        standing = standing.after(new LedgerNews.NotLeading("no quorum"));
        assertThat(standing.leader()).as("whom it followed before leads no more").isEmpty();
    }

    @Test
    void aWinnerThatIsHeardBeforeThisNodeGivesUpIsFollowed() {
        Standing standing = Standing.NONE.after(new LedgerNews.Leading(new Ballot(4, N1)))
                .after(new LedgerNews.Following(new Ballot(5, N2)))
                .after(new LedgerNews.NotLeading("promised b5"));
        assertThat(standing.leader()).contains(N2);
    }

    @Test
    void aVersionOfAHigherBallotEndsTheOwnTurnAndOneOfTheOwnDoesNot() {
        Standing leading = Standing.NONE.after(new LedgerNews.Leading(new Ballot(4, N1)));
        assertThat(leading.after(applied(new Ballot(4, N1))).leading()).isPresent();
        assertThat(leading.after(applied(new Ballot(3, N2))).leading()).isPresent();
        assertThat(leading.after(applied(new Ballot(5, N2))).leading()).isEmpty();
    }

    private static LedgerNews.Applied applied(Ballot ballot) {
        Draft draft = FOUNDED.draft(ballot);
        assertThat(draft.add(new LedgerEvent.MemberJoined(N1, HostProcess.UNKNOWN))).isEqualTo(Optional.empty());
        ClusterState state = draft.whole(Digest.NONE);
        return new LedgerNews.Applied(FOUNDED, state, List.copyOf(state.events()), false);
    }
}
