package io.muster.membership;

import static io.muster.membership.Bench.LAN;
import static io.muster.membership.Bench.MS;
import static io.muster.membership.Bench.life;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.Ballot;
import io.muster.ledger.GroupName;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerEvent.MemberDropped;
import io.muster.ledger.LedgerNews;
import io.muster.membership.MembershipInput.Agreed;
import io.muster.membership.MembershipInput.Arrived;
import io.muster.membership.MembershipInput.EvictWanted;
import io.muster.membership.MembershipInput.Heard;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who has to go, as the leader n1 sees it. */
final class EvictionTest {

    private static final Incarnation N1 = life(1, 1);
    private static final Incarnation N2 = life(2, 1);
    private static final Incarnation N3 = life(3, 1);
    private static final Incarnation N4 = life(4, 1);
    private static final Incarnation N5 = life(5, 1);
    private static final long HOLD = LAN.silenceNs() + 2 * LAN.pulseNs();
    private static final long ROW_LIMIT = LAN.silenceNs() + 4 * LAN.askNs();

    @Test
    void aHealthyClusterWantsNothing() {
        Bench bench = three();
        assertThat(bench.wants()).isEmpty();
        assertThat(bench.membership.blocked()).isEmpty();
    }

    @Test
    void onlyTheLeaderWantsAnything() {
        Bench bench = three();
        bench.loses(N3);
        bench.tell(new Agreed(new LedgerNews.NotLeading("a higher ballot")));
        assertThat(bench.wants()).isEmpty();
        bench.leads();
        assertThat(bench.state.draft(new Ballot(9, N1))).satisfies(draft -> {
            bench.membership.wants(draft, bench.now);
            assertThat(draft.events()).as("a draft of another ballot").isEmpty();
        });
    }

    @Test
    void aMemberThatTheOwnHeartbeatLostIsEvictedAtOnceWithTheReason() {
        Bench bench = three();
        bench.loses(N3);
        assertThat(bench.wants()).containsExactly(
                new MemberDropped(N3, "not heard by n1 on any link for 612 ms"));
    }

    @Test
    @DisplayName("V5: whom others still name is put out once they have had the time to tell their own losses")
    void theOthersGetTheTimeToTellTheirOwnLosses() {
        Bench bench = three();
        bench.tell(new Heard(new HeartbeatNews.PeerLost(N3, "not heard", 612 * MS)));
        assertThat(bench.wants()).isEmpty();
        assertThat(bench.membership.blocked().orElseThrow()).contains("waiting to see");
        bench.now += 2 * LAN.pulseNs();
        assertThat(bench.wants()).containsExactly(new MemberDropped(N3, "not heard"));

        Bench sooner = three();
        sooner.tell(new Heard(new HeartbeatNews.PeerLost(N3, "not heard", 612 * MS)));
        sooner.row(N2, N1);
        assertThat(sooner.wants()).as("n2 has lost it too").containsExactly(new MemberDropped(N3, "not heard"));
    }

    @Test
    void aNewLeaderEvictsTheKilledOneInItsFirstVersion() {
        Bench bench = formed(3);
        bench.allWell(N1, N2, N3);
        bench.loses(N3);
        bench.leads();
        assertThat(bench.wants()).hasSize(1).first().isInstanceOf(MemberDropped.class);
    }

    @Test
    @DisplayName("V1: an unpublished row is no cut until the timeout")
    void aNewLeaderGivesMembersItHasNotHeardYetTime() {
        Bench bench = formed(3);
        bench.hears(N2, N1);
        bench.leads();
        assertThat(bench.wants()).isEmpty();
        bench.now += LAN.silenceNs() - 1;
        assertThat(bench.wants()).isEmpty();
        bench.now += 1;
        assertThat(bench.wants()).containsExactly(new MemberDropped(N3, "not heard by n1 on any link for 600 ms"));
    }

