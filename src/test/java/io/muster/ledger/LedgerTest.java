package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.quorum.Electorate;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** One ledger of three, n2, fed by hand. */
class LedgerTest {

    private static final TimeBudget TIMES = TimeBudget.lan();
    private static final long MS = TimeBudget.MS;
    private static final Incarnation N1 = States.life(1, 1);
    private static final Incarnation N2 = States.life(2, 1);
    private static final Incarnation N3 = States.life(3, 1);
    private static final Ballot FIRST = new Ballot(1, N1);

    private final ClusterState founded = States.founded(3);
    private final ClusterState joined = States.next(
            founded, FIRST, States.joined(N1), States.joined(N2), States.joined(N3));
    private final Recorder<LedgerNews> out = new Recorder<>();
    private long now = 5_000 * MS;
    private Ledger ledger = booted(States.record(2, founded));

    private Ledger booted(AcceptorRecord record) {
        return booted(record, N2, States.nodes(3));
    }

    private Ledger booted(AcceptorRecord record, Incarnation self, NodeSet nodes) {
        out.clear();
        Ledger fresh = new Ledger(self, nodes, TIMES, new RecordFile.Loaded(record, 0), new Prng(1), now);
        assertThat(fresh.deadline()).isEqualTo(now);
        fresh.due(now, out);
        ledger = fresh;
        write();
        out.clear();
        return fresh;
    }

    private void arrive(Incarnation from, LedgerMessage message) {
        ledger.step(new LedgerInput.Arrived(from, message), now, out);
    }

    private void twoWay(int... nodes) {
        NodeSet peers = NodeSet.NONE;
        for (int node : nodes) {
            peers = peers.with(NodeId.of(node));
        }
        ledger.step(new LedgerInput.TwoWay(peers), now, out);
    }

    /** Ends all writes there are. */
    private void write() {
        for (int done = 0; done < out.writes().size(); done++) {
            ledger.step(new LedgerInput.Completed(new Completion.Written(out.writes().get(done).ticket())), now, out);
        }
        out.writes().clear();
    }

    private void pass(long spanNs) {
        long until = now + spanNs;
        while (ledger.deadline() <= until) {
            now = Math.max(now, ledger.deadline());
            ledger.due(now, out);
            write();
        }
        now = until;
    }

    /** The prepare that this node sends when its silence is over. */
    private Ballot prepared() {
        pass(2 * TIMES.leaderSilenceNs());
        return out.messages(LedgerMessage.Prepare.class).getFirst().ballot();
    }

    private AcceptorRecord promised(int node, Ballot ballot) {
        return States.record(node, founded).promising(ballot);
    }

    /** n2 leads, with n3's promise and acceptance of the founding state. */
    private Ballot leads() {
        twoWay(1, 3);
        Ballot ballot = prepared();
        arrive(N3, new LedgerMessage.Promise(ballot, promised(3, ballot)));
        write();
        arrive(N3, new LedgerMessage.Accepted(ballot, 0));
        assertThat(ledger.leading()).isTrue();
        return ballot;
    }

    private void follows(Ballot ballot) {
        arrive(ballot.leader(), new LedgerMessage.Beat(ballot, 1, 0));
        write();
        out.clear();
    }

    private List<LedgerMessage> said() {
        return out.sent().stream().map(Recorder.Sent::message).toList();
    }

