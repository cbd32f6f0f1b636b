package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.fence.Chain;
import io.muster.fence.Collected;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.Departure;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Machine;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RecoveryFailureTest extends CoordinatorRig {

    // ---------------------------------------------------------------- a new generation

    @Test
    @DisplayName("R3 a new generation begins when all have given the older one up; late answers mean nothing")
    void aNewGenerationWaitsForTheOlderOneToBeGivenUp() {
        running(N1, N2, N3);
        follow();
        service.answersAtOnce = false;
        service.abandonsAtOnce = false;
        agree(new LedgerEvent.GroupLeft(FILES, N3));
        long older = generation();
        agree(new LedgerEvent.GroupLeft(FILES, N2));
        assertThat(service.calls).endsWith("STOP " + older, "abandon " + older);
        out.clear();
        step(new RecoveryInput.Done("dlm", FILES, older, Phase.STOP));
        step(new RecoveryInput.Abandoned("dlm", FILES, older - 1));
        assertThat(service.calls).endsWith("abandon " + older);
        assertThat(coordinator.waiting().getFirst().participants()).containsExactly("dlm");
        step(new RecoveryInput.Abandoned("dlm", FILES, older));
        assertThat(service.calls).endsWith("STOP " + generation());
        step(new RecoveryInput.Done("dlm", FILES, older, Phase.STOP));
        step(new RecoveryInput.Done("nobody", FILES, generation(), Phase.STOP));
        step(new RecoveryInput.Done("dlm", FILES, generation(), Phase.LOCKS));
        assertThat(out.sent).as("not through").isEmpty();
        step(new RecoveryInput.Done("dlm", FILES, generation(), Phase.STOP));
        assertThat(out.messages()).containsExactly(new RecoveryMessage.Through(FILES, generation(), Phase.STOP, true));
    }

    @Test
    @DisplayName("R3 a second death adds its life to the plan: the departed are the union until RESUME")
    void theDepartedAddUp() {
        running(N1, N2, N3);
        follow();
        lose(N3);
        lose(N2);
        RecoveryNews.Begin begin = (RecoveryNews.Begin) out.news.getLast();
        assertThat(begin.plan().departed()).containsExactly(N2, N3);
        assertThat(begin.plan().survivors().values()).containsExactly(N1);
    }

    @Test
    @DisplayName("001-27 abandon at every point of every phase leaves no trace")
    void abandonAtEveryPointOfEveryPhaseLeavesNoTrace() {
        List<String> clean = builtAfterSecondDeath(Phase.STOP, true, true);
        for (Phase phase : EnumSet.range(Phase.STOP, Phase.JOURNALS)) {
            for (boolean answered : new boolean[] {false, true}) {
                for (boolean abandonsAtOnce : new boolean[] {false, true}) {
                    assertThat(builtAfterSecondDeath(phase, answered, abandonsAtOnce))
                            .as("interrupted in %s, answered %s, given up at once %s", phase, answered, abandonsAtOnce)
                            .isEqualTo(clean);
                }
            }
        }
    }

    @Test
    @DisplayName("001-27 begin twice with growing generations equals beginning once with the last")
    void beginTwiceEqualsBeginningOnceWithTheLast() {
        Chain together = Chain.of(3);
        Scripted once = Scripted.everywhere("dlm");
        RecoveryCoordinator one = new RecoveryCoordinator(N1, List.of(once), TIMES, 0);
        for (Incarnation who : List.of(N1, N2, N3)) {
            together.joined("files", who);
        }
        loseOn(together, N3, 1);
        loseOn(together, N2, 2);
        one.step(new RecoveryInput.Agreed(new LedgerNews.Applied(
                together.states.getFirst(), together.head(), List.of(), true)), now, new Collected<>());
        finishOn(together, one);
        assertThat(once.calls.stream().filter(call -> call.startsWith("STOP"))).hasSize(1);
        assertThat(builtAfterSecondDeath(Phase.STOP, false, true)).isEqualTo(once.built);
    }

    // ---------------------------------------------------------------- failure of a participant

    @Test
    @DisplayName("R4 001-27 what fails is begun again; after its tries the node withdraws, drained before it says so")
    void whatFailsIsBegunAgainAndThenTheNodeWithdraws() {
        running(N1, N2);
        follow();
        service.answersAtOnce = false;
        service.abandonsAtOnce = false;
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        long g = generation();
        for (int attempt = 1; attempt <= GroupRun.ATTEMPTS_LIMIT; attempt++) {
            int calls = service.calls.size();
            step(new RecoveryInput.Failed("dlm", FILES, g, Phase.STOP, "out of memory"));
            assertThat(out.news).contains(new RecoveryNews.ParticipantFailed(
                    "dlm", FILES, g, Phase.STOP, attempt, "out of memory"));
            if (attempt < GroupRun.ATTEMPTS_LIMIT) {
                assertThat(service.calls).hasSize(calls);
                now = coordinator.deadline();
                coordinator.due(now, out);
                assertThat(service.calls).endsWith("STOP " + g);
            }
        }
        assertThat(out.news).contains(new RecoveryNews.SelfWithdrawn(
                FILES, N1.node(), "dlm failed 3 times in STOP: out of memory"));
        out.clear();
        assertThat(service.calls).endsWith("abandon " + g);
        assertThat(out.sent).isEmpty();
        step(new RecoveryInput.Abandoned("dlm", FILES, g));
        assertThat(service.calls).as("a last STOP is the word that all is drained").endsWith("STOP " + g);
        assertThat(out.sent).isEmpty();
        step(new RecoveryInput.Done("dlm", FILES, g, Phase.STOP));
        assertThat(out.messages()).containsExactly(new RecoveryMessage.Withdrawn(
                FILES, g, Phase.STOP, "dlm failed 3 times in STOP: out of memory"));
        agree(new LedgerEvent.GroupLeft(FILES, N1));
        assertThat(coordinator.deadline()).isEqualTo(Machine.NEVER);
        assertThat(coordinator.waiting()).isEmpty();
    }

    @Test
    @DisplayName("R4 a last STOP that fails is tried without end: without its word the node is not drained")
    void aLastStopThatFailsIsTriedWithoutEnd() {
        running(N1, N2);
        follow();
        service.answersAtOnce = false;
        step(new RecoveryInput.CloseWanted(FILES));
        for (int i = 0; i < 10; i++) {
            step(new RecoveryInput.Failed("dlm", FILES, generation(), Phase.STOP, "busy"));
            now = coordinator.deadline();
            coordinator.due(now, out);
        }
        assertThat(out.news).noneMatch(news -> news instanceof RecoveryNews.Closed);
        assertThat(out.sent).isEmpty();
        step(new RecoveryInput.Done("dlm", FILES, generation(), Phase.STOP));
        assertThat(out.news.getLast()).isEqualTo(new RecoveryNews.Closed(FILES));
    }

    @Test
    @DisplayName("R4 the leader lets a withdrawn member out of the group, for its newest generation only")
    void theLeaderLetsAWithdrawnMemberOut() {
        running(N1, N2);
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        lead();
        hear(N2, new RecoveryMessage.Withdrawn(FILES, generation() - 1, Phase.STOP, "late copy"));
        hear(Incarnation.of(2, 4), new RecoveryMessage.Withdrawn(FILES, generation(), Phase.STOP, "another life"));
        assertThat(wanted()).isEmpty();
        hear(N2, new RecoveryMessage.Withdrawn(FILES, generation(), Phase.STOP, "disk gone"));
        assertThat(wanted()).containsExactly(new LedgerEvent.GroupLeft(FILES, N2));
    }

    @Test
    @DisplayName("R4 a member that does not get through in time is put out, never skipped, and the reason is said")
    void aMemberThatDoesNotGetThroughIsPutOut() {
        running(N1, N2);
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        lead();
        long began = now;
        through(N3, Phase.STOP);
        tickTo(began + TIMES.phaseLimitNs() - 1);
        assertThat(wanted()).isEmpty();
        tickTo(began + TIMES.phaseLimitNs());
        assertThat(wanted()).containsExactly(new LedgerEvent.MemberEvicted(N2,
                "RECOVERY-2 n2#1 did not pass STOP of group files, generation %d, within 30000 ms".formatted(
                        generation())));
        assertThat(out.news).contains(new RecoveryNews.Waiting(FILES, generation(), Phase.STOP, NodeSet.of(N2.node())));
    }

    @Test
    @DisplayName("R4 a leader that was away itself gives everybody a fresh chance")
    void aLeaderThatWasAwayItselfGivesAFreshChance() {
        running(N1, N2);
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        lead();
        now += 2 * TIMES.phaseLimitNs();
        coordinator.due(now, out);
        assertThat(wanted()).isEmpty();
    }

    @Test
    @DisplayName("H2 a leader that is asked what it wants before it noticed that it was away judges nobody by that time")
    void aLeaderThatWasAwayJudgesNobodyBeforeItNoticed() {
        running(N1, N2);
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        lead();
        now += 2 * TIMES.phaseLimitNs();
        assertThat(wanted()).isEmpty();
    }

    @Test
    @DisplayName("R4a when all are late, the leader puts out the others and stays: no version leaves nobody")
    void theLeaderIsNeverTheLastThatItPutsOut() {
        running(N1, N2);
        service.answersAtOnce = false;
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        lead();
        tickTo(now + TIMES.phaseLimitNs());
        assertThat(putOut()).containsExactly(N2, N3);
        through(N3, Phase.STOP);
        assertThat(putOut()).as("n3 stays").containsExactly(N2, N1);
        lose(N3);
        lose(N2);
        tickTo(now + TIMES.phaseLimitNs());
        assertThat(putOut()).as("n2 and n3 may still run, and would know no better than to wait for a leader").isEmpty();

        for (Departure departure : List.copyOf(chain.head().departures().values())) {
            agree(new LedgerEvent.FenceEvidenced(departure.intent().orElseThrow().id(), departure.who(),
                    EvidenceClass.POWER_OFF, "off", N1.node()));
        }
        assertThat(putOut()).as("whoever runs besides it was never in, and may lead (rule L11a)").containsExactly(N1);
    }

    private List<Incarnation> putOut() {
        return wanted().stream().map(event -> ((LedgerEvent.MemberEvicted) event).who()).toList();
    }

    @Test
    @DisplayName("R4 while the departed are not harmless nobody who is through STOP is put out")
    void waitingForAFenceIsNobodysFault() {
        running(N1, N2, N3);
        lead();
        lose(N3);
        through(N2, Phase.STOP);
        tickTo(now + 10 * TIMES.phaseLimitNs());
        assertThat(wanted()).isEmpty();
        assertThat(coordinator.waiting().getFirst().unharmed()).containsExactly(N3);
        assertThat(coordinator.waiting().getFirst().fact()).endsWith("not harmless yet: [n3#1]");
    }

    // ---------------------------------------------------------------- leaving

    @Test
    @DisplayName("R4 a group is closed when its participants gave it up and are through a last STOP")
    void aGroupIsClosedWhenItIsDrained() {
        running(N1, N2);
        follow();
        service.answersAtOnce = false;
        service.abandonsAtOnce = false;
        long g = generation();
        step(new RecoveryInput.CloseWanted(FILES));
        assertThat(service.calls).endsWith("abandon " + g);
        step(new RecoveryInput.Abandoned("dlm", FILES, g));
        assertThat(service.calls).endsWith("STOP " + g);
        assertThat(out.news).doesNotContain(new RecoveryNews.Closed(FILES));
        step(new RecoveryInput.Done("dlm", FILES, g, Phase.STOP));
        assertThat(out.news.getLast()).isEqualTo(new RecoveryNews.Closed(FILES));
        assertThat(out.sent).as("no word about a barrier").isEmpty();
    }

    @Test
    void aGroupThatThisNodeIsNotInIsClosedAtOnce() {
        step(new RecoveryInput.CloseWanted(FILES));
        assertThat(out.news).containsExactly(new RecoveryNews.Closed(FILES));
    }

    @Test
    @DisplayName("R3 a node that is put out gives everything up, and begins nothing new before that is answered")
    void aNodeThatIsPutOutGivesEverythingUp() {
        running(N1, N2);
        follow();
        service.abandonsAtOnce = false;
        long g = generation();
        agree(new LedgerEvent.GroupLeft(FILES, N1));
        assertThat(service.calls).endsWith("abandon " + g);
        agree(new LedgerEvent.PhaseReached(FILES, generation(), Phase.LOCKS));
        chain.running("files");
        agree(new LedgerEvent.GroupJoined(FILES, N1));
        assertThat(service.calls).endsWith("abandon " + g);
        step(new RecoveryInput.Abandoned("dlm", FILES, g));
        assertThat(service.calls).endsWith("STOP " + generation());
    }

    @Test
    void anEvictedNodeGivesEverythingUp() {
        running(N1, N2);
        follow();
        agree(new LedgerEvent.MemberEvicted(N1, "cut"), new LedgerEvent.GroupLost(FILES, N1));
        assertThat(service.calls).endsWith("abandon " + (generation() - 1));
    }
}