    @Test
    @DisplayName("V6: whose row cannot be read for the timeout is out")
    void aMemberThatIsHeardAndTellsNothingIsEvictedLater() {
        Bench bench = three();
        bench.now += ROW_LIMIT - 1;
        bench.row(N2, N1, N3);
        assertThat(bench.wants()).isEmpty();
        bench.now += 1;
        assertThat(bench.wants()).containsExactly(new MemberDropped(N3, "it has told n1 nothing for 1400 ms"));
    }

    @Test
    void ownAbsenceGivesEverybodyTimeAgain() {
        Bench bench = three();
        bench.now += 2 * ROW_LIMIT;
        bench.tell(new Heard(new HeartbeatNews.SelfPaused(2 * ROW_LIMIT)));
        assertThat(bench.wants()).isEmpty();
    }

    @Test
    @DisplayName("V2: nothing is proposed that leaves no quorum, and why says so")
    void withoutAQuorumLeftNothingIsProposed() {
        Bench bench = three();
        bench.loses(N2);
        bench.loses(N3);
        assertThat(bench.wants()).isEmpty();
        assertThat(bench.membership.blocked().orElseThrow()).isEqualTo(
                "of the members {n1 n2 n3} no set with two-way links has 2 of 3 votes; "
                + "n2: not heard by n1 on any link for 612 ms; n3: not heard by n1 on any link for 612 ms");
        bench.hears(N2, N1);
        assertThat(bench.wants()).containsExactly(new MemberDropped(N3, "not heard by n1 on any link for 612 ms"));
        assertThat(bench.membership.blocked()).isEmpty();
    }

    @Test
    void aVoterThatCameBackInANewLifeCountsForTheQuorumThoughItsOldLifeGoes() {
        Bench bench = new Bench(N1, 2);
        bench.members(N1, N2);
        bench.allWell(N1, N2);
        bench.leads();
        bench.loses(N2);
        assertThat(bench.wants()).isEmpty();
        bench.hears(life(2, 2), N1);
        assertThat(bench.wants()).containsExactly(new MemberDropped(N2, "a newer life n2#2 is heard"));
    }

    @Test
    void aNewLifeThatAsksToJoinEndsTheOldOne() {
        Bench bench = three();
        bench.tell(new Arrived(life(3, 2), new MembershipMessage.JoinAsk(HostProcess.UNKNOWN)));
        assertThat(bench.wants()).containsExactly(new MemberDropped(N3, "n3#2 asks to join"));
    }

    @Test
    @DisplayName("V3: whoever reports a death first is not taken for the one with the broken link")
    void aLinkThatOthersReportCutCountsOnlyAfterThisNodeWouldHaveNoticedADeath() {
        Bench bench = three();
        bench.now += 5_000 * MS;
        // n2 is dead; n3 has noticed it, n1 has not. n1 and n2 are the lower ids.
        bench.rows(N1, N2, N3);
        bench.row(N3, N1);
        bench.now += HOLD - 1;
        assertThat(bench.wants()).isEmpty();
        bench.loses(N2);
        assertThat(bench.wants()).extracting(event -> ((MemberDropped) event).who()).containsExactly(N2);
    }

    @Test
    void aLinkBetweenTwoOthersThatStaysCutCostsTheHigherOne() {
        Bench bench = three();
        bench.now += HOLD;
        bench.rows(N1, N2, N3);
        bench.row(N3, N1);
        bench.now += HOLD;
        assertPutOut(bench, N3, "it has not heard n2 for 700 ms");
    }

    @Test
    void oneWayIsNotEnough() {
        Bench bench = three();
        bench.now += HOLD;
        // n3 is heard by n1 and does not hear n1.
        bench.rows(N1, N2, N3);
        bench.row(N3, N2);
        bench.now += HOLD;
        bench.row(N3, N2);
        bench.row(N2, N1, N3);
        assertPutOut(bench, N3, "it has not heard n1 for 700 ms");
    }