    @Test
    @DisplayName("L2: a promise is in both copies before it is sent, and carries the whole record")
    void aPromiseIsDurableBeforeItIsSent() {
        arrive(N1, new LedgerMessage.Prepare(FIRST));
        assertThat(out.sent()).isEmpty();
        Effect.Write first = out.writes().getFirst();
        ledger.step(new LedgerInput.Completed(new Completion.Written(first.ticket())), now, out);
        assertThat(out.sent()).isEmpty();
        Effect.Write second = out.writes().getLast();
        assertThat(second.offset()).isNotEqualTo(first.offset());
        ledger.step(new LedgerInput.Completed(new Completion.Written(second.ticket())), now, out);
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
    @DisplayName("L12: without a quorum in two-way reach, or while a leader beats, nobody prepares")
    void nobodyPreparesWithoutReachOrBesideALeader() {
        pass(20 * TimeBudget.SECOND);
        assertThat(out.sent()).isEmpty();
        assertThat(ledger.missingVoters()).isEqualTo(NodeSet.of(NodeId.of(1), NodeId.of(3)));
        twoWay(3);
        assertThat(ledger.missingVoters()).isEqualTo(NodeSet.NONE);
        for (int beat = 1; beat < 100; beat++) {
            arrive(N1, new LedgerMessage.Beat(FIRST, beat, 0));
            write();
            pass(TIMES.leaderSilenceNs() - MS);
        }
        assertThat(out.messages(LedgerMessage.Prepare.class)).isEmpty();
        assertThat(prepared()).isEqualTo(new Ballot(2, N2));
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
    @DisplayName("L4, L5: the highest (ballot, version) of a quorum is chosen again in the own ballot, before anything else")
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
    @DisplayName("A1: a follower vouches only while its durable promise is this ballot; one that missed it promises now")
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
    @DisplayName("A leader that no quorum answers leads no more; the silence starts over")
    void aLeaderWithoutAnswersStops() {
        leads();
        out.clear();
        pass(TIMES.leaderSilenceNs() + MS);
        assertThat(ledger.leading()).isFalse();
        assertThat(out.news()).anyMatch(news -> news instanceof LedgerNews.NotLeading);
    }

    @Test
    @DisplayName("A refused leader stops, and later prepares a higher ballot than the one it was refused for")
    void aRefusedLeaderPreparesAHigherBallot() {
        Ballot ballot = leads();
        out.clear();
        arrive(N3, new LedgerMessage.Refused(ballot, new Ballot(9, N3)));
        assertThat(ledger.leading()).isFalse();
        assertThat(out.news()).containsExactly(new LedgerNews.NotLeading("an acceptor has promised b9.n3#1"));
        assertThat(prepared()).isEqualTo(new Ballot(10, N2));
    }

    @Test
    @DisplayName("L12: a leader out of two-way reach is not waited for: the lowest goes first, within 2 ms")
    void theQuickPathIsQuick() {
        booted(States.record(2, founded).accepting(FIRST, joined));
        twoWay(1, 3);
        follows(FIRST);
        twoWay(3);
        assertThat(ledger.following()).isEmpty();
        long lost = now;
        assertThat(ledger.deadline()).isBetween(lost, lost + Election.JITTER_NS);
        booted(States.record(3, founded).accepting(FIRST, joined), N3, States.nodes(3));
        twoWay(1, 2);
        follows(FIRST);
        twoWay(2);
        assertThat(ledger.deadline()).as("n3 leaves n2 its turn")
                .isBetween(now + Election.STAGGER_NS, now + Election.STAGGER_NS + Election.JITTER_NS);
    }

    @Test
    @DisplayName("L12: a leader that is heard although it is out of two-way reach is not deposed")
    void aBeatEndsTheQuickPath() {
        twoWay(1, 3);
        follows(FIRST);
        twoWay(3);
        arrive(N1, new LedgerMessage.Beat(FIRST, 2, 0));
        pass(TIMES.leaderSilenceNs() - MS);
        assertThat(out.messages(LedgerMessage.Prepare.class)).isEmpty();
    }

    @Test
    @DisplayName("L12: who hears its leader makes a candidate wait, and promises it the moment the leader is gone")
    void aCandidateWaitsWhileTheLeaderIsHeard() {
        twoWay(1, 3);
        follows(FIRST);
        Ballot second = new Ballot(2, N3);
        arrive(N3, new LedgerMessage.Prepare(second));
        write();
        assertThat(out.sent()).isEmpty();
        twoWay(3);
        write();
        assertThat(out.messages(LedgerMessage.Promise.class)).hasSize(1);
        assertThat(out.messages(LedgerMessage.Promise.class).getFirst().ballot()).isEqualTo(second);
    }

    @Test
    @DisplayName("L12: the leader's own new ballot is not made to wait, nor anybody's when the leader is silent")
    void theLeaderItselfIsNotMadeToWait() {
        twoWay(1, 3);
        follows(FIRST);
        arrive(N1, new LedgerMessage.Prepare(new Ballot(2, N1)));
        write();
        assertThat(out.messages(LedgerMessage.Promise.class)).hasSize(1);
        now += TIMES.leaderSilenceNs();
        arrive(N3, new LedgerMessage.Prepare(new Ballot(3, N3)));
        write();
        assertThat(out.messages(LedgerMessage.Promise.class)).hasSize(2);
    }

    @Test
    @DisplayName("L11: who adopts a state that it is out of re-commits nothing and never leads")
    void whoIsOutNeverLeads() {
        ClusterState out2 = States.next(joined, FIRST, new LedgerEvent.MemberEvicted(N2, "silent"));
        twoWay(1, 3);
        Ballot ballot = prepared();
        out.clear();
        arrive(N3, new LedgerMessage.Promise(
                ballot, States.record(3, founded).accepting(FIRST, out2).promising(ballot)));
        write();
        assertThat(out.messages(LedgerMessage.Accept.class)).isEmpty();
        assertThat(out.news()).hasSize(1);
        assertThat(out.news().getFirst()).isInstanceOf(LedgerNews.NotLeading.class);
        pass(60 * TimeBudget.SECOND);
        assertThat(out.messages(LedgerMessage.Prepare.class)).isEmpty();
        arrive(N1, new LedgerMessage.Accept(new Ballot(5, N1), out2));
        write();
        assertThat(out.messages(LedgerMessage.Accepted.class)).as("it still accepts").hasSize(1);
    }

    @Test
    @DisplayName("L11, V5: a leader that is out by its own version tells everybody, then stops")
    void aLeaderThatIsOutTellsAndStops() {
        twoWay(1, 3);
        Ballot ballot = prepared();
        arrive(N3, new LedgerMessage.Promise(
                ballot, States.record(3, founded).accepting(FIRST, joined).promising(ballot)));
        write();
        arrive(N3, new LedgerMessage.Accepted(ballot, 1));
        Draft draft = ledger.draft();
        draft.add(new LedgerEvent.MemberLeft(N2));
        ledger.step(new LedgerInput.Propose(draft), now, out);
        write();
        out.clear();
        arrive(N3, new LedgerMessage.Accepted(ballot, 2));
        assertThat(out.messages(LedgerMessage.Chosen.class)).hasSize(2);
        assertThat(out.news()).hasSize(2);
        assertThat(out.news().getLast()).isInstanceOf(LedgerNews.NotLeading.class);
        assertThat(ledger.leading()).isFalse();
        pass(60 * TimeBudget.SECOND);
        assertThat(out.messages(LedgerMessage.Prepare.class)).isEmpty();
    }

    @Test
    @DisplayName("L11: followers of a leader that is out by a chosen version do not wait for its silence")
    void aLeaderThatIsOutIsNotWaitedFor() {
        twoWay(1, 3);
        follows(FIRST);
        arrive(N1, new LedgerMessage.Chosen(FIRST, joined));
        arrive(N1, new LedgerMessage.Chosen(
                FIRST, States.next(joined, FIRST, new LedgerEvent.MemberLeft(N1))));
        assertThat(ledger.deadline()).isLessThanOrEqualTo(now + Election.JITTER_NS);
    }

    @Test
    @DisplayName("L11 (ii): a new life waits for the members it hears; with none alive it makes the cold start")
    void aColdStartWaitsForMembers() {
        AcceptorRecord kept = States.record(2, founded).accepting(FIRST, joined);
        Incarnation again = States.life(2, 2);
        booted(kept, again, States.nodes(3));
        twoWay(1, 3);
        pass(2 * TIMES.leaderSilenceNs() - MS);
        assertThat(out.messages(LedgerMessage.Prepare.class)).isEmpty();
        arrive(States.life(3, 2), new LedgerMessage.Refused(FIRST, new Ballot(2, N1)));
        Ballot ballot = prepared();
        assertThat(ballot).isEqualTo(new Ballot(2, again));
        arrive(States.life(3, 2), new LedgerMessage.Promise(ballot, States.record(3, founded).promising(ballot)));
        write();
        assertThat(out.messages(LedgerMessage.Accept.class)).contains(new LedgerMessage.Accept(ballot, joined));
    }

    @Test
    @DisplayName("L11 (ii, iii): a new life that finds a member alive leaves it to that one, for four leader silences")
    void aColdStartStepsBackForALivingMember() {
        booted(States.record(2, founded), States.life(2, 2), States.nodes(3));
        twoWay(3);
        Ballot ballot = prepared();
        out.clear();
        arrive(N3, new LedgerMessage.Promise(
                ballot, States.record(3, founded).accepting(FIRST, joined).promising(ballot)));
        write();
        assertThat(out.messages(LedgerMessage.Accept.class)).isEmpty();
        pass(2 * TIMES.leaderSilenceNs());
        assertThat(out.messages(LedgerMessage.Prepare.class)).isEmpty();
        Ballot last = prepared();
        arrive(N3, new LedgerMessage.Promise(
                last, States.record(3, founded).accepting(FIRST, joined).promising(last)));
        write();
        assertThat(out.messages(LedgerMessage.Accept.class)).contains(new LedgerMessage.Accept(last, joined));
    }

    @Test
    @DisplayName("StandDown: it stops leading and never tries again, and is an acceptor still")
    void standDownIsForGood() {
        leads();
        out.clear();
        ledger.step(new LedgerInput.StandDown("leaving"), now, out);
        assertThat(out.news()).containsExactly(new LedgerNews.NotLeading("leaving"));
        pass(60 * TimeBudget.SECOND);
        assertThat(out.sent()).isEmpty();
        arrive(N1, new LedgerMessage.Prepare(new Ballot(7, N1)));
        write();
        assertThat(out.messages(LedgerMessage.Promise.class)).hasSize(1);
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
    @DisplayName("001-23: a node without a vote may lead when a quorum promises it, and does not count itself")
    void aNodeWithoutAVoteMayLead() {
        Incarnation fourth = States.life(4, 1);
        ClusterState state = States.next(founded, FIRST, States.joined(fourth));
        booted(AcceptorRecord.founding(5, state), fourth, States.nodes(4));
        twoWay(1, 2);
        Ballot ballot = prepared();
        arrive(N1, new LedgerMessage.Promise(ballot, States.record(1, founded).accepting(FIRST, state).promising(ballot)));
        assertThat(out.messages(LedgerMessage.Accept.class)).isEmpty();
        arrive(N2, new LedgerMessage.Promise(ballot, promised(2, ballot)));
        write();
        arrive(N1, new LedgerMessage.Accepted(ballot, 1));
        assertThat(ledger.leading()).isFalse();
        arrive(N2, new LedgerMessage.Accepted(ballot, 1));
        assertThat(ledger.leading()).isTrue();
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

    @Test
    @DisplayName("A node that was away itself hears a leader out before it prepares")
    void whoWasAwayListensFirst() {
        booted(States.record(2, founded).promising(FIRST));
        twoWay(1, 3);
        follows(FIRST);
        now += 30 * TimeBudget.SECOND;
        ledger.due(now, out);
        assertThat(out.writes()).isEmpty();
        assertThat(ledger.deadline()).isGreaterThan(now + 2 * TIMES.beatNs());
    }

    @Test
    @DisplayName("L4: a quorum that knows less than what is known to be chosen has lost its records: nobody leads on it")
    void aQuorumThatForgotIsNotLed() {
        arrive(N1, new LedgerMessage.Chosen(FIRST, joined));
        twoWay(1, 3);
        Ballot ballot = prepared();
        out.clear();
        arrive(N3, new LedgerMessage.Promise(ballot, promised(3, ballot)));
        write();
        assertThat(out.messages(LedgerMessage.Accept.class)).isEmpty();
        assertThat(ledger.leading()).isFalse();
    }

    @Test
    @DisplayName("Weighted votes decide: two votes of one node with its own are a quorum without the third")
    void weightedVotesDecide() {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        votes.put(NodeId.of(1), 3);
        votes.put(NodeId.of(2), 1);
        votes.put(NodeId.of(3), 1);
        ClusterState weighted = ClusterState.founded(States.CLUSTER, new Electorate(votes, 4), founded.recordIds());
        booted(AcceptorRecord.founding(102, weighted));
        twoWay(3);
        pass(20 * TimeBudget.SECOND);
        assertThat(out.sent()).isEmpty();
        assertThat(ledger.missingVoters()).isEqualTo(NodeSet.of(NodeId.of(1)));
        twoWay(1);
        Ballot ballot = prepared();
        arrive(N1, new LedgerMessage.Promise(ballot, AcceptorRecord.founding(101, weighted).promising(ballot)));
        write();
        arrive(N1, new LedgerMessage.Accepted(ballot, 0));
        assertThat(ledger.leading()).isTrue();
        assertThat(ledger.following()).isEqualTo(Optional.of(ballot));
    }
}
