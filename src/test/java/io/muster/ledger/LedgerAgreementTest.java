package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.ClusterId;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Promising, accepting, choosing, learning and proving, by rule. */
class LedgerAgreementTest extends OneLedger {

    @Test
    @DisplayName("L2: a promise is in both copies before it is sent, and carries the whole record")
    void aPromiseIsDurableBeforeItIsSent() {
        arrive(N1, new LedgerMessage.Prepare(FIRST));
        assertThat(out.sent()).isEmpty();
        Effect.Write write = out.writes().getLast();
        ledger.step(new LedgerInput.Completed(new Completion.Written(write.ticket() - 1)), now, out);
        assertThat(out.sent()).as("an earlier write says nothing").isEmpty();
        ledger.step(new LedgerInput.Completed(new Completion.Written(write.ticket())), now, out);
        assertThat(said()).containsExactly(new LedgerMessage.Promise(FIRST, promised(2, FIRST)));
    }

    @Test
    @DisplayName("L2: nothing is answered before the record that was found has been written once more")
    void nothingIsAnsweredBeforeTheFirstWrite() {
        Ledger fresh = new Ledger(N2, States.nodes(3), TIMES,
                new RecordFile.Loaded(promised(2, FIRST), 7), new Prng(1), now);
        out.clear();
        ledger = fresh;
        arrive(N1, new LedgerMessage.Prepare(FIRST));
        assertThat(out.sent()).isEmpty();
        assertThat(out.writes()).hasSize(1);
        write();
        assertThat(said()).containsExactly(new LedgerMessage.Promise(FIRST, promised(2, FIRST)));
    }

    @Test
    @DisplayName("L2: a lower ballot is refused with the durable promise, an equal one promised again")
    void aLowerBallotIsRefused() {
        Ballot higher = new Ballot(2, N1);
        arrive(N1, new LedgerMessage.Prepare(higher));
        arrive(N3, new LedgerMessage.Prepare(new Ballot(1, N3)));
        assertThat(out.sent()).as("the promise of b2 is not durable yet").isEmpty();
        write();
        assertThat(said()).containsExactlyInAnyOrder(
                new LedgerMessage.Promise(higher, promised(2, higher)),
                new LedgerMessage.Refused(new Ballot(1, N3), higher));
        out.clear();
        arrive(N1, new LedgerMessage.Prepare(higher));
        assertThat(said()).containsExactly(new LedgerMessage.Promise(higher, promised(2, higher)));
        assertThat(out.writes()).isEmpty();
    }

    @Test
    @DisplayName("L3, S1: a delayed duplicate of version v does not take back v+1 of the same ballot")
    void aDelayedDuplicateDoesNotTakeBackTheNextVersion() {
        ClusterState next = States.next(joined, FIRST, new LedgerEvent.GroupJoined(States.DATA, N1));
        arrive(N1, new LedgerMessage.Accept(FIRST, joined));
        write();
        arrive(N1, new LedgerMessage.Accept(FIRST, next));
        write();
        assertThat(said()).containsExactly(
                new LedgerMessage.Accepted(FIRST, 1), new LedgerMessage.Accepted(FIRST, 2));
        out.clear();
        arrive(N1, new LedgerMessage.Accept(FIRST, joined));
        assertThat(said()).isEmpty();
        assertThat(out.writes()).isEmpty();
        arrive(N1, new LedgerMessage.Accept(FIRST, next));
        assertThat(said()).as("an equal one is acknowledged again").containsExactly(
                new LedgerMessage.Accepted(FIRST, 2));
    }