    @Test
    @DisplayName("V6: a member that is heard one way only must not win by its last row against a healthy one")
    void pulsesThatSayTheyDoNotHearUsCountSoonerThanRowsOfOthers() {
        Bench bench = new Bench(N2, 3);
        bench.members(N1, N2, N3);
        bench.allWell(N1, N2, N3);
        bench.leads();
        bench.now += HOLD;
        bench.rows(N1, N2, N3);
        // n1 hears nobody any more and its rows do not come; n3 does not hear n1. n1 and n2 are the lower ids.
        bench.tell(new Heard(new HeartbeatNews.LinksChanged(
                NodeSet.of(NodeId.of(1), NodeId.of(3)), NodeSet.of(NodeId.of(3)))));
        bench.row(N3, N2);
        bench.now += LAN.pauseNs() - 1;
        assertThat(bench.wants()).isEmpty();
        bench.now += HOLD - LAN.pauseNs() + 1;
        bench.row(N3, N2);
        assertPutOut(bench, N1, "it has not heard n2 for 700 ms");
    }

    @Test
    void aPeerThatDoesNotHearTheLeaderGoesWhenItHadTimeToCorrectThat() {
        Bench bench = three();
        bench.now += HOLD;
        bench.rows(N1, N2, N3);
        bench.tell(new Heard(new HeartbeatNews.LinksChanged(
                NodeSet.of(NodeId.of(2), NodeId.of(3)), NodeSet.of(NodeId.of(2)))));
        bench.now += LAN.pauseNs() - 1;
        assertThat(bench.wants()).isEmpty();
        bench.now += 1;
        assertPutOut(bench, N3, "it has not heard n1 for 250 ms");
    }

    @Test
    void amongEqualSetsTheLeaderStays() {
        Bench bench = new Bench(N3, 3);
        bench.members(N1, N2, N3);
        bench.allWell(N1, N2, N3);
        bench.leads();
        bench.loses(N1);
        bench.row(N2, N1, N3);
        assertThat(bench.wants()).as("n1 dead is likelier than n3 cut off, and n3 was elected")
                .extracting(event -> ((MemberDropped) event).who()).containsExactly(N1);
    }

    @Test
    @DisplayName("V5: a leader that is cut off from a larger set goes itself, when that lasts")
    void aLeaderOutsideTheLargestSetPutsItselfOut() {
        Bench bench = five();
        bench.proven(bench.now);
        bench.loses(N4);
        bench.loses(N5);
        bench.rows(N1, N2, N3, N4, N5);
        assertThat(bench.wants()).isEmpty();
        assertThat(bench.membership.blocked().orElseThrow())
                .startsWith("members {n2 n3 n4 n5} hear each other and not n1");
        assertThat(bench.membership.refusesLease(N1)).isFalse();
        bench.now += HOLD;
        bench.rows(N1, N2, N3, N4, N5);
        assertPutOut(bench, N1, "it is not in the better set {n2 n3 n4 n5} with two-way links");
        bench.news();
        bench.proven(bench.now);
        assertThat(bench.news()).as("it stops renewing its own lease first").isEmpty();
        assertThat(bench.membership.refusesLease(N1)).isTrue();
        bench.applied(new MemberDropped(N1, "cut off"));
        assertThat(bench.news()).last().isEqualTo(new MembershipNews.SelfOut(false, "cut off"));
    }

    @Test
    void twoDeadAtOnceAreEvictedAsSoonAsTheOthersMissThemToo() {
        Bench bench = five();
        bench.loses(N4);
        bench.loses(N5);
        assertThat(bench.wants()).isEmpty();
        bench.row(N2, N1, N3);
        bench.row(N3, N1, N2);
        assertThat(bench.wants()).extracting(event -> ((MemberDropped) event).who()).containsExactly(N4, N5);
    }

