package io.muster.membership;

import static io.muster.membership.Bench.evicted;
import static io.muster.membership.Bench.evidenced;
import static io.muster.membership.Bench.intended;
import static io.muster.membership.Bench.joined;
import static io.muster.membership.Bench.left;
import static io.muster.membership.Bench.life;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.membership.MembershipNews.NodeDead;
import io.muster.membership.MembershipNews.NodeJoined;
import io.muster.membership.MembershipNews.NodeLeft;
import io.muster.membership.MembershipNews.ViewFormed;
import io.muster.membership.MembershipNews.ViewInstalled;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is told upward of agreed versions, on n1. */
final class ViewNewsTest {

    private static final Incarnation N1 = life(1, 1);
    private static final Incarnation N2 = life(2, 1);
    private static final Incarnation N3 = life(3, 1);
    private static final LedgerEvent IN_GROUP = new LedgerEvent.GroupJoined(new GroupName("g"), N3);

    private final Bench bench = new Bench(N1, 3);

    @Test
    @DisplayName("001-8, 001-10: a clean join is told as an installed view, at the point that grants access")
    void aCleanJoinInstallsAView() {
        bench.members(N1, N2);
        assertThat(bench.news()).containsExactly(
                new ViewInstalled(bench.state.view()), new NodeJoined(N1), new NodeJoined(N2));
        bench.applied(joined(N3));
        assertThat(bench.news()).containsExactly(new ViewInstalled(bench.state.view()), new NodeJoined(N3));
        assertThat(bench.membership.agreedView()).contains(bench.state.view());
    }

    @Test
    @DisplayName("001-9: a view is safe only after fencing")
    void aViewWithSomebodyOutIsFormedAndInstalledOnlyWithTheEvidence() {
        bench.members(N1, N2, N3);
        bench.news();
        bench.applied(evicted(N3));
        assertThat(bench.state.view().safe()).isFalse();
        assertThat(bench.news()).containsExactly(new ViewFormed(bench.state.view()));
        bench.applied(intended(1, N3));
        assertThat(bench.news()).isEmpty();
        bench.applied(evidenced(1, N3));
        assertThat(bench.state.view().safe()).isTrue();
        assertThat(bench.news()).containsExactly(new ViewInstalled(bench.state.view()), new NodeDead(N3, 1));
    }

    @Test
    void withTwoOutTheViewIsSafeOnlyWithTheLastEvidence() {
        bench.members(N1, N2, N3);
        bench.applied(evicted(N2), evicted(N3));
        bench.applied(intended(1, N2), intended(2, N3));
        bench.news();
        bench.applied(evidenced(2, N3));
        assertThat(bench.news()).containsExactly(new ViewFormed(bench.state.view()), new NodeDead(N3, 2));
        bench.applied(evidenced(1, N2));
        assertThat(bench.news()).containsExactly(new ViewInstalled(bench.state.view()), new NodeDead(N2, 1));
    }

    @Test
    void aPlannedLeaveNeedsNoFence() {
        bench.members(N1, N2, N3);
        bench.news();
        bench.applied(left(N3));
        assertThat(bench.news()).containsExactly(new ViewInstalled(bench.state.view()), new NodeLeft(N3));
    }

    @Test
    void inOneVersionTheViewComesFirstThenDeathsThenLeavesThenJoins() {
        bench.members(N1, N2, life(3, 7));
        bench.applied(evicted(N2));
        bench.applied(intended(1, N2));
        bench.news();
        bench.applied(left(life(3, 7)), joined(life(3, 8)), evidenced(1, N2));
        assertThat(bench.news()).containsExactly(
                new ViewInstalled(bench.state.view()), new NodeDead(N2, 1), new NodeLeft(life(3, 7)),
                new NodeJoined(life(3, 8)));
    }

    @Test
    void aDeathIsToldOnceThoughItsEvidenceWasVoidedAndCameAgain() {
        bench.members(N1, N2, N3);
        bench.applied(IN_GROUP);
        bench.applied(evicted(N3));
        bench.applied(intended(1, N3), new LedgerEvent.GroupLost(new GroupName("g"), N3));
        bench.news();
        bench.applied(evidenced(1, N3));
        assertThat(bench.news()).contains(new NodeDead(N3, 1));
        bench.applied(new LedgerEvent.FenceVoided(1, N3, "pulses"));
        assertThat(bench.news()).containsExactly(new ViewFormed(bench.state.view()));
        bench.applied(evidenced(1, N3));
        assertThat(bench.news()).containsExactly(new ViewInstalled(bench.state.view()));
    }

