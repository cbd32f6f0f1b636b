package io.muster.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.Ballot;
import io.muster.ledger.Departure;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FencerTest {

    private static final TimeBudget TIMES = TimeBudget.lan();
    private static final Incarnation N1 = Incarnation.of(1, 1);
    private static final Incarnation N2 = Incarnation.of(2, 1);
    private static final Incarnation N3 = Incarnation.of(3, 1);
    private static final GroupName FILES = new GroupName("files");

    private final Chain chain = Chain.of(3);
    private final Collected<FenceNews> out = new Collected<>();
    private Fencer fencer = fencer(N1, "power", "switch");
    private long now = 1_000;

    // ---------------------------------------------------------------- what is agreed

    @Test
    @DisplayName("F1 an eviction and the intent to fence go into one version")
    void anEvictionAndTheIntentToFenceGoIntoOneVersion() {
        lead();
        Draft draft = chain.draft();
        draft.add(new LedgerEvent.MemberEvicted(N3, "silent"));
        fencer.wants(draft, now);
        assertThat(draft.events()).containsExactly(
                new LedgerEvent.MemberEvicted(N3, "silent"),
                new LedgerEvent.FenceIntended(1, N3, "silent", chain.ballot));
    }

    @Test
    @DisplayName("F1 001-18 a new leader repeats what the former one left: a departure without intent, an intent without end")
    void aNewLeaderGoesOnWhereTheFormerOneDied() {
        chain.agree(new LedgerEvent.MemberEvicted(N3, "silent"),
                new LedgerEvent.FenceIntended(1, N3, "silent", chain.ballot));
        chain.agree(new LedgerEvent.MemberEvicted(N2, "died while it led"));
        chain.ballot = new Ballot(5, N1);
        lead();
        assertThat(chain.propose(now, fencer).events())
                .containsExactly(new LedgerEvent.FenceIntended(2, N2, "died while it led", chain.ballot));
        assertThat(acts()).extracting(Effect.Fence::victim).containsExactly(N3);
        applied();
        assertThat(acts()).extracting(Effect.Fence::victim).containsExactly(N3, N2);
    }

    @Test
    @DisplayName("F2 evidence is proposed with its class, its proof and who saw it, and for the agreed intent only")
    void evidenceIsProposedForTheAgreedIntent() {
        openFence();
        ends(acts().getLast(), "power-off", "off, read back");
        assertThat(chain.propose(now, fencer).events()).containsExactly(new LedgerEvent.FenceEvidenced(
                1, N3, EvidenceClass.POWER_OFF, "off, read back", N1.node()));
        applied();
        assertThat(fencer.openFences()).isEmpty();
        assertThat(chain.propose(now, fencer).version()).as("nothing more is wanted").isEqualTo(chain.head().version());
    }

    @Test
    void aWordThatIsNoEvidenceClassCountsAsFailure() {
        openFence();
        ends(acts().getLast(), "surely-gone", "trust me");
        assertThat(wanted()).isEmpty();
        assertThat(out.news.getLast()).isEqualTo(new FenceNews.TryFailed(
                1, N3, "power", N1.node(), 1, "\"surely-gone\" is no evidence a device can give: trust me"));
    }

    @Test
    void aDeviceCannotClaimThatAPersonSaidSo() {
        openFence();
        ends(acts().getLast(), EvidenceClass.ACKNOWLEDGED.label(), "ok");
        assertThat(wanted()).isEmpty();
    }

    // ---------------------------------------------------------------- who acts, when, and again

    @Test
    @DisplayName("F1 000-20 nobody acts before the intent is in the applied state")
    void nobodyActsBeforeTheIntentIsApplied() {
        lead();
        Draft draft = chain.draft();
        draft.add(new LedgerEvent.MemberEvicted(N3, "silent"));
        fencer.wants(draft, now);
        chain.append(draft);
        assertThat(acts()).isEmpty();
        applied();
        assertThat(acts()).hasSize(1);
    }

    @Test
    @DisplayName("F1 F8 an actor that is asked before it has applied the intent waits until it has")
    void anActorWaitsForTheIntent() {
        become(N2);
        tell(N1, new FenceMessage.Act(chain.ballot, N2, 1, 1, "power"));
        assertThat(acts()).isEmpty();
        evictN3();
        assertThat(acts()).hasSize(1);
    }

    @Test
    @DisplayName("F8 an act begins only within the acting lease")
    void anActBeginsOnlyWithinTheActingLease() {
        lead();
        step(new FenceInput.ActUntil(now));
        evictN3();
        assertThat(acts()).isEmpty();
        step(new FenceInput.ActUntil(now + 1));
        assertThat(acts()).hasSize(1);
    }

    @Test
    @DisplayName("F8 who is not a member does not act")
    void whoIsNotAMemberDoesNotAct() {
        become(N2);
        evictN3();
        chain.agree(new LedgerEvent.MemberEvicted(N2, "too"));
        applied();
        tell(N1, new FenceMessage.Act(chain.ballot, N2, 1, 1, "power"));
        assertThat(acts()).isEmpty();
    }

    @Test
    void methodsAndActorsRotateWithoutEndAndThePauseDoublesToItsBound() {
        openFence();
        long pauseNs = TIMES.fenceRetryNs();
        for (int attempt = 1; attempt <= 40; attempt++) {
            boolean byLeader = (attempt - 1) / 2 % 2 == 0;
            String method = attempt % 2 == 1 ? "power" : "switch";
            if (byLeader) {
                assertThat(acts().getLast().method()).isEqualTo(method);
                step(new FenceInput.Completed(new Completion.FenceEnded(acts().getLast().ticket(), Optional.empty(), "no")));
            } else {
                assertThat(out.sent.getLast()).isEqualTo(new Collected.Sent(
                        N2.node(), new FenceMessage.Act(chain.ballot, N2, 1, attempt, method)));
                tell(N2, new FenceMessage.Acted(chain.ballot, 1, attempt, Optional.empty(), "no"));
            }
            OpenFence open = fencer.openFences().getFirst();
            assertThat(open.waitingFor()).isEqualTo(OpenFence.WaitingFor.PAUSE);
            assertThat(open.nextTryAt()).isEqualTo(now + pauseNs).isEqualTo(fencer.deadline());
            assertThat(open.lastAnswer()).isEqualTo("no");
            out.clear();
            now += pauseNs - 1;
            fencer.due(now, out);
            assertThat(out.effects.size() + out.sent.size()).as("nothing before its time").isZero();
            now += 1;
            fencer.due(now, out);
            pauseNs = Math.min(2 * pauseNs, TimeBudget.FENCE_RETRY_MAX_NS);
        }
        assertThat(pauseNs).isEqualTo(TimeBudget.FENCE_RETRY_MAX_NS);
    }

    @Test
    void aRemoteActorIsAskedAgainUntilItAnswersAndAnswersAgainWhenAskedAgain() {
        openFence();
        remoteTry();
        FenceMessage.Act act = (FenceMessage.Act) out.sent.getLast().message();
        out.clear();
        for (int i = 0; i < 3; i++) {
            now += TIMES.askNs();
            fencer.due(now, out);
        }
        assertThat(out.messages()).containsExactly(act, act, act);

        Fencer actor = fencer(N2, "power", "switch");
        Collected<FenceNews> there = new Collected<>();
        actor.step(new FenceInput.ActUntil(Long.MAX_VALUE), now, there);
        actor.step(new FenceInput.Agreed(chain.news()), now, there);
        for (int i = 0; i < 3; i++) {
            actor.step(new FenceInput.Arrived(N1, act), now, there);
        }
        assertThat(there.effects).as("one running effect for an intent").hasSize(1);
        actor.step(new FenceInput.Completed(new Completion.FenceEnded(
                there.effects.getFirst().ticket(), Optional.of("power-off"), "off")), now, there);
        actor.step(new FenceInput.Arrived(N1, act), now, there);
        FenceMessage acted = new FenceMessage.Acted(chain.ballot, 1, act.attempt(), Optional.of("power-off"), "off");
        assertThat(there.messages()).containsExactly(acted, acted);
        assertThat(there.effects).hasSize(1);
    }

    @Test
    void noAnswerWithinTheLimitCountsAsFailedAndIsFollowedByTheNextTry() {
        openFence();
        remoteTry();
        now += TIMES.fenceLimitNs() + 2 * TIMES.askNs();
        fencer.due(now, out);
        assertThat(out.news.getLast()).isEqualTo(new FenceNews.TryFailed(
                1, N3, "power", N2.node(), 3, "no answer from n2 within 20400 ms"));
    }

    @Test
    @DisplayName("F2 a late result of an older try still counts: it was observed after the intent was agreed")
    void aLateResultOfAnOlderTryStillCounts() {
        openFence();
        remoteTry();
        now += TIMES.fenceLimitNs() + 2 * TIMES.askNs();
        fencer.due(now, out);
        tell(N2, new FenceMessage.Acted(chain.ballot, 1, 3, Optional.of("power-off"), "slow but off"));
        assertThat(wanted()).containsExactly(new LedgerEvent.FenceEvidenced(
                1, N3, EvidenceClass.POWER_OFF, "slow but off", N2.node()));
    }

    @Test
    @DisplayName("F2 a result of another ballot, of another life or of nobody's asking is no evidence")
    void aResultThatThisLeaderDidNotAskForIsNoEvidence() {
        openFence();
        Optional<String> off = Optional.of("power-off");
        tell(N2, new FenceMessage.Acted(new Ballot(9, N2), 1, 1, off, "off"));
        tell(N2, new FenceMessage.Acted(chain.ballot, 1, 99, off, "off"));
        tell(N2, new FenceMessage.Acted(chain.ballot, 7, 1, off, "off"));
        tell(Incarnation.of(2, 5), new FenceMessage.Acted(chain.ballot, 1, 1, off, "off"));
        assertThat(wanted()).isEmpty();
    }

    @Test
    void anActorThatGoesOutOfTheClusterIsNotWaitedFor() {
        openFence();
        remoteTry();
        chain.agree(new LedgerEvent.MemberEvicted(N2, "silent"));
        applied();
        assertThat(out.news.getLast()).isEqualTo(new FenceNews.TryFailed(
                1, N3, "power", N2.node(), 3, "n2#1 went out of the cluster"));
    }

    @Test
    void aMethodThatTheActorDoesNotHaveIsAnAnswerAndNotAnEffect() {
        become(N2);
        evictN3();
        tell(N1, new FenceMessage.Act(chain.ballot, N2, 1, 1, "rm -rf"));
        assertThat(acts()).isEmpty();
        assertThat(out.messages()).containsExactly(new FenceMessage.Acted(
                chain.ballot, 1, 1, Optional.empty(), "n2 has no fence method \"rm -rf\" for n3"));
    }

    // ---------------------------------------------------------------- no late act

    @Test
    @DisplayName("F7 an actor runs one try at a time, so its later answer says that its older try has ended too")
    void aLaterAnswerOfAnActorEndsItsOlderTryToo() {
        openFence();
        remoteTry();
        now += TIMES.fenceLimitNs() + 2 * TIMES.askNs();
        fencer.due(now, out);
        now = fencer.deadline();
        fencer.due(now, out);
        tell(N2, new FenceMessage.Acted(chain.ballot, 1, 4, Optional.empty(), "no"));
        now = fencer.deadline();
        fencer.due(now, out);
        ends(acts().getLast(), "power-off", "off");
        assertThat(wanted()).hasSize(1);
    }

    @Test
    @DisplayName("F7 a try that was told and never answered is recalled before the evidence is proposed")
    void aTryWithoutAnswerIsRecalledFirst() {
        openFence();
        remoteTry();
        tell(N2, new FenceMessage.Acknowledge(1, chain.head().departures().get(N3).intent().orElseThrow().agreedAt(),
                "ada", "off"));
        out.clear();
        fencer.due(now, out);
        assertThat(wanted()).isEmpty();
        assertThat(fencer.openFences().getFirst().waitingFor()).isEqualTo(OpenFence.WaitingFor.ACTOR);
        now = fencer.deadline();
        fencer.due(now, out);
        assertThat(out.messages()).contains(new FenceMessage.Cease(chain.ballot, 1, 3));
        tell(N2, new FenceMessage.Ceased(chain.ballot, 1, 3));
        assertThat(wanted()).hasSize(1);
    }

    @Test
    @DisplayName("F7 an actor that was recalled begins nothing any more, and answers when its running try has ended")
    void anActorThatWasRecalledBeginsNothing() {
        become(N2);
        evictN3();
        FenceMessage.Act act = new FenceMessage.Act(chain.ballot, N2, 1, 1, "power");
        tell(N1, act);
        tell(N1, new FenceMessage.Cease(chain.ballot, 1, 2));
        assertThat(out.messages()).isEmpty();
        ends(acts().getLast(), "power-off", "off");
        assertThat(out.messages()).endsWith(new FenceMessage.Ceased(chain.ballot, 1, 2));
        tell(N1, act);
        tell(N1, new FenceMessage.Act(chain.ballot, N2, 1, 2, "switch"));
        assertThat(acts()).hasSize(1);
        tell(N1, new FenceMessage.Act(chain.ballot, N2, 1, 3, "switch"));
        assertThat(acts()).as("a newer order is a new decision").hasSize(2);
    }

    @Test
    @DisplayName("F7 a new leader asks all members, because the former one may have asked any of them")
    void aNewLeaderRecallsWhatTheFormerOneMayHaveAsked() {
        chain.ballot = new Ballot(1, N2);
        evictN3();
        chain.ballot = new Ballot(2, N1);
        lead();
        ends(acts().getLast(), "power-off", "off");
        assertThat(wanted()).isEmpty();
        assertThat(out.sent).contains(
                new Collected.Sent(N2.node(), new FenceMessage.Cease(chain.ballot, 1, 1)));
        tell(N2, new FenceMessage.Ceased(chain.ballot, 1, 1));
        assertThat(wanted()).hasSize(1);
    }

    @Test
    @DisplayName("F7 an order that a former life of this node was given is not carried out by this one")
    void anOrderToAFormerLifeIsNotCarriedOut() {
        become(N2);
        evictN3();
        tell(N1, new FenceMessage.Act(chain.ballot, Incarnation.of(2, 9), 1, 1, "power"));
        assertThat(acts()).isEmpty();
    }

    // ---------------------------------------------------------------- people

    @Test
    void aNodeWithoutAMethodWaitsForAPersonAndSaysSo() {
        fencer = fencer(N1);
        openFence();
        OpenFence open = fencer.openFences().getFirst();
        assertThat(acts()).isEmpty();
        assertThat(open.waitingFor()).isEqualTo(OpenFence.WaitingFor.PERSON);
        assertThat(open.code()).isEqualTo(FaultCode.FENCE_2);
        assertThat(open.fact()).contains("n3").contains("muster fence ack n3");
    }

    @Test
    void theManualMethodNeverRuns() {
        fencer = fencer(N1, Fencer.MANUAL);
        openFence();
        assertThat(acts()).isEmpty();
        assertThat(fencer.openFences().getFirst().waitingFor()).isEqualTo(OpenFence.WaitingFor.PERSON);
    }

    @Test
    void aPersonsWordIsEvidenceThatNamesThePerson() {
        fencer = fencer(N1, Fencer.MANUAL);
        openFence();
        step(new FenceInput.AcknowledgeWanted(N3.node(), "ada", "pulled the plug"));
        assertThat(wanted()).containsExactly(new LedgerEvent.FenceEvidenced(
                1, N3, EvidenceClass.ACKNOWLEDGED, "acknowledged by ada: pulled the plug", N1.node()));
    }

    @Test
    void aPersonsWordIsToldToTheLeaderUntilTheStateShowsIt() {
        become(N2);
        evictN3();
        out.clear();
        step(new FenceInput.AcknowledgeWanted(N3.node(), "ada", "off"));
        now = fencer.deadline();
        fencer.due(now, out);
        FenceMessage word = new FenceMessage.Acknowledge(1, chain.head().version(), "ada", "off");
        assertThat(out.messages()).containsExactly(word, word);
        evidence();
        assertThat(fencer.deadline()).isEqualTo(Machine.NEVER);
    }

    @Test
    void thereIsNothingToAcknowledgeWithoutAnOpenFence() {
        lead();
        assertThat(fencer.hasOpenFence(N3.node())).isFalse();
        step(new FenceInput.AcknowledgeWanted(N3.node(), "ada", "just in case"));
        evictN3();
        assertThat(fencer.hasOpenFence(N3.node())).isTrue();
        assertThat(wanted()).as("a word is about a fence that was open when it was said").isEmpty();
    }

    @Test
    @DisplayName("F4 a person's word from before a contradiction does not count after it")
    void anOldWordDoesNotCountAfterAContradiction() {
        inGroupAndFenced();
        FenceMessage.Acknowledge old = new FenceMessage.Acknowledge(1, intentAgreedAt(), "ada", "off");
        heard(N3);
        chain.propose(now, fencer);
        applied();
        tell(N2, old);
        assertThat(wanted()).isEmpty();
    }

    // ---------------------------------------------------------------- contradiction

    @Test
    @DisplayName("F4 fresh signs of that life after the evidence void it, recovery starts over and the fence goes on")
    void signsOfLifeVoidTheEvidence() {
        inGroupAndFenced();
        chain.agree(new LedgerEvent.PhaseReached(FILES, chain.head().groups().get(FILES).generation(), Phase.LOCKS));
        applied();
        long generation = chain.head().groups().get(FILES).generation();
        int before = acts().size();
        heard(N3);
        assertThat(wanted()).containsExactly(new LedgerEvent.FenceVoided(
                1, N3, "n3#1 is heard although it was made harmless"));
        chain.propose(now, fencer);
        applied();
        assertThat(chain.head().groups().get(FILES).phase()).isEqualTo(Phase.STOP);
        assertThat(chain.head().groups().get(FILES).generation()).isEqualTo(generation + 1);
        assertThat(acts()).as("tried again at once").hasSize(before + 1);
        ends(acts().getLast(), "power-off", "off, really");
        assertThat(wanted()).hasSize(1);
    }

    @Test
    @DisplayName("F4 a life that never falls silent after its evidence contradicts it too")
    void aLifeThatNeverFallsSilentContradictsItsEvidence() {
        heard(N3);
        inGroupAndFenced();
        assertThat(wanted()).as("it may just have died").isEmpty();
        now += 2 * TIMES.silenceNs() - 1;
        fencer.due(now, out);
        assertThat(wanted()).isEmpty();
        now += 1;
        assertThat(fencer.deadline()).isEqualTo(now);
        fencer.due(now, out);
        assertThat(wanted()).hasSize(1);
    }

    @Test
    @DisplayName("F4 a life that falls silent in time, or an own pause, contradicts nothing")
    void silenceInTimeOrAnOwnPauseContradictsNothing() {
        heard(N3);
        inGroupAndFenced();
        now += 2 * TIMES.silenceNs() - 1;
        step(new FenceInput.Heard(new HeartbeatNews.SelfPaused(TIMES.silenceNs())));
        now += TIMES.silenceNs();
        fencer.due(now, out);
        assertThat(wanted()).isEmpty();
        step(new FenceInput.Heard(new HeartbeatNews.PeerLost(N3, "silent", 1)));
        now += 10 * TIMES.silenceNs();
        fencer.due(now, out);
        assertThat(wanted()).isEmpty();
    }

    @Test
    @DisplayName("F4 what a follower hears is told to the leader until the state shows it, and voids there")
    void whatAFollowerHearsVoidsOnTheLeader() {
        become(N2);
        chain.joined("files", N3);
        chain.joined("files", N2);
        evictN3();
        evidence();
        out.clear();
        heard(N3);
        now = fencer.deadline();
        fencer.due(now, out);
        FenceMessage report = new FenceMessage.SignsOfLife(N3, chain.head().version());
        assertThat(out.messages()).containsExactly(report, report);

        Fencer leader = fencer(N1, "power");
        Collected<FenceNews> there = new Collected<>();
        leader.step(new FenceInput.Agreed(chain.news()), now, there);
        leader.step(new FenceInput.Agreed(new LedgerNews.Leading(chain.ballot)), now, there);
        leader.step(new FenceInput.Arrived(N2, new FenceMessage.SignsOfLife(N3, 1)), now, there);
        Draft draft = chain.draft();
        leader.wants(draft, now);
        assertThat(draft.events()).as("about older evidence").isEmpty();
        leader.step(new FenceInput.Arrived(N2, report), now, there);
        leader.wants(draft, now);
        assertThat(draft.events()).hasSize(1);
    }

    @Test
    @DisplayName("F4 a result observed before the victim was heard again is not proposed")
    void aResultFromBeforeTheVictimWasHeardAgainIsNotProposed() {
        openFence();
        Effect.Fence first = acts().getLast();
        heard(N3);
        ends(first, "power-off", "off");
        assertThat(wanted()).isEmpty();
        assertThat(acts()).as("tried again at once").hasSize(2);
        ends(acts().getLast(), "power-off", "off");
        assertThat(wanted()).hasSize(1);
        heard(N3);
        assertThat(wanted()).as("evidence in hand is dropped as well").isEmpty();
    }

    // ---------------------------------------------------------------- the rig

    private static Fencer fencer(Incarnation self, String... methods) {
        SortedMap<NodeId, List<String>> all = new TreeMap<>();
        for (int i = 1; i <= 3; i++) {
            all.put(NodeId.of(i), List.of(methods));
        }
        return new Fencer(self, all, TIMES, 0);
    }

    private void step(FenceInput input) {
        fencer.step(input, now, out);
    }

    private void tell(Incarnation from, FenceMessage message) {
        step(new FenceInput.Arrived(from, message));
    }

    private void applied() {
        step(new FenceInput.Agreed(chain.news()));
    }

    private void lead() {
        step(new FenceInput.ActUntil(Long.MAX_VALUE));
        applied();
        step(new FenceInput.Agreed(new LedgerNews.Leading(chain.ballot)));
    }

    /** A follower of n1. */
    private void become(Incarnation who) {
        fencer = fencer(who, "power", "switch");
        step(new FenceInput.ActUntil(Long.MAX_VALUE));
        applied();
        step(new FenceInput.Agreed(new LedgerNews.Following(chain.ballot)));
    }

    private void evictN3() {
        chain.agree(new LedgerEvent.MemberEvicted(N3, "silent"),
                new LedgerEvent.FenceIntended(1, N3, "silent", chain.ballot));
        if (chain.head().groups().containsKey(FILES)) {
            chain.agree(new LedgerEvent.GroupLost(FILES, N3));
        }
        applied();
    }

    private void openFence() {
        lead();
        evictN3();
    }

    /** Two tries by the leader fail; the third is told to n2. */
    private void remoteTry() {
        for (int i = 0; i < 2; i++) {
            step(new FenceInput.Completed(new Completion.FenceEnded(acts().getLast().ticket(), Optional.empty(), "no")));
            now = fencer.deadline();
            fencer.due(now, out);
        }
    }

    private void evidence() {
        chain.agree(new LedgerEvent.FenceEvidenced(1, N3, EvidenceClass.POWER_OFF, "off", N1.node()));
        applied();
    }

    /** n3 was in a group with n2, is out, and is believed to be off. */
    private void inGroupAndFenced() {
        chain.joined("files", N3);
        chain.joined("files", N2);
        openFence();
        ends(acts().getLast(), "power-off", "off");
        chain.propose(now, fencer);
        applied();
    }

    private void heard(Incarnation who) {
        step(new FenceInput.Heard(new HeartbeatNews.PeerHeard(who)));
    }

    private void ends(Effect.Fence act, String label, String proof) {
        step(new FenceInput.Completed(new Completion.FenceEnded(act.ticket(), Optional.of(label), proof)));
    }

    private List<Effect.Fence> acts() {
        return out.effects.stream().map(effect -> (Effect.Fence) effect).toList();
    }

    private List<LedgerEvent> wanted() {
        Draft draft = chain.draft();
        fencer.wants(draft, now);
        return draft.events();
    }

    private long intentAgreedAt() {
        Departure departure = chain.head().departures().get(N3);
        return departure.intent().orElseThrow().agreedAt();
    }
}