    @Test
    void anOperatorsWishIsFulfilledAndSaysWhoAskedForIt() {
        Bench bench = three();
        bench.tell(new EvictWanted(N3, "rack moves"));
        assertThat(bench.wants()).containsExactly(new MemberDropped(N3, "rack moves (told on n1)"));
        bench.applied(bench.wants());
        assertThat(bench.wants()).isEmpty();
        bench.tell(new Arrived(N2, new MembershipMessage.EvictAsk(N1, "old kernel")));
        assertThat(bench.wants()).as("n2 alone is no quorum").isEmpty();
        assertThat(bench.membership.blocked().orElseThrow()).contains("n1: old kernel (told on n2)");
    }

    @Test
    void anOperatorsWishDoesNotStandInTheWayOfWhatHasToBe() {
        Bench bench = new Bench(N1, 4);
        bench.members(N1, N2, N3, N4);
        bench.allWell(N1, N2, N3, N4);
        bench.leads();
        bench.tell(new EvictWanted(N3, "rack moves"));
        bench.loses(N4);
        assertThat(bench.wants()).extracting(event -> ((MemberDropped) event).who()).containsExactly(N4);
        assertThat(bench.membership.blocked().orElseThrow()).contains("n3: rack moves (told on n1)");
    }

    @Test
    void aWishThatIsNotRepeatedIsOver() {
        Bench bench = three();
        bench.tell(new Arrived(N2, new MembershipMessage.EvictAsk(N3, "gone mad")));
        bench.now += ROW_LIMIT + 1;
        bench.rows(N1, N2, N3);
        assertThat(bench.wants()).isEmpty();
    }

    @Test
    void whoWasPutOutCannotPutOutOthers() {
        Bench bench = three();
        bench.applied(Bench.evicted(N3));
        bench.tell(new Arrived(N3, new MembershipMessage.EvictAsk(N2, "revenge")));
        bench.tell(new Arrived(life(9, 1), new MembershipMessage.EvictAsk(N2, "unknown")));
        assertThat(bench.wants()).isEmpty();
    }

    @Test
    void aMemberThatAsksToLeaveLeavesWhenItIsInNoGroup() {
        Bench bench = three();
        bench.applied(new LedgerEvent.GroupJoined(new GroupName("g"), N3));
        bench.tell(new Arrived(N3, new MembershipMessage.LeaveAsk()));
        assertThat(bench.wants()).isEmpty();
        bench.applied(new LedgerEvent.GroupLeft(new GroupName("g"), N3));
        assertThat(bench.wants()).containsExactly(new LedgerEvent.MemberLeft(N3));
        assertThat(bench.membership.refusesLease(N3)).isTrue();
    }

    @Test
    void reasonsAreBounded() {
        Bench bench = three();
        bench.tell(new EvictWanted(N3, "x".repeat(10_000)));
        assertThat(((MemberDropped) bench.wants().getFirst()).reason()).hasSize(Membership.REASON_LIMIT);
    }

    @Test
    void aLeaderThatIsNoMemberPutsOutTheDeadAndThenComesInItself() {
        Incarnation again = life(1, 2);
        Bench bench = new Bench(again, 3);
        bench.members(N1, N2, N3);
        bench.hears(life(2, 2), again);
        bench.leads();
        assertThat(bench.wants()).as("n3#1 may be alive and get time").containsExactly(
                new MemberDropped(N1, "its node runs n1#2"),
                new MemberDropped(N2, "a newer life n2#2 is heard"));
        bench.now += LAN.silenceNs();
        bench.row(life(2, 2), again);
        List<LedgerEvent> wanted = bench.wants();
        assertThat(wanted).containsExactly(
                new MemberDropped(N1, "its node runs n1#2"),
                new MemberDropped(N2, "a newer life n2#2 is heard"),
                new MemberDropped(N3, "not heard by n1 on any link for 600 ms"),
                Bench.joined(again));
        bench.applied(wanted);
        assertThat(bench.membership.isMember()).isTrue();
    }

