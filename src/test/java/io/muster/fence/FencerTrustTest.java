package io.muster.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.Ballot;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FencerTrustTest extends FencerRig {

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

    @Test
    @DisplayName("F7 a leader that applies a version of a higher ballot begins nothing for the intents in it")
    void aLeaderOfALowerBallotBeginsNothing() {
        lead();
        chain.ballot = new Ballot(2, N2);
        evictN3();
        assertThat(acts()).isEmpty();
        assertThat(wanted()).isEmpty();
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
        assertThat(fencer.openFences().getFirst().waitingFor()).isEqualTo(OpenFence.WaitingFor.DEVICE);
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
        silent(N3);
        ends(acts().getLast(), "power-off", "off, really");
        assertThat(wanted()).hasSize(1);
    }

    @Test
    @DisplayName("F4 evidence about a life that is heard is not believed until it falls silent, else the fence goes on")
    void evidenceAboutALifeThatIsHeardIsNotBelieved() {
        openFence();
        ends(acts().getLast(), "power-off", "off");
        assertThat(wanted()).hasSize(1);
        heard(N3);
        assertThat(wanted()).as("dropped").isEmpty();
        ends(acts().getLast(), "power-off", "off");
        assertThat(wanted()).as("it may just have died").isEmpty();
        now += 2 * TIMES.silenceNs() - 1;
        fencer.due(now, out);
        assertThat(fencer.openFences().getFirst().attempt()).isEqualTo(2);
        now += 1;
        assertThat(fencer.deadline()).isEqualTo(now);
        fencer.due(now, out);
        assertThat(fencer.openFences().getFirst().attempt()).as("tried again").isEqualTo(3);
    }

    @Test
    @DisplayName("F4 evidence about a life that falls silent in time is believed; an own pause does not count as time")
    void evidenceAboutALifeThatFallsSilentIsBelieved() {
        openFence();
        heard(N3);
        ends(acts().getLast(), "power-off", "from before it was heard");
        ends(acts().getLast(), "power-off", "off");
        int before = acts().size();
        now += 2 * TIMES.silenceNs() - 1;
        step(new FenceInput.Heard(new HeartbeatNews.SelfPaused(TIMES.silenceNs())));
        now += TIMES.silenceNs();
        fencer.due(now, out);
        assertThat(acts()).hasSize(before);
        assertThat(wanted()).isEmpty();
        silent(N3);
        assertThat(wanted()).hasSize(1);
    }

    private void silent(Incarnation who) {
        step(new FenceInput.Heard(new HeartbeatNews.PeerLost(who, "silent", 1)));
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
        assertThat(fencer.openFences().getFirst().waitingFor()).isEqualTo(OpenFence.WaitingFor.DEVICE);
        assertThat(acts()).as("tried again at once").hasSize(2);
        ends(acts().getLast(), "power-off", "off");
        silent(N3);
        assertThat(wanted()).hasSize(1);
        heard(N3);
        assertThat(wanted()).as("evidence in hand is dropped as well").isEmpty();
    }
}
