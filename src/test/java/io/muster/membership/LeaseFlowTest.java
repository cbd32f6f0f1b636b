package io.muster.membership;

import static io.muster.membership.Bench.LAN;
import static io.muster.membership.Bench.MS;
import static io.muster.membership.Bench.life;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.heartbeat.Recorded;
import io.muster.ledger.Ballot;
import io.muster.ledger.Draft;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.membership.MembershipInput.Agreed;
import io.muster.membership.MembershipInput.Arrived;
import io.muster.membership.MembershipInput.Heard;
import io.muster.membership.MembershipMessage.LeaseAnswer;
import io.muster.membership.MembershipMessage.LeaseAsk;
import io.muster.membership.MembershipNews.ActUntil;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who answers a lease, and what comes of it. */
final class LeaseFlowTest {

    private static final Incarnation N1 = life(1, 1);
    private static final Incarnation N2 = life(2, 1);
    private static final Incarnation N3 = life(3, 1);

    @Test
    @DisplayName("A1: a lease is answered out of the leader's own proof only, with its age")
    void theAnswerCarriesTheAgeOfTheProof() {
        Bench bench = leader();
        ask(bench, N2, 77);
        assertThat(answers(bench)).as("no proof in this ballot yet").isEmpty();
        bench.tell(new Agreed(new LedgerNews.Proven(new Ballot(9, N2), bench.now)));
        ask(bench, N2, 77);
        assertThat(answers(bench)).as("a proof of another ballot").isEmpty();
        bench.proven(bench.now - 30 * MS);
        ask(bench, N2, 77);
        assertThat(answers(bench)).containsExactly(new LeaseAnswer(77, 30 * MS, 1));
    }

    @Test
    @DisplayName("A1, S5: pulses and rows prove nothing; a proof that is older than a lease is not answered from")
    void anOldProofIsWorthNothing() {
        Bench bench = leader();
        bench.proven(bench.now);
        bench.now += LAN.leaseNs() + 1;
        bench.rows(N1, N2, N3);
        ask(bench, N2, 5);
        assertThat(answers(bench)).isEmpty();
    }

    @Test
    void whoDoesNotLeadAnswersNothing() {
        Bench bench = leader();
        bench.proven(bench.now);
        bench.tell(new Agreed(new LedgerNews.NotLeading("higher ballot")));
        ask(bench, N2, 5);
        assertThat(answers(bench)).isEmpty();
        bench.leads();
        ask(bench, N2, 5);
        assertThat(answers(bench)).as("leading again needs a proof again").isEmpty();
    }

    @Test
    void onlyMembersInTheirLifeAreAnswered() {
        Bench bench = leader();
        bench.proven(bench.now);
        ask(bench, life(3, 2), 5);
        assertThat(answers(bench)).isEmpty();
    }

    @Test
    @DisplayName("A3, S8: the leader stops answering the lease of a life before it proposes its eviction")
    void noLeaseIsAnsweredOnceTheEvictionIsInADraft() {
        Bench bench = leader();
        bench.proven(bench.now);
        ask(bench, N3, 5);
        assertThat(answers(bench)).hasSize(1);
        bench.loses(N3);
        Draft draft = bench.draft();
        assertThat(draft.events()).hasSize(1);
        bench.hears(N3, N1, N2);
        ask(bench, N3, 6);
        assertThat(answers(bench)).as("heard again, but the proposal may be on its way").isEmpty();
        assertThat(bench.membership.refusesLease(N3)).isTrue();
        ask(bench, N2, 6);
        assertThat(answers(bench)).hasSize(1);
        bench.applied(draft.events());
        ask(bench, N3, 7);
        assertThat(answers(bench)).isEmpty();
    }

    @Test
    @DisplayName("A3: it is answered again when the eviction was not proposed and the life is heard again")
    void anOvertakenEvictionEndsTheRefusal() {
        Bench bench = leader();
        bench.proven(bench.now);
        bench.loses(N3);
        assertThat(bench.wants()).hasSize(1);
        assertThat(bench.wants()).as("asked again, still lost").hasSize(1);
        assertThat(bench.membership.refusesLease(N3)).isTrue();
        bench.hears(N3, N1, N2);
        assertThat(bench.wants()).isEmpty();
        ask(bench, N3, 7);
        assertThat(answers(bench)).hasSize(1);
    }

