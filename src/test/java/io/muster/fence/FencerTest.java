package io.muster.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.TimeBudget;
import io.muster.ledger.Ballot;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.LedgerEvent;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FencerTest extends FencerRig {

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
    @DisplayName("F1 001-18 a new leader repeats what the former one left: departures, intents")
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
                fails(acts().getLast());
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
                chain.ballot, 1, 1, Optional.of("unseen"), "n2 has no fence method \"rm -rf\" for n3"));
    }
}
