package io.muster.fence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.Ballot;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.LedgerEvent;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.FenceOperation;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FencerLevelsTest extends FencerRig {

    private static final Incarnation NEWER_N3 = Incarnation.of(3, 2);
    private static final HostProcess OTHER_BOOT = new HostProcess("h3", "boot-2", "ns", 40, 1);

    private Fencer with(Incarnation self, FenceLimits limits, List<String> unfence, FenceLevel... levels) {
        TreeMap<NodeId, FencePlan> plans = new TreeMap<>();
        for (int i = 1; i <= 3; i++) {
            plans.put(NodeId.of(i), new FencePlan(List.of(levels), 0, 0, 0, i == 3 ? unfence : List.of(), true));
        }
        TreeMap<String, FenceDevice> devices = new TreeMap<>();
        for (String name : List.of("psu-a", "psu-b", "outlet")) {
            devices.put(name, new FenceDevice(name, false, true, true, false));
        }
        devices.put("process", new FenceDevice("process", true, true, false, false));
        return new Fencer(self, new Fencing(plans, devices, limits), TIMES, 0, new Prng(1), HostProcess.UNKNOWN);
    }

    private void open(FenceLimits limits, FenceLevel... levels) {
        fencer = with(N1, limits, List.of(), levels);
        openFence();
    }

    private void off() {
        ends(acts().getLast(), "power-off", "reads off");
    }

    private void answer(String label) {
        step(new FenceInput.Completed(new Completion.FenceEnded(acts().getLast().ticket(), Optional.of(label), "so it is")));
    }

    // ---------------------------------------------------------------- levels

    @Test
    @DisplayName("F2: nothing is proposed before the last device was read again; then, and not before, power is given back")
    void aLevelIsEvidenceOnlyAsAWhole() {
        open(FenceLimits.NONE, FenceLevel.of("psu-a", "psu-b"));
        for (int i = 0; i < 3; i++) {
            off();
            assertThat(wanted()).isEmpty();
        }
        off();
        assertThat(wanted()).hasSize(1);
        assertThat(acts()).extracting(Effect.Fence::operation).containsExactly(
                FenceOperation.OFF, FenceOperation.OFF, FenceOperation.READ, FenceOperation.READ);
        chain.propose(now, fencer);
        applied();
        assertThat(acts().subList(4, 6)).extracting(Effect.Fence::method, Effect.Fence::operation).containsExactly(
                tuple("psu-a", FenceOperation.ON),
                tuple("psu-b", FenceOperation.ON));
        fails(acts().get(4));
        fails(acts().get(5));
        assertThat(acts()).as("giving back is tried once, and its failure changes nothing").hasSize(6);
    }

    @Test
    @DisplayName("F8: a lease that ends in the middle of a level ends the level: the next device is not touched")
    void aLevelStopsWithTheLease() {
        open(FenceLimits.NONE, FenceLevel.of("psu-a", "psu-b"));
        step(new FenceInput.ActUntil(now));
        off();
        assertThat(acts()).hasSize(1);
        assertThat(fencer.openFences().getFirst().lastAnswer()).contains("may not act any more");
    }

    @Test
    @DisplayName("an actor that does not see the device says so, and the next one is asked for the same level at once")
    void anotherActorTakesOver() {
        open(FenceLimits.NONE, FenceLevel.of("outlet"), FenceLevel.of("process"));
        answer(Completion.FenceEnded.UNSEEN);
        assertThat(out.sent.getLast()).isEqualTo(new Collected.Sent(
                N2.node(), new FenceMessage.Act(chain.ballot, N2, 1, 2, "outlet")));
        tell(N2, new FenceMessage.Acted(chain.ballot, 1, 2, Optional.of("unseen"), "neither do I"));
        assertThat(fencer.openFences().getFirst().waitingFor()).as("nobody sees it: a pause, then the next level")
                .isEqualTo(OpenFence.WaitingFor.PAUSE);
        now = fencer.deadline();
        fencer.due(now, out);
        assertThat(((FenceMessage.Act) out.sent.getLast().message()).method()).isEqualTo("process");
    }

    @Test
    @DisplayName("F3: evidence weaker than the least that is configured is not taken, nor is a person's word")
    void weakEvidenceIsNotTaken() {
        open(new FenceLimits(FenceLimits.OFF, 1, 0, 0, 0, EvidenceClass.POWER_OFF), FenceLevel.of("process"));
        answer("process-ended");
        assertThat(wanted()).isEmpty();
        assertThat(fencer.openFences().getFirst().lastAnswer()).contains("weaker than \"power-off\"");
        step(new FenceInput.AcknowledgeWanted(N3.node(), "ada", "off"));
        assertThat(wanted()).isEmpty();
        assertThat(fencer.openFences().getFirst().lastAnswer()).contains("the word of ada is not taken");
    }

    // ---------------------------------------------------------------- what may still come

    @Test
    @DisplayName("F7: after an act that got no answer the actor says that nothing runs only when the device must be done")
    void anActWithoutAnAnswerIsWaitedOut() {
        long settleNs = 3 * TimeBudget.SECOND;
        fencer = with(N2, new FenceLimits(FenceLimits.OFF, 1, 0, 0, settleNs, FenceLimits.weakest()), List.of(),
                FenceLevel.of("outlet"));
        step(new FenceInput.ActUntil(Long.MAX_VALUE));
        applied();
        evictN3();
        tell(N1, new FenceMessage.Act(chain.ballot, N2, 1, 1, "outlet"));
        answer(Completion.FenceEnded.UNKNOWN);
        assertThat(out.messages()).containsExactly(
                new FenceMessage.Acted(chain.ballot, 1, 1, Optional.empty(), "so it is", false));
        now += settleNs - 1;
        tell(N1, new FenceMessage.Cease(chain.ballot, 1, 1));
        assertThat(out.messages()).hasSize(1);
        now += 1;
        tell(N1, new FenceMessage.Cease(chain.ballot, 1, 1));
        assertThat(out.messages()).endsWith(new FenceMessage.Ceased(chain.ballot, 1, 1));
    }

    @Test
    @DisplayName("F7: the leader does not take an answer for the end of what may still come")
    void anUnsettledActorIsRecalled() {
        open(FenceLimits.NONE, FenceLevel.of("outlet"));
        fails(acts().getLast());
        now = fencer.deadline();
        fencer.due(now, out);
        tell(N2, new FenceMessage.Acted(chain.ballot, 1, 2, Optional.of("power-off"), "off", false));
        assertThat(wanted()).isEmpty();
        tell(N2, new FenceMessage.Ceased(chain.ballot, 1, 2));
        assertThat(wanted()).hasSize(1);
    }

    @Test
    @DisplayName("F7: what an actor that died had told a device is waited out before the fence ends")
    void whatADeadActorToldADeviceIsWaitedOut() {
        long settleNs = 3 * TimeBudget.SECOND;
        open(new FenceLimits(FenceLimits.OFF, 1, 0, 0, settleNs, FenceLimits.weakest()), FenceLevel.of("outlet"));
        fails(acts().getLast());
        now = fencer.deadline();
        fencer.due(now, out);
        chain.agree(new LedgerEvent.MemberEvicted(N2, "silent"), new LedgerEvent.FenceIntended(2, N2, "silent", chain.ballot));
        applied();
        chain.agree(new LedgerEvent.FenceEvidenced(2, N2, EvidenceClass.POWER_OFF, "off", N1.node()));
        applied();
        long gone = now;
        now = fencer.deadline();
        fencer.due(now, out);
        ends(acts().stream().filter(act -> act.victim().equals(N3)).toList().getLast(), "power-off", "off");
        assertThat(wanted()).isEmpty();
        now = gone + settleNs;
        fencer.due(now, out);
        assertThat(wanted()).hasSize(1);
    }

    // ---------------------------------------------------------------- newer lives

    @Test
    @DisplayName("F5a: while a newer life is heard only devices bound to one life are used, also in the middle of a level")
    void whileANewerLifeIsHeardTheWholeNodeIsNotCutOff() {
        open(FenceLimits.NONE, FenceLevel.of("psu-a", "psu-b"), FenceLevel.of("process"));
        heard(NEWER_N3);
        off();
        assertThat(acts()).as("the second supply is not touched").hasSize(1);
        for (int i = 0; i < 6; i++) {
            now = fencer.deadline();
            fencer.due(now, out);
            if (acts().size() > 1 + i) {
                assertThat(acts().getLast().method()).isEqualTo("process");
                fails(acts().getLast());
            } else {
                tell(N2, new FenceMessage.Acted(
                        chain.ballot, 1, fencer.openFences().getFirst().attempt(), Optional.empty(), "no"));
            }
        }
        step(new FenceInput.Heard(new HeartbeatNews.PeerLost(NEWER_N3, "silent", 1)));
        assertThat(fencer.openFences().getFirst().waitingFor()).isNotEqualTo(OpenFence.WaitingFor.NEWER_LIFE);
    }

    @Test
    @DisplayName("F5a: an actor that hears a newer life refuses, whatever the leader hears")
    void anActorThatHearsANewerLifeRefuses() {
        fencer = with(N2, FenceLimits.NONE, List.of(), FenceLevel.of("outlet"));
        step(new FenceInput.ActUntil(Long.MAX_VALUE));
        applied();
        evictN3();
        heard(NEWER_N3);
        tell(N1, new FenceMessage.Act(chain.ballot, N2, 1, 1, "outlet"));
        assertThat(acts()).isEmpty();
        assertThat(out.messages()).containsExactly(new FenceMessage.Acted(chain.ballot, 1, 1, Optional.empty(),
                "held back: n2 hears n3#2, and \"outlet\" would cut it off"));
    }

    @Test
    @DisplayName("F5: a newer life of which nobody heard anything but its ask, or that fell silent, proves nothing")
    void onlyALifeThatIsHeardProvesAnything() {
        open(new FenceLimits(FenceLimits.OFF, 1, 0, TimeBudget.SECOND, 0, FenceLimits.weakest()), FenceLevel.of("outlet"));
        step(new FenceInput.Arriving(NEWER_N3, OTHER_BOOT));
        now += 2 * TimeBudget.SECOND;
        fencer.due(now, out);
        assertThat(wanted()).isEmpty();
    }

    // ---------------------------------------------------------------- limiter, history, unfencing

    @Test
    @DisplayName("F6: evidence and a person's word are never held by the limiter, and why names it")
    void theLimiterDelaysActsAlone() {
        chain.agree(new LedgerEvent.MemberEvicted(N2, "silent"), new LedgerEvent.FenceIntended(1, N2, "silent", chain.ballot));
        chain.agree(new LedgerEvent.MemberEvicted(N3, "silent"), new LedgerEvent.FenceIntended(2, N3, "silent", chain.ballot));
        fencer = with(N1, new FenceLimits(1, TimeBudget.SECOND, 0, 0, 0, FenceLimits.weakest()), List.of(),
                FenceLevel.of("process"));
        lead();
        now += 2 * TIMES.silenceNs();
        fencer.due(now, out);
        assertThat(acts()).extracting(Effect.Fence::victim).containsExactly(N2);
        OpenFence held = fencer.openFences().getLast();
        assertThat(held.waitingFor()).isEqualTo(OpenFence.WaitingFor.LIMITER);
        assertThat(held.code()).isEqualTo(FaultCode.FENCE_5);

        step(new FenceInput.AcknowledgeWanted(N3.node(), "ada", "it is off"));
        assertThat(wanted()).anyMatch(event -> event instanceof LedgerEvent.FenceEvidenced(_, var who, _, _, _)
                && who.equals(N3));
        now += TimeBudget.SECOND;
        assertThat(wanted()).contains(new LedgerEvent.FenceWindowPassed(1));
    }

    @Test
    @DisplayName("every try is remembered with its device, its actor, its answer and its time, and not more than so many")
    void triesAreRememberedAndBounded() {
        open(FenceLimits.NONE, FenceLevel.of("outlet"));
        fails(acts().getLast());
        FenceTry first = fencer.history().tries().getFirst();
        assertThat(first.device()).isEqualTo("outlet");
        assertThat(first.endedAt()).contains(now);
        assertThat(first.answer()).isEqualTo("no");
        assertThat(fencer.history().facts()).extracting(FenceFact::what).containsExactly("intended");
        for (int i = 0; i < 2 * FenceHistory.LIMIT; i++) {
            now = fencer.deadline();
            fencer.due(now, out);
            fails(acts().getLast());
            tell(N2, new FenceMessage.Acted(
                    chain.ballot, 1, fencer.openFences().getFirst().attempt(), Optional.empty(), "no"));
        }
        assertThat(fencer.history().tries()).hasSize(FenceHistory.LIMIT);
    }

    @Test
    @DisplayName("F11: no fence of a node begins before every member has said that it does not switch its access on")
    void unfencingIsRecalledBeforeAFence() {
        fencer = with(N1, FenceLimits.NONE, List.of("port"), FenceLevel.of("process"));
        openFence();
        assertThat(acts()).isEmpty();
        assertThat(out.messages()).contains(new FenceMessage.Cease(chain.ballot, 1, 0));
        tell(N2, new FenceMessage.Ceased(chain.ballot, 1, 0));
        assertThat(acts()).hasSize(1);
    }

    @Test
    @DisplayName("F11: a member on which an unfencing runs says so only when it has ended, and begins none any more")
    void aRunningUnfencingIsWaitedFor() {
        fencer = with(N1, FenceLimits.NONE, List.of("port"), FenceLevel.of("process"));
        chain.agree(new LedgerEvent.AccessWanted(N3));
        lead();
        assertThat(acts()).extracting(Effect.Fence::operation).containsExactly(FenceOperation.UNFENCE);
        evictN3();
        var later = new Ballot(9, N2);
        tell(N2, new FenceMessage.Cease(later, 1, 0));
        assertThat(out.messages()).doesNotContain(new FenceMessage.Ceased(later, 1, 0));
        ends(acts().getFirst(), Completion.FenceEnded.DONE, "port is up");
        tell(N2, new FenceMessage.Cease(later, 1, 0));
        assertThat(out.messages()).contains(new FenceMessage.Ceased(later, 1, 0));
    }
}
