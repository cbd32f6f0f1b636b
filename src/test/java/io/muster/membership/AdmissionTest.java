package io.muster.membership;

import static io.muster.membership.Bench.LAN;
import static io.muster.membership.Bench.joined;
import static io.muster.membership.Bench.life;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.Recorded;
import io.muster.ledger.LedgerEvent;
import io.muster.membership.MembershipInput.Arrived;
import io.muster.membership.MembershipMessage.JoinAsk;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who may come in, and how it asks. */
final class AdmissionTest {

    private static final Incarnation N1 = life(1, 1);
    private static final Incarnation N2 = life(2, 1);
    private static final Incarnation N3 = life(3, 1);

    @Test
    void theLeaderOfAnEmptyClusterComesInFirstAndWithItWhomItHearsBothWays() {
        Bench bench = new Bench(N1, 3);
        bench.leads();
        bench.hears(N2, N1);
        bench.hears(N3);
        ask(bench, N2);
        ask(bench, N3);
        assertThat(bench.wants()).containsExactly(joined(N1), joined(N2));
        assertThat(bench.membership.joinObstacles()).containsEntry(
                NodeId.of(3), "n1#1 and n3#1 do not hear each other yet");
    }

    @Test
    @DisplayName("001-6: nobody is admitted without a two-way link to each member")
    void aLifeThatOneMemberDoesNotHearWaits() {
        Bench bench = new Bench(N1, 3);
        bench.members(N1, N2);
        bench.leads();
        bench.hears(N2, N1);
        bench.hears(N3, N1, N2);
        ask(bench, N3);
        assertThat(bench.wants()).isEmpty();
        assertThat(bench.membership.joinObstacles()).containsValue("n2#1 and n3#1 do not hear each other yet");
        bench.row(N2, N1, N3);
        assertThat(bench.wants()).containsExactly(joined(N3));
    }

    @Test
    @DisplayName("V4: who goes out again and again has to ask for longer each time, and a new leader knows that too")
    void whoGoesOutAgainAndAgainHasToAskForLonger() {
        Bench bench = new Bench(N1, 2);
        bench.members(N1);
        for (int life = 1; life <= 4; life++) {
            bench.applied(joined(life(2, life)));
            bench.applied(new LedgerEvent.MemberDropped(life(2, life), "silent"));
        }
        Incarnation again = life(2, 5);
        long coolDownNs = 4 * LAN.askNs();
        assertThat(Admission.coolDownNs(4, LAN)).isEqualTo(coolDownNs);
        bench.leads();
        bench.hears(again, N1);
        ask(bench, again);
        assertThat(bench.wants()).isEmpty();
        assertThat(bench.membership.joinObstacles()).containsEntry(
                NodeId.of(2), "n2 went out 4 times lately: it has to wait for another 800 ms");
        bench.now += coolDownNs - 1;
        bench.row(again, N1);
        ask(bench, again);
        assertThat(bench.wants()).isEmpty();
        bench.now++;
        assertThat(bench.wants()).containsExactly(joined(again));
    }

    @Test
    void theCoolDownIsNothingAtFirstDoublesAndIsBounded() {
        assertThat(Admission.coolDownNs(1, LAN)).isZero();
        for (int lapses = 2; lapses < 8; lapses++) {
            assertThat(Admission.coolDownNs(lapses + 1, LAN)).isEqualTo(2 * Admission.coolDownNs(lapses, LAN));
        }
        assertThat(Admission.coolDownNs(32, LAN)).isEqualTo(Admission.COOL_DOWN_MAX_ASKS * LAN.askNs());
    }

    @Test
    @DisplayName("001-6: while members lack a link nobody comes in: no view is proposed with a link missing")
    void whileMembersLackALinkNobodyComesIn() {
        Bench bench = new Bench(N1, 5);
        Incarnation n4 = life(4, 1);
        Incarnation n5 = life(5, 1);
        bench.members(N1, N2, N3, n4);
        bench.leads();
        bench.allWell(N1, N2, N3, n4);
        bench.hears(n5, N1, N2, N3, n4);
        bench.loses(N3);
        bench.loses(n4);
        bench.row(N2, N1, N3, n4, n5);
        bench.row(N3, N2, n4, n5);
        bench.row(n4, N2, N3, n5);
        ask(bench, n5);
        assertThat(bench.wants()).as("n2, n3 and n4 are more than n1 and n2: it waits").isEmpty();
        assertThat(bench.membership.joinObstacles().get(NodeId.of(5))).contains("do not all hear each other");
    }