    @Test
    @DisplayName("L9: what was accepted is not applied, also not after a restart; what is told as chosen is")
    void acceptedIsNotApplied() {
        arrive(N1, new LedgerMessage.Accept(FIRST, joined));
        write();
        assertThat(ledger.state()).isEqualTo(founded);
        booted(States.record(2, founded).accepting(FIRST, joined));
        assertThat(ledger.state()).isEqualTo(founded);
        arrive(N1, new LedgerMessage.Chosen(FIRST, joined));
        assertThat(ledger.state()).isEqualTo(joined);
        assertThat(out.news()).containsExactly(new LedgerNews.Applied(founded, joined, joined.events(), false));
        arrive(N1, new LedgerMessage.Chosen(FIRST, founded));
        assertThat(out.news()).hasSize(1);
    }

    @Test
    @DisplayName("L7: the own promise is durable before anybody is asked")
    void theOwnPromiseIsDurableBeforeAsking() {
        twoWay(1, 3);
        for (int i = 0; i < 3 && out.writes().isEmpty(); i++) {
            now = Math.max(now, ledger.deadline());
            ledger.due(now, out);
        }
        assertThat(out.writes()).hasSize(1);
        assertThat(out.sent()).isEmpty();
        write();
        assertThat(out.messages(LedgerMessage.Prepare.class)).hasSize(2);
    }

    @Test
    @DisplayName("L4, L5: the highest (ballot, version) of a quorum is chosen again in the own ballot before all else")
    void theAdoptedStateIsChosenAgainFirst() {
        twoWay(1, 3);
        Ballot ballot = prepared();
        out.clear();
        AcceptorRecord record = States.record(3, founded).accepting(FIRST, joined).promising(ballot);
        arrive(N3, new LedgerMessage.Promise(ballot, record));
        assertThat(out.messages(LedgerMessage.Accept.class))
                .containsOnly(new LedgerMessage.Accept(ballot, joined)).hasSize(2);
        write();
        assertThat(ledger.leading()).isFalse();
        assertThat(ledger.state()).isEqualTo(founded);
        assertThat(out.news()).isEmpty();
        arrive(N3, new LedgerMessage.Accepted(ballot, 1));
        assertThat(out.news()).containsExactly(
                new LedgerNews.Applied(founded, joined, joined.events(), false), new LedgerNews.Leading(ballot));
        assertThat(out.messages(LedgerMessage.Chosen.class))
                .containsOnly(new LedgerMessage.Chosen(ballot, joined)).hasSize(2);
        assertThat(out.messages(LedgerMessage.Beat.class)).hasSize(2);
    }

    @Test
    @DisplayName("L6: one proposal in flight; it is offered again until a quorum has it, and told at once when chosen")
    void oneProposalIsInFlight() {
        Ballot ballot = leads();
        Draft draft = ledger.draft();
        draft.add(States.joined(N2));
        out.clear();
        ledger.step(new LedgerInput.Propose(draft), now, out);
        assertThat(ledger.proposable()).isFalse();
        ledger.step(new LedgerInput.Propose(draft), now, out);
        assertThat(out.messages(LedgerMessage.Accept.class)).hasSize(2);
        write();
        pass(Leader.againNs(TIMES) + 1);
        assertThat(out.messages(LedgerMessage.Accept.class)).hasSize(4);
        assertThat(ledger.state().version()).isZero();
        arrive(N1, new LedgerMessage.Accepted(ballot, 1));
        assertThat(ledger.state().version()).isEqualTo(1);
        assertThat(ledger.proposable()).isTrue();
        assertThat(out.messages(LedgerMessage.Chosen.class)).hasSize(2);
    }

    @Test
    @DisplayName("L6: a draft of another state or ballot, or an empty one, is ignored")
    void aDraftThatDoesNotFitIsIgnored() {
        Ballot ballot = leads();
        for (Draft draft : List.of(founded.draft(FIRST), joined.draft(ballot), ledger.draft())) {
            if (!draft.base().equals(ledger.state()) || !draft.ballot().equals(ballot)) {
                draft.add(new LedgerEvent.MemberEvicted(N1, "no"));
                draft.add(States.joined(N2));
            }
            out.clear();
            ledger.step(new LedgerInput.Propose(draft), now, out);
            assertThat(out.sent()).isEmpty();
            assertThat(ledger.proposable()).isTrue();
        }
    }