    @Test
    @DisplayName("V3: of two sets of one size the one with the stronger evidence stays: links that are up, then groups")
    void evidenceGoesBeforeIds() {
        Bench bench = three();
        bench.tell(new Arrived(N2, new MembershipMessage.Row(100, List.of(N1), 1, 1)));
        bench.tell(new Arrived(N3, new MembershipMessage.Row(100, List.of(N1), 2, 1)));
        bench.now += HOLD;
        bench.tell(new Arrived(N2, new MembershipMessage.Row(101, List.of(N1), 1, 1)));
        bench.tell(new Arrived(N3, new MembershipMessage.Row(101, List.of(N1), 2, 1)));
        assertPutOut(bench, N2, "not heard by n3 for 700 ms");
        bench.tell(new Arrived(N2, new MembershipMessage.Row(102, List.of(N1), 2, 1)));
        assertPutOut(bench, N3, "not heard by n2 for 700 ms");
        bench.applied(new LedgerEvent.GroupJoined(new GroupName("data"), N3));
        assertPutOut(bench, N2, "not heard by n3 for 700 ms");
    }

    @Test
    @DisplayName("F9: who is in a group is evicted and has to be fenced, who is in none is dropped")
    void whoIsInAGroupIsEvicted() {
        Bench bench = three();
        bench.applied(new LedgerEvent.GroupJoined(new GroupName("data"), N3));
        bench.loses(N3);
        bench.row(N2, N1);
        assertThat(bench.wants()).singleElement().isInstanceOf(LedgerEvent.MemberEvicted.class);
        assertThat(bench.membership.refusesLease(N3)).as("A3").isTrue();
        Bench other = three();
        other.loses(N3);
        assertThat(other.wants()).singleElement().isInstanceOf(MemberDropped.class);
        assertThat(other.membership.refusesLease(N3)).as("A3").isTrue();
    }

    @Test
    void aLeaderThatIsNoMemberLeavesTheLivingIn() {
        Incarnation again = life(1, 2);
        Bench bench = new Bench(again, 3);
        bench.members(N1, N2, N3);
        bench.hears(N2, again, N3);
        bench.hears(N3, again, N2);
        bench.applied(new LedgerEvent.GroupJoined(new GroupName("data"), N1));
        bench.leads();
        bench.tell(new Arrived(N2, new MembershipMessage.LeaseAsk(1)));
        List<LedgerEvent> wanted = bench.wants();
        assertThat(wanted).as("it may hold dirty state").containsExactly(
                new LedgerEvent.MemberEvicted(N1, "its node runs n1#2"));
        assertThat(bench.membership.joinObstacles().get(NodeId.of(1))).contains("very version");
        bench.applied(wanted);
        assertThat(bench.wants()).isEmpty();
        assertThat(bench.membership.joinObstacles().get(NodeId.of(1))).contains("not harmless");
        bench.applied(Bench.intended(1, N1));
        bench.applied(Bench.evidenced(1, N1));
        assertThat(bench.wants()).containsExactly(Bench.joined(again));
    }

    /** n1, n2, n3 are members, n1 leads, everybody hears everybody. */
    private static Bench three() {
        Bench bench = formed(3);
        bench.allWell(N1, N2, N3);
        bench.leads();
        return bench;
    }

    private static Bench five() {
        Bench bench = new Bench(N1, 5);
        bench.members(N1, N2, N3, N4, N5);
        bench.allWell(N1, N2, N3, N4, N5);
        bench.leads();
        return bench;
    }

    private static Bench formed(int nodes) {
        Bench bench = new Bench(N1, nodes);
        bench.members(N1, N2, N3);
        return bench;
    }

    /** By a choice among sets, which names the matrix that it was made from (rule V3). */
    private static void assertPutOut(Bench bench, Incarnation who, String reason) {
        assertThat(bench.wants()).singleElement().isInstanceOfSatisfying(MemberDropped.class, event -> {
            assertThat(event.who()).isEqualTo(who);
            assertThat(event.reason()).matches(Pattern.quote(reason) + " \\(matrix [0-9a-f]{8}\\)");
        });
    }
}