    @Test
    @DisplayName("V1: an old row is treated as cut for joining")
    void anOldRowIsNotEnoughToJoinBy() {
        Bench bench = new Bench(N1, 3);
        bench.members(N1, N2);
        bench.leads();
        bench.hears(N2, N1, N3);
        bench.hears(N3, N1, N2);
        bench.now += 2 * LAN.askNs() + 1;
        ask(bench, N3);
        bench.row(N3, N1, N2);
        assertThat(bench.wants()).isEmpty();
        bench.row(N2, N1, N3);
        assertThat(bench.wants()).containsExactly(joined(N3));
    }

    @Test
    @DisplayName("V4: no readmission in the version that evicts; who comes back is a new life, and comes back fenced")
    void aNodeComesBackAsANewLifeWhenItsOldOneIsHarmless() {
        Bench bench = new Bench(N1, 3);
        Incarnation again = life(3, 2);
        bench.members(N1, N2, N3);
        bench.allWell(N1, N2, N3);
        bench.leads();
        bench.loses(N3);
        bench.hears(again, N1, N2);
        bench.row(N2, N1, again);
        ask(bench, again);
        assertThat(bench.wants()).extracting(Object::getClass).hasSize(1);
        assertThat(bench.membership.joinObstacles()).containsValue("its former life goes in this very version");
        bench.applied(Bench.evicted(N3));
        assertThat(bench.wants()).isEmpty();
        assertThat(bench.membership.joinObstacles()).containsValue("a former life of n3#2 is not harmless");
        bench.applied(Bench.intended(1, N3));
        bench.applied(Bench.evidenced(1, N3));
        assertThat(bench.wants()).containsExactly(joined(again));
    }

    @Test
    void aPastLifeIsNeverAdmittedAgain() {
        Bench bench = new Bench(N1, 3);
        bench.members(N1, N2, life(3, 2));
        bench.leads();
        bench.hears(N2, N1, N3);
        bench.applied(Bench.left(life(3, 2)));
        bench.hears(N3, N1, N2);
        ask(bench, N3);
        ask(bench, life(3, 2));
        assertThat(bench.wants()).isEmpty();
    }

    @Test
    void whoIsNotConfiguredIsNotAdmitted() {
        Bench bench = new Bench(N1, 3);
        bench.members(N1);
        bench.leads();
        Incarnation stranger = life(7, 1);
        bench.hears(stranger, N1);
        ask(bench, stranger);
        assertThat(bench.wants()).isEmpty();
    }

    @Test
    void theWishToJoinIsToldToTheLeaderAgainAndAgainUntilItIsTrue() {
        Bench bench = new Bench(N3, 3);
        assertThat(bench.runFor(LAN.askNs())).noneMatch(sent -> sent.message() instanceof JoinAsk);
        assertThat(bench.membership.joining().orElseThrow().asked()).isEmpty();
        bench.follows(N1);
        assertThat(asks(bench.runFor(0))).containsExactly(NodeId.of(1));
        assertThat(asks(bench.runFor(3 * LAN.askNs()))).hasSize(3);
        bench.follows(N2);
        assertThat(asks(bench.runFor(0))).as("a new leader is asked at once").containsExactly(NodeId.of(2));
        assertThat(bench.membership.joining().orElseThrow().asked()).contains(N2);
        bench.members(N1, N2, N3);
        assertThat(asks(bench.runFor(3 * LAN.askNs()))).isEmpty();
        assertThat(bench.membership.joining()).isEmpty();
    }

    @Test
    void theRowIsToldToEverybodyAgainAndAgainAndSoonerWhenItChanges() {
        Bench bench = new Bench(N3, 3);
        assertThat(rows(bench.runFor(0))).containsExactly(List.of(), List.of());
        assertThat(rows(bench.runFor(LAN.askNs() - 1))).isEmpty();
        assertThat(rows(bench.runFor(1))).hasSize(2);
        bench.now += LAN.askNs() / 2;
        bench.hears(N1);
        assertThat(rows(bench.runFor(0))).containsExactly(List.of(N1), List.of(N1));
        bench.hears(N2);
        assertThat(rows(bench.runFor(0))).as("its rate is bounded").isEmpty();
        assertThat(rows(bench.runFor(LAN.askNs() / 8))).containsExactly(List.of(N1, N2), List.of(N1, N2));
    }

    private static List<NodeId> asks(List<Recorded.Sent> sent) {
        return sent.stream().filter(each -> each.message() instanceof JoinAsk).map(Recorded.Sent::to).toList();
    }

    private static List<List<Incarnation>> rows(List<Recorded.Sent> sent) {
        return sent.stream().map(Recorded.Sent::message)
                .filter(MembershipMessage.Row.class::isInstance)
                .map(row -> ((MembershipMessage.Row) row).heard()).toList();
    }

    private static void ask(Bench bench, Incarnation who) {
        bench.tell(new Arrived(who, new JoinAsk(HostProcess.UNKNOWN)));
    }
}
