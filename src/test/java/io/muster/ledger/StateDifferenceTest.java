package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Prng;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StateDifferenceTest {

    private static final Ballot BALLOT = States.ballot(1, 1);

    @Test
    @DisplayName("L10, 001-12: whatever was missed, the difference names all lives, groups, generations, fences")
    void aDifferenceExplainsAnyTwoStates() {
        int compared = 0;
        for (long seed = 0; seed < 40; seed++) {
            List<ClusterState> chain = States.randomChain(seed, 4, 40);
            for (int from = 0; from < chain.size(); from += 3) {
                for (int to = from; to < chain.size(); to += 2) {
                    DifferenceCheck.explains(
                            chain.get(from), StateDifference.between(chain.get(from), chain.get(to)), chain.get(to));
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThan(5_000);
    }

    @Test
    void equalStatesDoNotDiffer() {
        for (ClusterState state : States.randomChain(3, 4, 20)) {
            assertThat(StateDifference.between(state, state)).isEmpty();
        }
    }

    @Test
    @DisplayName("L10, S13: n3 went and came back while a learner lagged: down(old) comes before up(new)")
    void downOfTheOldLifeComesBeforeUpOfTheNew() {
        ClusterState before = States.next(States.founded(3), BALLOT, States.joined(States.life(3, 4)));
        ClusterState evicted = States.next(before, BALLOT,
                new LedgerEvent.MemberEvicted(States.life(3, 4), "silent"),
                new LedgerEvent.FenceIntended(1, States.life(3, 4), "silent", BALLOT));
        ClusterState fenced = States.next(evicted, BALLOT, new LedgerEvent.FenceEvidenced(
                1, States.life(3, 4), EvidenceClass.PROCESS_ENDED, "gone", States.life(1, 1).node()));
        ClusterState back = States.next(fenced, BALLOT, States.joined(States.life(3, 5)));
        List<LedgerEvent> events = StateDifference.between(before, back);
        assertThat(events).hasSize(2);
        assertThat(events.get(0)).isInstanceOfSatisfying(LedgerEvent.MemberEvicted.class, out ->
                assertThat(out.who()).isEqualTo(States.life(3, 4)));
        assertThat(events.get(1)).isEqualTo(States.joined(States.life(3, 5)));
        assertThat(back.harmless(States.life(3, 4))).isTrue();
    }

    @Test
    @DisplayName("L10: a planned leave stays one when its version was missed")
    void aPlannedLeaveStaysOne() {
        ClusterState before = States.next(States.founded(3), BALLOT,
                States.joined(States.life(1, 1)), States.joined(States.life(2, 1)));
        ClusterState left = States.next(before, BALLOT, new LedgerEvent.MemberLeft(States.life(2, 1)));
        ClusterState later = States.next(left, BALLOT, new LedgerEvent.GroupJoined(States.DATA, States.life(1, 1)));
        assertThat(StateDifference.between(before, later)).containsExactly(
                new LedgerEvent.MemberLeft(States.life(2, 1)),
                new LedgerEvent.GroupJoined(States.DATA, States.life(1, 1)),
                new LedgerEvent.PhaseReached(States.DATA, 1, Phase.STOP));
    }

    @Test
    @DisplayName("L10: a generation that rose although the members are the same is named")
    void aGenerationThatRoseIsNamed() {
        ClusterState before = States.next(States.founded(3), BALLOT, States.joined(States.life(1, 1)),
                new LedgerEvent.GroupJoined(States.DATA, States.life(1, 1)));
        ClusterState gone = States.next(before, BALLOT, new LedgerEvent.GroupLeft(States.DATA, States.life(1, 1)));
        ClusterState again = States.next(gone, BALLOT, new LedgerEvent.GroupJoined(States.DATA, States.life(1, 1)));
        assertThat(StateDifference.between(before, again))
                .containsExactly(new LedgerEvent.PhaseReached(States.DATA, 2, Phase.STOP));
    }

    @Test
    @DisplayName("L9: a learner applies what is newer and nothing else; its own version's events where it missed none")
    void aLearnerAppliesOnlyWhatIsNewer() {
        List<ClusterState> chain = States.randomChain(8, 4, 12);
        Learner learner = new Learner(chain.getFirst());
        assertThat(learner.applied()).isEqualTo(Learner.NOTHING);
        assertThat(learner.learn(chain.getFirst()).orElseThrow())
                .isEqualTo(new LedgerNews.Applied(chain.getFirst(), chain.getFirst(), List.of(), false));
        assertThat(learner.learn(chain.getFirst())).isEmpty();
        LedgerNews.Applied next = learner.learn(chain.get(1)).orElseThrow();
        assertThat(next.compacted()).isFalse();
        assertThat(next.events()).isEqualTo(chain.get(1).events());
        LedgerNews.Applied skipped = learner.learn(chain.get(5)).orElseThrow();
        assertThat(skipped.compacted()).isTrue();
        assertThat(skipped.before()).isEqualTo(chain.get(1));
        for (int version = 0; version <= 5; version++) {
            assertThat(learner.learn(chain.get(version))).isEqualTo(Optional.empty());
        }
        assertThat(learner.state()).isEqualTo(chain.get(5));
    }

    @Test
    @DisplayName("L1, L10: a next version of another parent is not taken as the next step")
    void aVersionOfAnotherParentIsADifference() {
        ClusterState founded = States.founded(3);
        Draft draft = founded.draft(BALLOT);
        States.addRandom(draft, new Prng(1), 3, 1);
        ClusterState foreign = draft.whole(new Digest(1, 2));
        Learner learner = new Learner(founded);
        assertThat(learner.learn(foreign).orElseThrow().compacted()).isTrue();
    }
}
