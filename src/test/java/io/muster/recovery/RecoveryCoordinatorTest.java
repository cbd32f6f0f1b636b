package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.muster.base.BrokenInvariant;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.fence.Chain;
import io.muster.fence.Collected;
import io.muster.group.GroupNews;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Machine;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RecoveryCoordinatorTest {

    private static final TimeBudget TIMES = TimeBudget.lan();
    private static final Incarnation N1 = Incarnation.of(1, 1);
    private static final Incarnation N2 = Incarnation.of(2, 1);
    private static final Incarnation N3 = Incarnation.of(3, 1);
    private static final GroupName FILES = new GroupName("files");
    private static final GroupName LOCKS = new GroupName("locks");

    private final Chain chain = Chain.of(3);
    private final Collected<RecoveryNews> out = new Collected<>();
    private final Scripted service = Scripted.everywhere("dlm");
    private RecoveryCoordinator coordinator = new RecoveryCoordinator(N1, List.of(service), TIMES, 0);
    private long now = 1_000;

    // ---------------------------------------------------------------- the order

    @Test
    @DisplayName("R1 000-23 000-24 STOP begins with the loss, LOCKS not before the evidence is agreed and all are through STOP")
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
        hear(N2, new RecoveryMessage.Through(FILES, generation() - 1, Phase.STOP));
        hear(N2, new RecoveryMessage.Through(FILES, generation() + 1, Phase.STOP));
        hear(N2, new RecoveryMessage.Through(FILES, generation(), Phase.LOCKS));
        hear(N2, new RecoveryMessage.Through(LOCKS, generation(), Phase.STOP));
        hear(Incarnation.of(2, 2), new RecoveryMessage.Through(FILES, generation(), Phase.STOP));
        hear(N3, new RecoveryMessage.Through(FILES, generation(), Phase.STOP));
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
        RecoveryMessage stop = new RecoveryMessage.Through(FILES, generation(), Phase.STOP);
        assertThat(out.sent).containsExactly(
                new Collected.Sent(N2.node(), stop), new Collected.Sent(N2.node(), stop));
        agree(new LedgerEvent.PhaseReached(FILES, generation(), Phase.LOCKS));
        assertThat(out.messages()).endsWith(new RecoveryMessage.Through(FILES, generation(), Phase.LOCKS));
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
                new Collected.Sent(N2.node(), new RecoveryMessage.Through(FILES, generation(), Phase.STOP)));
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

    // ---------------------------------------------------------------- a new generation

    @Test
    @DisplayName("R3 a new generation begins only when every participant has given the older one up; late answers mean nothing")
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
        assertThat(out.messages()).containsExactly(new RecoveryMessage.Through(FILES, generation(), Phase.STOP));
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
                "RECOVERY-2 n2#1 did not pass STOP of group files, generation %d, within 30000 ms".formatted(generation())));
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

    // ---------------------------------------------------------------- the rig

    private void step(RecoveryInput input) {
        coordinator.step(input, now, out);
    }

    private void hear(Incarnation from, RecoveryMessage message) {
        step(new RecoveryInput.Arrived(from, message));
    }

    private void through(Incarnation who, Phase phase) {
        hear(who, new RecoveryMessage.Through(FILES, generation(), phase));
    }

    private void agree(LedgerEvent... events) {
        chain.agree(events);
        step(new RecoveryInput.Agreed(chain.news()));
    }

    private void agreeOnWhatIsWanted() {
        chain.propose(now, coordinator);
        step(new RecoveryInput.Agreed(chain.news()));
    }

    private List<LedgerEvent> wanted() {
        Draft draft = chain.draft();
        coordinator.wants(draft, now);
        return draft.events();
    }

    private long generation() {
        return chain.head().groups().get(FILES).generation();
    }

    private void lead() {
        step(new RecoveryInput.Agreed(chain.news()));
        step(new RecoveryInput.Agreed(new LedgerNews.Leading(chain.ballot)));
    }

    /** n2 leads; what was said before is forgotten. */
    private void follow() {
        chain.ballot = new Ballot(2, N2);
        step(new RecoveryInput.Agreed(new LedgerNews.Following(chain.ballot)));
        out.clear();
    }

    /** The group has these members and runs; this node saw every version of it. */
    private void running(Incarnation... members) {
        for (Incarnation who : members) {
            agree(new LedgerEvent.GroupJoined(FILES, who));
            for (Phase next : List.of(Phase.LOCKS, Phase.STRIPES, Phase.JOURNALS, Phase.RESUME, Phase.RUNNING)) {
                agree(new LedgerEvent.PhaseReached(FILES, generation(), next));
            }
        }
    }

    private void lose(Incarnation who) {
        long intent = chain.head().nextIntent();
        agree(new LedgerEvent.MemberEvicted(who, "silent"),
                new LedgerEvent.FenceIntended(intent, who, "silent", chain.ballot),
                new LedgerEvent.GroupLost(FILES, who));
    }

    /** Calls {@code due} whenever it is wanted, as a driver does. */
    private void tickTo(long until) {
        while (coordinator.deadline() <= until) {
            now = Math.max(now, coordinator.deadline());
            coordinator.due(now, out);
        }
        now = until;
    }

    /**
     * n3 dies, recovery gets into a phase, there n2 dies too, and recovery goes to its end.
     *
     * @param answered whether the participant had answered the phase when n2 died
     * @return what the participant has built in the end
     */
    private List<String> builtAfterSecondDeath(Phase phase, boolean answered, boolean abandonsAtOnce) {
        Chain own = Chain.of(3);
        Scripted participant = Scripted.everywhere("dlm");
        RecoveryCoordinator one = new RecoveryCoordinator(N1, List.of(participant), TIMES, 0);
        Collected<RecoveryNews> said = new Collected<>();
        ClusterState empty = own.head();
        for (Incarnation who : List.of(N1, N2, N3)) {
            own.joined("files", who);
        }
        loseOn(own, N3, 1);
        one.step(new RecoveryInput.Agreed(new LedgerNews.Applied(empty, own.head(), List.of(), true)), now, said);
        own.agree(new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.POWER_OFF, "off", N1.node()));
        one.step(new RecoveryInput.Agreed(own.news()), now, said);
        long g = own.head().groups().get(FILES).generation();
        for (Phase next = Phase.STOP; next != phase; ) {
            next = next.next();
            participant.answersAtOnce = next != phase || answered;
            own.agree(new LedgerEvent.PhaseReached(FILES, g, next));
            one.step(new RecoveryInput.Agreed(own.news()), now, said);
        }
        participant.answersAtOnce = true;
        participant.abandonsAtOnce = abandonsAtOnce;
        loseOn(own, N2, 2);
        one.step(new RecoveryInput.Agreed(own.news()), now, said);
        if (!abandonsAtOnce) {
            one.step(new RecoveryInput.Done("dlm", FILES, g, phase), now, said);
            one.step(new RecoveryInput.Abandoned("dlm", FILES, g), now, said);
        }
        finishOn(own, one);
        return participant.built;
    }

    private static void loseOn(Chain chain, Incarnation who, long intent) {
        chain.agree(new LedgerEvent.MemberEvicted(who, "silent"),
                new LedgerEvent.FenceIntended(intent, who, "silent", chain.ballot),
                new LedgerEvent.GroupLost(FILES, who));
    }

    private void finishOn(Chain chain, RecoveryCoordinator one) {
        for (var departure : List.copyOf(chain.head().departures().values())) {
            if (!departure.harmless()) {
                chain.agree(new LedgerEvent.FenceEvidenced(departure.intent().orElseThrow().id(), departure.who(),
                        EvidenceClass.POWER_OFF, "off", N1.node()));
            }
        }
        one.step(new RecoveryInput.Agreed(chain.news()), now, new Collected<>());
        for (Group group = chain.head().groups().get(FILES); group.phase() != Phase.RUNNING; ) {
            chain.agree(new LedgerEvent.PhaseReached(FILES, group.generation(), group.phase().next()));
            one.step(new RecoveryInput.Agreed(chain.news()), now, new Collected<>());
            group = chain.head().groups().get(FILES);
        }
    }
}