    @Test
    @DisplayName("A1: proven is when the newest beat was sent that a quorum answered with this very promise")
    void provenIsTheSendingOfAnAnsweredBeat() {
        Ballot ballot = leads();
        pass(TIMES.beatNs());
        LedgerMessage.Beat beat = out.messages(LedgerMessage.Beat.class).getLast();
        long sentAt = now;
        out.clear();
        now += 7 * MS;
        arrive(N3, new LedgerMessage.BeatHeard(ballot, 0, 0));
        arrive(N3, new LedgerMessage.BeatHeard(FIRST, beat.sequence(), 0));
        arrive(N3, new LedgerMessage.BeatHeard(ballot, beat.sequence() + 1, 0));
        assertThat(out.news()).isEmpty();
        arrive(N3, new LedgerMessage.BeatHeard(ballot, beat.sequence(), 0));
        assertThat(out.news()).containsExactly(new LedgerNews.Proven(ballot, sentAt));
        arrive(N3, new LedgerMessage.BeatHeard(ballot, beat.sequence(), 0));
        assertThat(out.news()).hasSize(1);
    }

    @Test
    @DisplayName("A1: a follower vouches only while its durable promise is this ballot; who missed it promises now")
    void aFollowerVouchesOnlyForItsDurablePromise() {
        arrive(N1, new LedgerMessage.Beat(FIRST, 1, 0));
        assertThat(said()).containsExactly(new LedgerMessage.BeatHeard(FIRST, 0, -1));
        assertThat(out.news()).containsExactly(new LedgerNews.Following(FIRST));
        write();
        out.clear();
        arrive(N1, new LedgerMessage.Beat(FIRST, 2, 0));
        assertThat(said()).containsExactly(new LedgerMessage.BeatHeard(FIRST, 2, -1));
        assertThat(out.news()).isEmpty();
        assertThat(ledger.following()).contains(FIRST);
        Ballot second = new Ballot(2, N3);
        arrive(N3, new LedgerMessage.Accept(second, founded));
        write();
        out.clear();
        arrive(N1, new LedgerMessage.Beat(FIRST, 3, 0));
        assertThat(said()).containsExactly(new LedgerMessage.Refused(FIRST, second));
    }

    @Test
    @DisplayName("L10: a laggard is told the whole chosen state again, when it answers and not at each of its answers")
    void aLaggardIsToldAgain() {
        Ballot ballot = leads();
        out.clear();
        arrive(N1, new LedgerMessage.BeatHeard(ballot, 0, -1));
        assertThat(out.messages(LedgerMessage.Chosen.class)).isEmpty();
        now += Leader.againNs(TIMES);
        arrive(N1, new LedgerMessage.BeatHeard(ballot, 0, -1));
        arrive(N1, new LedgerMessage.BeatHeard(ballot, 0, -1));
        arrive(N3, new LedgerMessage.BeatHeard(ballot, 0, 0));
        assertThat(out.sent()).containsExactly(
                new Recorder.Sent(NodeId.of(1), new LedgerMessage.Chosen(ballot, founded)));
    }

    @Test
    @DisplayName("L8: an acceptor whose record the state does not know is silent and counts for nobody")
    void anUnknownRecordDoesNotVote() {
        booted(AcceptorRecord.founding(999, founded));
        assertThat(ledger.votes()).isFalse();
        arrive(N1, new LedgerMessage.Prepare(FIRST));
        arrive(N1, new LedgerMessage.Accept(FIRST, joined));
        write();
        assertThat(out.sent()).isEmpty();
        arrive(N1, new LedgerMessage.Beat(FIRST, 1, 0));
        write();
        arrive(N1, new LedgerMessage.Beat(FIRST, 2, 0));
        assertThat(out.messages(LedgerMessage.BeatHeard.class)).allMatch(heard -> heard.sequence() == 0).hasSize(2);
        booted(States.record(2, founded));
        twoWay(1, 3);
        Ballot ballot = prepared();
        arrive(N3, new LedgerMessage.Promise(ballot, AcceptorRecord.founding(999, founded).promising(ballot)));
        assertThat(out.messages(LedgerMessage.Accept.class)).isEmpty();
    }

