package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.quorum.Electorate;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who leads, when, and when no more, by rule. */
class LedgerElectionTest extends OneLedger {

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
    @DisplayName("L11b, T3: who went on alone and is out by what it accepted has that chosen, as nobody else can, and stops")
    void whoIsOutAndAloneSaysSo() {
        Electorate both = Electorate.majorityOf(States.nodes(2));
        ClusterState two = States.next(ClusterState.founded(States.CLUSTER, both, States.founded(2).recordIds(),
                Voting.of(VotePolicy.TWO_NODE, both)), FIRST, States.joined(N1), States.joined(N2));
        ClusterState out2 = States.next(two, FIRST, new LedgerEvent.MemberLeft(N2));
        AcceptorRecord record = States.record(2, two).accepting(FIRST, two);
        booted(record, N2, States.nodes(2));
        twoWay(1);
        arrive(N1, new LedgerMessage.Chosen(FIRST, two));
        arrive(N1, new LedgerMessage.Accept(FIRST, out2)); // and N1 dies before it has accepted that itself
        write();
        twoWay();
        out.clear();
        ledger.step(new LedgerInput.FenceNoted(N1, out2.nextIntent()), now, out);
        write();
        ledger.step(new LedgerInput.OtherFenced(N1, out2.nextIntent(), EvidenceClass.POWER_OFF, "off"), now, out);
        write();
        assertThat(ledger.state()).isEqualTo(out2);
        assertThat(out.messages(LedgerMessage.Chosen.class)).hasSize(1);
        assertThat(out.news()).noneMatch(LedgerNews.Leading.class::isInstance);
        assertThat(out.news().getLast()).isInstanceOf(LedgerNews.NotLeading.class);
        assertThat(ledger.leading()).isFalse();
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
    @DisplayName("L12: lives that are no members, however often they try, do not make a member more patient")
    void outsidersDoNotKeepAMemberWaiting() {
        twoWay(1, 3);
        arrive(N1, new LedgerMessage.Chosen(FIRST, joined));
        for (int round = 2; round < 9; round++) {
            now += MS;
            Incarnation outsider = States.life(3, 2);
            arrive(outsider, new LedgerMessage.Prepare(new Ballot(round, outsider)));
            write();
            assertThat(ledger.deadline()).isLessThanOrEqualTo(now + Election.PATIENCE_BEATS * TIMES.beatNs()
                    + Election.STAGGER_NS + Election.JITTER_NS);
        }
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
    @DisplayName("001-23: a node without a vote may lead when a quorum promises it, and does not count itself")
    void aNodeWithoutAVoteMayLead() {
        Incarnation fourth = States.life(4, 1);
        ClusterState state = States.next(founded, FIRST, States.joined(fourth));
        booted(AcceptorRecord.founding(5, state), fourth, States.nodes(4));
        twoWay(1, 2);
        Ballot ballot = prepared();
        arrive(N1, new LedgerMessage.Promise(
                ballot, States.record(1, founded).accepting(FIRST, state).promising(ballot)));
        assertThat(out.messages(LedgerMessage.Accept.class)).isEmpty();
        arrive(N2, new LedgerMessage.Promise(ballot, promised(2, ballot)));
        write();
        arrive(N1, new LedgerMessage.Accepted(ballot, 1));
        assertThat(ledger.leading()).isFalse();
        arrive(N2, new LedgerMessage.Accepted(ballot, 1));
        assertThat(ledger.leading()).isTrue();
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
    @DisplayName("L4: a quorum that knows less than what is chosen has lost its records: nobody leads on it")
    void aQuorumThatForgotIsNotLed() {
        // This node has no vote: what it kept itself counts in no promise quorum.
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        votes.put(NodeId.of(1), 1);
        votes.put(NodeId.of(3), 1);
        ClusterState two = ClusterState.founded(States.CLUSTER, Electorate.majorityOf(votes), founded.recordIds());
        booted(AcceptorRecord.founding(102, two));
        arrive(N1, new LedgerMessage.Chosen(FIRST, States.next(two, FIRST, States.joined(States.life(2, 1)))));
        write();
        twoWay(1, 3);
        Ballot ballot = prepared();
        out.clear();
        arrive(N1, new LedgerMessage.Promise(ballot, AcceptorRecord.founding(101, two).promising(ballot)));
        arrive(N3, new LedgerMessage.Promise(ballot, AcceptorRecord.founding(103, two).promising(ballot)));
        write();
        assertThat(out.messages(LedgerMessage.Accept.class)).isEmpty();
        assertThat(ledger.leading()).isFalse();
    }

    @Test
    @DisplayName("L4, Q6a: what was learned to be chosen is kept, so a quorum with this node knows it though the other forgot")
    void whatWasLearnedIsKept() {
        arrive(N1, new LedgerMessage.Chosen(FIRST, joined));
        write();
        assertThat(ledger.record().state()).isEqualTo(joined);
        twoWay(1, 3);
        Ballot ballot = prepared();
        out.clear();
        arrive(N3, new LedgerMessage.Promise(ballot, promised(3, ballot)));
        write();
        assertThat(out.messages(LedgerMessage.Accept.class)).isNotEmpty().allMatch(accept -> accept.state().equals(joined));
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
