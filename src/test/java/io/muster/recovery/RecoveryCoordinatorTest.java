package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.muster.base.BrokenInvariant;
import io.muster.base.Incarnation;
import io.muster.fence.Collected;
import io.muster.group.GroupNews;
import io.muster.ledger.Ballot;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Machine;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RecoveryCoordinatorTest extends CoordinatorRig {

    // ---------------------------------------------------------------- the order

    @Test
    @DisplayName("R1 000-23 000-24 STOP begins with the loss, LOCKS waits for evidence and for STOP on all")
    void locksWaitForStopOnAllAndForTheEvidence() {
        running(N1, N2, N3);
        lead();
        lose(N3);
        assertThat(service.calls).endsWith("STOP " + generation());
        assertThat(wanted()).as("n2 is not through").isEmpty();
        through(N2, Phase.STOP);
        assertThat(wanted()).as("n3 is not harmless").isEmpty();
        agree(new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.POWER_OFF, "off", N1.node()));
        assertThat(wanted()).containsExactly(new LedgerEvent.PhaseReached(FILES, generation(), Phase.LOCKS));
        assertThat(service.calls).endsWith("STOP " + generation());
        agreeOnWhatIsWanted();
        assertThat(service.calls).endsWith("LOCKS " + generation());
    }

    @Test
    @DisplayName("R1 evidence lets LOCKS be reached in a later version, never in its own")
    void evidenceAndLocksAreNotOneVersion() {
        running(N1, N2, N3);
        lead();
        lose(N3);
        through(N2, Phase.STOP);
        Draft draft = chain.draft();
        draft.add(new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.POWER_OFF, "off", N1.node()));
        coordinator.wants(draft, now);
        assertThat(draft.events()).hasSize(1);
    }

    @Test
    @DisplayName("001-26 all phases come in their order, each once, and then the group is recovered")
    void allPhasesComeInTheirOrder() {
        running(N1, N2, N3);
        lead();
        lose(N3);
        out.clear();
        service.calls.clear();
        agree(new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.POWER_OFF, "off", N1.node()));
        for (Phase phase : EnumSet.range(Phase.STOP, Phase.RESUME)) {
            through(N2, phase);
            agreeOnWhatIsWanted();
        }
        long g = generation();
        assertThat(service.calls).containsExactly("LOCKS " + g, "STRIPES " + g, "JOURNALS " + g, "RESUME " + g);
        assertThat(out.news.getLast()).isEqualTo(new RecoveryNews.Recovered(FILES, g));
        assertThat(coordinator.waiting()).isEmpty();
        assertThat(coordinator.deadline()).isEqualTo(Machine.NEVER);
    }

    @Test
    @DisplayName("R2 R9 words of an older generation, another phase, another life or a stranger pass no barrier")
    void otherWordsPassNoBarrier() {
        running(N1, N2, N3);
        lead();
        lose(N3);
        agree(new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.POWER_OFF, "off", N1.node()));
        hear(N2, new RecoveryMessage.Through(FILES, generation() - 1, Phase.STOP, true));
        hear(N2, new RecoveryMessage.Through(FILES, generation() + 1, Phase.STOP, true));
        hear(N2, new RecoveryMessage.Through(FILES, generation(), Phase.LOCKS, true));
        hear(N2, new RecoveryMessage.Through(LOCKS, generation(), Phase.STOP, true));
        hear(Incarnation.of(2, 2), new RecoveryMessage.Through(FILES, generation(), Phase.STOP, true));
        hear(N3, new RecoveryMessage.Through(FILES, generation(), Phase.STOP, true));
        assertThat(wanted()).isEmpty();
        through(N2, Phase.STOP);
        assertThat(wanted()).hasSize(1);
    }

    @Test
    @DisplayName("R2 several groups reach phases in one version")
    void severalGroupsReachPhasesInOneVersion() {
        agree(new LedgerEvent.GroupJoined(LOCKS, N1), new LedgerEvent.GroupJoined(FILES, N1));
        lead();
        assertThat(wanted()).extracting(event -> ((LedgerEvent.PhaseReached) event).group())
                .containsExactly(FILES, LOCKS);
    }

    @Test
    @DisplayName("R2 a barrier is not passed in a version in which the group loses a member")
    void aBarrierIsNotPassedInAVersionThatChangesTheGroup() {
        running(N1, N2);
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        lead();
        through(N2, Phase.STOP);
        through(N3, Phase.STOP);
        assertThat(wanted()).hasSize(1);
        Draft draft = chain.draft();
        draft.add(new LedgerEvent.MemberEvicted(N3, "silent"));
        draft.add(new LedgerEvent.GroupLost(FILES, N3));
        coordinator.wants(draft, now);
        assertThat(draft.events()).hasSize(2);
    }

    @Test
    @DisplayName("R9 000-24 nothing is resumed before the version that says so is applied")
    void nothingResumesBeforeItsVersionIsApplied() {
        running(N1, N2);
        follow();
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        for (Phase next : List.of(Phase.LOCKS, Phase.STRIPES, Phase.JOURNALS)) {
            agree(new LedgerEvent.PhaseReached(FILES, generation(), next));
        }
        assertThat(service.calls).endsWith("JOURNALS " + generation());
        agree(new LedgerEvent.PhaseReached(FILES, generation(), Phase.RESUME));
        assertThat(service.calls).endsWith("RESUME " + generation());
    }

    @Test
    void aLedgerThatIsTwoPhasesAheadOfThisNodeBreaksAnInvariant() {
        running(N1, N2);
        follow();
        service.answersAtOnce = false;
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        assertThatExceptionOfType(BrokenInvariant.class)
                .isThrownBy(() -> agree(new LedgerEvent.PhaseReached(FILES, generation(), Phase.LOCKS)))
                .withMessageContaining("waiting for [dlm]");
    }

    // ---------------------------------------------------------------- telling

    @Test
    void beingThroughIsToldUntilTheLedgerShowsTheNextPhase() {
        running(N1, N2);
        follow();
        out.clear();
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        now = coordinator.deadline();
        coordinator.due(now, out);
        RecoveryMessage stop = new RecoveryMessage.Through(FILES, generation(), Phase.STOP, true);
        assertThat(out.sent).containsExactly(
                new Collected.Sent(N2.node(), stop), new Collected.Sent(N2.node(), stop));
        agree(new LedgerEvent.PhaseReached(FILES, generation(), Phase.LOCKS));
        assertThat(out.messages()).endsWith(new RecoveryMessage.Through(FILES, generation(), Phase.LOCKS, true));
    }

    @Test
    @DisplayName("R2 001-27 a new leader starts its count anew and is told at once")
    void aNewLeaderStartsItsCountAnew() {
        running(N1, N2);
        agree(new LedgerEvent.GroupJoined(FILES, N3));
        lead();
        through(N2, Phase.STOP);
        through(N3, Phase.STOP);
        assertThat(wanted()).hasSize(1);
        chain.ballot = new Ballot(7, N2);
        step(new RecoveryInput.Agreed(new LedgerNews.NotLeading("n2 does")));
        out.clear();
        step(new RecoveryInput.Agreed(new LedgerNews.Following(chain.ballot)));
        assertThat(out.sent).containsExactly(
                new Collected.Sent(N2.node(), new RecoveryMessage.Through(FILES, generation(), Phase.STOP, true)));
        chain.ballot = new Ballot(8, N1);
        step(new RecoveryInput.Agreed(new LedgerNews.Leading(chain.ballot)));
        assertThat(wanted()).as("what was told in another turn").isEmpty();
    }

    @Test
    void theGroupManagersNewsOfTheSameStateChangesNothing() {
        running(N1);
        follow();
        int calls = service.calls.size();
        step(new RecoveryInput.Changed(new GroupNews.GroupChanged(chain.head().groups().get(FILES), 1)));
        step(new RecoveryInput.Changed(new GroupNews.GroupClosed(FILES)));
        assertThat(service.calls).hasSize(calls);
    }

    // ---------------------------------------------------------------- participants

    @Test
    void whoTakesNoPartInAPhaseIsThroughItAtOnce() {
        Scripted locksOnly = new Scripted("fs", EnumSet.of(Phase.STOP, Phase.JOURNALS));
        coordinator = new RecoveryCoordinator(N1, List.of(service, locksOnly, new Recorder()), TIMES, 0);
        running(N1);
        lead();
        assertThat(locksOnly.calls).containsExactly("STOP 1", "JOURNALS 1");
    }

    @Test
    void twoParticipantsOfOneNameAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() ->
                new RecoveryCoordinator(N1, List.of(new Recorder(), new Recorder()), TIMES, 0));
    }

    @Test
    @DisplayName("000-23 the recorder notes what a lock manager would be told, and keeps a bounded number of notes")
    void theRecorderNotesWhatItIsTold() {
        Recorder recorder = new Recorder();
        coordinator = new RecoveryCoordinator(N1, List.of(recorder), TIMES, 0);
        running(N1);
        assertThat(recorder.notes()).extracting(note -> ((Recorder.Began) note).phase())
                .containsExactly(Phase.STOP, Phase.LOCKS, Phase.STRIPES, Phase.JOURNALS, Phase.RESUME);
        for (int i = 0; i < Recorder.NOTES_LIMIT; i++) {
            recorder.abandon(FILES, i, new Collected<>());
        }
        assertThat(recorder.notes()).hasSize(Recorder.NOTES_LIMIT).first().isEqualTo(new Recorder.Forgot(FILES, 0));
    }
}