    @Test
    @DisplayName("An electorate of one: it promises itself, chooses, and proves itself at each beat")
    void aLonelyVoterLeads() {
        booted(States.record(1, States.founded(1)), N1, States.nodes(1));
        pass(TimeBudget.SECOND);
        assertThat(ledger.leading()).isTrue();
        assertThat(out.news()).filteredOn(LedgerNews.Proven.class::isInstance).hasSizeGreaterThan(3);
        Draft draft = ledger.draft();
        draft.add(States.joined(N1));
        ledger.step(new LedgerInput.Propose(draft), now, out);
        write();
        assertThat(ledger.state().isMember(N1)).isTrue();
    }

    @Test
    @DisplayName("Messages of strangers, of former lives, of other ledgers, or in another's name do nothing")
    void foreignMessagesDoNothing() {
        Ledger before = ledger;
        ClusterState other = ClusterState.founded(new ClusterId(9, 9), founded.electorate(), founded.recordIds());
        Ballot byNine = new Ballot(3, States.life(9, 1));
        arrive(States.life(9, 1), new LedgerMessage.Prepare(byNine));
        arrive(N2, new LedgerMessage.Prepare(new Ballot(3, N2)));
        arrive(N1, new LedgerMessage.Prepare(new Ballot(3, N3)));
        arrive(N1, new LedgerMessage.Accept(FIRST, other));
        arrive(N1, new LedgerMessage.Chosen(FIRST, other));
        arrive(N1, new LedgerMessage.Chosen(new Ballot(3, N3), joined));
        arrive(N1, new LedgerMessage.Beat(new Ballot(3, N3), 1, 0));
        arrive(N1, new LedgerMessage.Promise(FIRST, promised(1, FIRST)));
        arrive(N1, new LedgerMessage.Accepted(FIRST, 0));
        arrive(N1, new LedgerMessage.Refused(FIRST, byNine));
        arrive(N1, new LedgerMessage.BeatHeard(FIRST, 1, 0));
        arrive(States.life(1, 2), new LedgerMessage.BeatHeard(FIRST, 1, 0));
        arrive(N1, new LedgerMessage.Prepare(FIRST));
        assertThat(out.sent()).isEmpty();
        assertThat(out.writes()).isEmpty();
        assertThat(out.news()).isEmpty();
        assertThat(ledger).isSameAs(before);
    }

    @Test
    @DisplayName("A failed or endless write ends it: told once, and nothing is answered any more")
    void aFailedWriteEndsIt() {
        for (boolean slow : new boolean[] {false, true}) {
            booted(States.record(2, founded));
            arrive(N1, new LedgerMessage.Prepare(FIRST));
            if (slow) {
                now = ledger.deadline();
                ledger.due(now, out);
            } else {
                long ticket = out.writes().getFirst().ticket();
                ledger.step(new LedgerInput.Completed(new Completion.WriteFailed(ticket, "disk full")), now, out);
            }
            assertThat(out.news()).hasSize(1);
            assertThat(out.news().getFirst()).isInstanceOf(LedgerNews.RecordFailed.class);
            write();
            arrive(N1, new LedgerMessage.Prepare(new Ballot(8, N1)));
            arrive(N1, new LedgerMessage.Beat(new Ballot(8, N1), 1, 0));
            assertThat(out.sent()).isEmpty();
            assertThat(out.news()).hasSize(1);
            assertThat(ledger.deadline()).isEqualTo(Long.MAX_VALUE);
        }
    }
}