    @Test
    @DisplayName("A3: this holds as well for evictions that other layers add to the draft")
    void evictionsOfOtherLayersStopTheLeaseToo() {
        Bench bench = leader();
        bench.proven(bench.now);
        Draft draft = bench.draft();
        draft.add(new LedgerEvent.MemberEvicted(N2, "did not pass LOCKS"));
        bench.membership.drafted(draft);
        ask(bench, N2, 7);
        assertThat(answers(bench)).isEmpty();
    }

    @Test
    @DisplayName("A3: losing and regaining the lead in between does not reopen it")
    void theRefusalOutlivesAChangeOfBallot() {
        Bench bench = leader();
        bench.loses(N3);
        assertThat(bench.wants()).hasSize(1);
        bench.tell(new Agreed(new LedgerNews.NotLeading("higher ballot")));
        bench.ballot = new Ballot(5, N1);
        bench.leads();
        bench.proven(bench.now);
        bench.hears(N3, N1, N2);
        ask(bench, N3, 7);
        assertThat(answers(bench)).isEmpty();
    }

    @Test
    @DisplayName("A5: leading alone gives no right to act; the own proof does")
    void theLeaderActsByItsOwnProof() {
        Bench bench = leader();
        assertThat(bench.membership.actUntil()).isEqualTo(1_000 * MS);
        bench.news();
        bench.now += 50 * MS;
        bench.proven(bench.now - 20 * MS);
        assertThat(bench.news()).containsExactly(new ActUntil(bench.now - 20 * MS + LAN.leaseNs()));
    }

    @Test
    void aLeaderThatIsNoMemberMayNotAct() {
        Bench bench = new Bench(N1, 3);
        bench.applied(Bench.joined(N2));
        bench.leads();
        bench.proven(bench.now);
        assertThat(bench.news()).doesNotHaveAnyElementsOfTypes(ActUntil.class);
    }

    @Test
    void aMemberAsksWellWithinTheLease() {
        Bench bench = member();
        List<Recorded.Sent> asks = bench.runFor(LAN.leaseNs() - 1).stream()
                .filter(sent -> sent.message() instanceof LeaseAsk).toList();
        assertThat(asks).hasSize(8).allMatch(sent -> sent.to().equals(NodeId.of(1)));
    }

    @Test
    @DisplayName("A2: the member's lease counts from its own stamp and falls at once on its own eviction")
    void aMembersLeaseIsByRoundTripAndEndsWithItsEviction() {
        Bench bench = member();
        long stamp = bench.now;
        bench.runFor(40 * MS);
        bench.news();
        bench.tell(new Arrived(N1, new LeaseAnswer(stamp, 10 * MS, 1)));
        long until = stamp - 10 * MS - 10 * MS / 1_000 + LAN.leaseNs();
        assertThat(bench.news()).containsExactly(new ActUntil(until));
        assertThat(bench.membership.actUntil()).isEqualTo(until);
        bench.applied(Bench.evicted(N3));
        assertThat(bench.news()).containsExactly(
                new ActUntil(bench.now), new MembershipNews.SelfOut(false, "not heard"));
        bench.tell(new Arrived(N1, new LeaseAnswer(stamp, 0, 99)));
        assertThat(bench.news()).isEmpty();
        assertThat(bench.runFor(10 * LAN.askNs())).as("who is out says nothing").isEmpty();
    }

    @Test
    @DisplayName("A2: an answer of a version before the one that has us in does not count")
    void anAnswerFromBeforeTheJoinDoesNotCount() {
        Bench bench = new Bench(N3, 3);
        bench.members(N1, N2);
        bench.follows(N1);
        bench.applied(Bench.joined(N3));
        long stamp = bench.now;
        bench.runFor(0);
        bench.news();
        bench.tell(new Arrived(N1, new LeaseAnswer(stamp, 0, 1)));
        assertThat(bench.news()).isEmpty();
        bench.tell(new Arrived(N1, new LeaseAnswer(stamp, 0, 2)));
        assertThat(bench.news()).hasSize(1);
    }