    @Test
    @DisplayName("L10: a laggard learns of a death and of the new life out of the difference")
    void aDeathIsToldAlsoWhenTheStepsWereMissed() {
        bench.members(N1, N2, N3);
        bench.news();
        ClusterState later = Bench.next(bench.state, List.of(evicted(N3)));
        later = Bench.next(later, List.of(intended(1, N3)));
        later = Bench.next(later, List.of(evidenced(1, N3)));
        later = Bench.next(later, List.of(joined(life(3, 2))));
        bench.caughtUp(later, evicted(N3), intended(1, N3), evidenced(1, N3), joined(life(3, 2)));
        assertThat(bench.news()).containsExactly(
                new ViewInstalled(later.view()), new NodeDead(N3, 1), new NodeJoined(life(3, 2)));
    }

    @Test
    @DisplayName("L10: also when the fence began, ended and was forgotten in the steps that were missed")
    void aDeathIsToldThoughNothingIsLeftOfItsFence() {
        bench.members(N1, N2, N3);
        bench.news();
        ClusterState later = Bench.next(bench.state, List.of(evicted(N3)));
        later = Bench.next(later, List.of(intended(1, N3)));
        later = Bench.next(later, List.of(evidenced(1, N3)));
        bench.caughtUp(later, evicted(N3));
        assertThat(bench.news()).containsExactly(
                new ViewInstalled(later.view()), new NodeDead(N3, NodeDead.INTENT_MISSED));
    }

    @Test
    @DisplayName("L10: the evidence alone may have been missed")
    void aDeathIsToldWhenOnlyItsEvidenceWasMissed() {
        bench.members(N1, N2, N3);
        bench.applied(evicted(N3));
        bench.applied(intended(1, N3));
        bench.news();
        ClusterState later = Bench.next(bench.state, List.of(evidenced(1, N3)));
        later = Bench.next(later, List.of(joined(life(3, 2))));
        bench.caughtUp(later, joined(life(3, 2)));
        assertThat(bench.news()).containsExactly(
                new ViewInstalled(later.view()), new NodeDead(N3, 1), new NodeJoined(life(3, 2)));
    }

    @Test
    void whoJoinsLaterDoesNotTellDeathsFromBefore() {
        ClusterState old = Bench.next(bench.state, List.of(joined(N2), joined(N3)));
        old = Bench.next(old, List.of(evicted(N3)));
        old = Bench.next(old, List.of(intended(1, N3)));
        bench.caughtUp(old, joined(N2));
        bench.applied(joined(N1));
        assertThat(bench.news()).contains(new ViewFormed(bench.state.view()));
        bench.applied(evidenced(1, N3));
        assertThat(bench.news()).containsExactly(new ViewInstalled(bench.state.view()));
    }

    @Test
    void aNodeThatComesInWithTheDifferenceDoesNotTellDeathsInIt() {
        ClusterState later = Bench.next(bench.state, List.of(joined(N2), joined(N3)));
        later = Bench.next(later, List.of(evicted(N3)));
        later = Bench.next(later, List.of(intended(1, N3)));
        later = Bench.next(later, List.of(evidenced(1, N3)));
        later = Bench.next(later, List.of(joined(N1)));
        bench.caughtUp(later, joined(N2), evidenced(1, N3), joined(N1));
        assertThat(bench.news()).containsExactly(
                new ViewInstalled(later.view()), new NodeJoined(N2), new NodeJoined(N1));
    }

    @Test
    @DisplayName("001-5: a view is told on those who are in it")
    void viewsOfOthersAreNotOurs() {
        bench.members(N2, N3);
        assertThat(bench.news()).containsExactly(new NodeJoined(N2), new NodeJoined(N3));
    }

    @Test
    @DisplayName("001-4: the local view is readable apart from the agreed one")
    void whatIsSeenAndWhatIsAgreedAreApart() {
        bench.members(N1, N2, N3);
        bench.allWell(N1, N2, N3);
        assertThat(bench.membership.missing()).isEmpty();
        bench.loses(N3);
        assertThat(bench.membership.agreedView().orElseThrow().has(N3)).isTrue();
        assertThat(bench.membership.localView().hears(N3)).isFalse();
        assertThat(bench.membership.localView().lives()).containsExactly(N2);
        assertThat(bench.membership.missing()).extracting(Membership.Missing::who).containsExactly(N3);
        assertThat(bench.membership.missing().getFirst().reason()).contains("not heard by n1 on any link for 612 ms");
    }

    @Test
    @DisplayName("001-8: no name in the interface speaks of \"finish\"")
    void theNameFinishIsGone() {
        for (Class<?> type : List.of(Membership.class, MembershipNews.class, MembershipInput.class,
                MembershipMessage.class, LocalView.class)) {
            for (Method method : type.getDeclaredMethods()) {
                assertThat(method.getName().toLowerCase(Locale.ROOT)).doesNotContain("finish");
            }
            for (Class<?> nested : type.getDeclaredClasses()) {
                assertThat(nested.getSimpleName().toLowerCase(Locale.ROOT)).doesNotContain("finish");
            }
        }
    }
}