    @Test
    @DisplayName("A6: after an own pause the gate is shut until a fresh round trip, which is asked for at once")
    void aPauseShutsTheGate() {
        Bench bench = member();
        long stamp = bench.now;
        bench.runFor(0);
        bench.tell(new Arrived(N1, new LeaseAnswer(stamp, 0, 1)));
        bench.news();
        bench.now += 700 * MS;
        bench.tell(new Heard(new HeartbeatNews.SelfPaused(700 * MS)));
        assertThat(bench.news()).containsExactly(new ActUntil(bench.now));
        bench.tell(new Arrived(N1, new LeaseAnswer(stamp, 0, 1)));
        assertThat(bench.news()).isEmpty();
        assertThat(bench.runFor(0)).anyMatch(sent -> sent.message().equals(new LeaseAsk(bench.now)));
        bench.tell(new Arrived(N1, new LeaseAnswer(bench.now, 0, 1)));
        assertThat(bench.news()).containsExactly(new ActUntil(bench.now + LAN.leaseNs()));
    }

    @Test
    void whoWantsToLeaveActsNoMoreAndAsksUntilItIsOut() {
        Bench bench = member();
        long stamp = bench.now;
        bench.runFor(0);
        bench.tell(new Arrived(N1, new LeaseAnswer(stamp, 0, 1)));
        bench.now += 5 * MS;
        bench.news();
        bench.tell(new MembershipInput.LeaveWanted());
        assertThat(bench.news()).containsExactly(new ActUntil(bench.now));
        List<Recorded.Sent> sent = bench.runFor(2 * LAN.askNs());
        assertThat(sent).filteredOn(each -> each.message() instanceof MembershipMessage.LeaveAsk).hasSize(3);
        assertThat(sent).noneMatch(each -> each.message() instanceof LeaseAsk);
        bench.applied(Bench.left(N3));
        assertThat(bench.news()).containsExactly(new MembershipNews.SelfOut(true, "left as asked"));
    }

    @Test
    void whoIsNoMemberLeavesAtOnce() {
        Bench bench = new Bench(N3, 3);
        bench.tell(new MembershipInput.LeaveWanted());
        assertThat(bench.news()).containsExactly(new MembershipNews.SelfOut(true, "was not a member"));
    }

    @Test
    void aNodeWhoseRecordFailsActsNoMore() {
        Bench bench = leader();
        bench.proven(bench.now);
        bench.now += MS;
        bench.news();
        bench.tell(new Agreed(new LedgerNews.RecordFailed("disk full")));
        assertThat(bench.news()).containsExactly(new ActUntil(bench.now));
        ask(bench, N2, 5);
        assertThat(answers(bench)).isEmpty();
    }

    @Test
    void operatorsWishesAreToldToTheLeaderUntilTheyAreTrue() {
        Bench bench = member();
        bench.runFor(0);
        bench.tell(new MembershipInput.EvictWanted(N2, "rack"));
        assertThat(bench.runFor(LAN.askNs())).filteredOn(
                sent -> sent.message().equals(new MembershipMessage.EvictAsk(N2, "rack"))).hasSize(2);
        bench.applied(Bench.evicted(N2));
        assertThat(bench.runFor(LAN.askNs())).noneMatch(sent -> sent.message() instanceof MembershipMessage.EvictAsk);
    }

    private static Bench leader() {
        Bench bench = new Bench(N1, 3);
        bench.members(N1, N2, N3);
        bench.allWell(N1, N2, N3);
        bench.leads();
        return bench;
    }

    private static Bench member() {
        Bench bench = new Bench(N3, 3);
        bench.members(N1, N2, N3);
        bench.follows(N1);
        return bench;
    }

    private static void ask(Bench bench, Incarnation who, long stamp) {
        bench.tell(new Arrived(who, new LeaseAsk(stamp)));
    }

    private static List<Object> answers(Bench bench) {
        return bench.out.takeSent().stream().map(sent -> (Object) sent.message())
                .filter(LeaseAnswer.class::isInstance).toList();
    }
}
