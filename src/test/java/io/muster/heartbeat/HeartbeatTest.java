package io.muster.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatInput.Arrived;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.heartbeat.HeartbeatNews.LinksChanged;
import io.muster.heartbeat.HeartbeatNews.PeerHeard;
import io.muster.heartbeat.HeartbeatNews.PeerLost;
import io.muster.heartbeat.HeartbeatNews.SelfPaused;
import io.muster.machine.Machine;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** n1 with the peers n2 and n3 over two links. */
final class HeartbeatTest {

    private static final long MS = TimeBudget.MS;
    private static final TimeBudget LAN = TimeBudget.lan();
    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final NodeId N3 = NodeId.of(3);
    private static final Incarnation N2_1 = Incarnation.of(2, 1);
    private static final Incarnation N3_1 = Incarnation.of(3, 1);
    private static final Incarnation N3_2 = Incarnation.of(3, 2);
    private static final NodeSet NOBODY = NodeSet.NONE;
    private static final NodeSet US = NodeSet.of(N1);

    private final Recorded<HeartbeatNews> out = new Recorded<>();
    private final Heartbeat heartbeat = new Heartbeat(Incarnation.of(1, 1), NodeSet.of(N2, N3), 2, LAN, 0);
    private long now;
    private long sequence;

    @Test
    void pulsesGoToEveryPeerOnEveryLinkOncePerPeriod() {
        runTo(0);
        assertThat(out.takeCasts()).hasSize(4).allMatch(cast -> ((Pulse) cast.message()).sequence() == 1);
        runTo(LAN.pulseNs() - 1);
        assertThat(out.takeCasts()).isEmpty();
        runTo(LAN.pulseNs());
        assertThat(out.takeCasts()).extracting(Recorded.Cast::to, Recorded.Cast::link)
                .containsExactly(t(N2, 0), t(N3, 0), t(N2, 1), t(N3, 1));
    }

    @Test
    void aPulseSaysWhomItsSenderHearsOnThatLinkOnly() {
        hear(N2_1, 1, NOBODY);
        out.takeCasts();
        runTo(now);
        assertThat(out.takeCasts()).filteredOn(cast -> cast.link() == 0)
                .allMatch(cast -> ((Pulse) cast.message()).heard().isEmpty());
        hear(N2_1, 0, NOBODY);
        runTo(now + LAN.pulseNs());
        assertThat(out.takeCasts()).filteredOn(cast -> cast.link() == 0)
                .allMatch(cast -> ((Pulse) cast.message()).heard().equals(NodeSet.of(N2)));
    }

    @Test
    void aLinkIsTwoWayOnlyWhenBothDirectionsAreSeenOnTheSameLink() {
        hear(N2_1, 0, NOBODY);
        assertThat(out.takeNews()).containsExactly(
                new PeerHeard(N2_1), new LinksChanged(NodeSet.of(N2), NodeSet.NONE));
        hear(N2_1, 1, US);
        assertThat(out.takeNews()).containsExactly(new LinksChanged(NodeSet.of(N2), NodeSet.of(N2)));
        hear(N2_1, 1, NOBODY);
        assertThat(out.takeNews()).containsExactly(new LinksChanged(NodeSet.of(N2), NodeSet.NONE));
        assertThat(heartbeat.heard()).isEqualTo(NodeSet.of(N2));
        assertThat(heartbeat.twoWay()).isEqualTo(NodeSet.NONE);
    }

    @Test
    void aPeerIsLostOnlyWhenItIsSilentOnAllLinks() {
        hear(N2_1, 0, US);
        hear(N2_1, 1, US);
        for (long at = 100 * MS; at <= 1_000 * MS; at += 100 * MS) {
            runTo(at);
            hear(N2_1, 1, US);
        }
        assertThat(out.takeNews()).doesNotHaveAnyElementsOfTypes(PeerLost.class);
        runTo(1_000 * MS + LAN.silenceNs() - 1);
        assertThat(out.takeNews()).isEmpty();
        runTo(1_000 * MS + LAN.silenceNs());
        assertThat(out.takeNews()).containsExactly(
                new PeerLost(N2_1, "not heard by n1 on any link for 600 ms", LAN.silenceNs()),
                new LinksChanged(NodeSet.NONE, NodeSet.NONE));
    }

    @Test
    void repeatedAndOvertakenPulsesAreNoSignOfLife() {
        hear(N2_1, 0, US, 7);
        runTo(500 * MS);
        hear(N2_1, 0, US, 7);
        hear(N2_1, 0, NOBODY, 6);
        assertThat(heartbeat.twoWay()).isEqualTo(NodeSet.of(N2));
        runTo(LAN.silenceNs());
        assertThat(lost()).containsExactly(N2_1);
        hear(N2_1, 0, US, 7);
        assertThat(out.takeNews()).isEmpty();
        hear(N2_1, 0, US, 8);
        assertThat(out.takeNews()).startsWith(new PeerHeard(N2_1));
    }

    @Test
    void sequencesOfTheLinksAreCountedApart() {
        hear(N2_1, 0, US, 900);
        hear(N2_1, 1, US, 1);
        runTo(500 * MS);
        hear(N2_1, 1, US, 2);
        runTo(LAN.silenceNs());
        assertThat(lost()).isEmpty();
    }

    @Test
    @DisplayName("the end of the old life is told before the beginning of the new one (L10)")
    void aNewerLifeEndsTheOldOneFirst() {
        hear(N3_1, 0, US);
        out.takeNews();
        now = 40 * MS;
        hear(N3_2, 0, NOBODY, 1);
        assertThat(out.takeNews()).containsExactly(
                new PeerLost(N3_1, "a newer life n3#2 is heard", 40 * MS),
                new PeerHeard(N3_2),
                new LinksChanged(NodeSet.of(N3), NodeSet.NONE));
    }

    @Test
    void aLowerLifeIsNeverHeardAgain() {
        hear(N3_2, 0, US);
        runTo(LAN.silenceNs());
        assertThat(lost()).containsExactly(N3_2);
        hear(N3_1, 0, US, 1_000);
        assertThat(out.takeNews()).isEmpty();
    }

    @Test
    void aLifeThatWasLostAndReplacedIsToldLostOnce() {
        hear(N3_1, 0, US);
        runTo(LAN.silenceNs());
        assertThat(lost()).containsExactly(N3_1);
        hear(N3_2, 0, US, 1);
        assertThat(out.takeNews()).containsExactly(
                new PeerHeard(N3_2), new LinksChanged(NodeSet.of(N3), NodeSet.of(N3)));
    }

    @Test
    void whoWasAwayItselfGivesEveryPeerAFreshChance() {
        hear(N2_1, 0, US);
        runTo(0);
        out.takeNews();
        now = 2_000 * MS;
        heartbeat.due(now, out);
        assertThat(out.takeNews()).containsExactly(new SelfPaused(2_000 * MS - LAN.pulseNs()));
        runTo(now + LAN.silenceNs() - 1);
        assertThat(lost()).isEmpty();
        runTo(now + LAN.silenceNs());
        assertThat(lost()).containsExactly(N2_1);
    }

    @Test
    void thePauseIsNoticedAlsoWhenAnInputComesBeforeTheTimer() {
        hear(N2_1, 0, US);
        hear(N3_1, 0, US);
        runTo(0);
        out.takeNews();
        now = 2_000 * MS;
        hear(N2_1, 0, US);
        assertThat(out.takeNews()).containsExactly(new SelfPaused(2_000 * MS - LAN.pulseNs()));
        runTo(now);
        assertThat(lost()).isEmpty();
    }

    @Test
    void onePauseIsToldOnceHoweverManyLettersWaited() {
        hear(N2_1, 0, US);
        hear(N3_1, 0, US);
        runTo(0);
        out.takeNews();
        for (int letter = 0; letter < 5; letter++) {
            now = 2_000 * MS + letter;
            hear(N2_1, 0, US);
        }
        assertThat(out.takeNews()).containsExactly(new SelfPaused(2_000 * MS - LAN.pulseNs()));
    }

    @Test
    void aTimerThatIsALittleLateWaitsOneTurnForWhatIsQueuedBehindIt() {
        hear(N2_1, 0, US);
        runTo(LAN.silenceNs() - MS);
        now = LAN.silenceNs() + 100 * MS;
        heartbeat.due(now, out);
        assertThat(lost()).isEmpty();
        hear(N2_1, 0, US);
        runTo(now + 100 * MS);
        assertThat(lost()).isEmpty();
    }

    @Test
    void aMachineThatIsAlwaysALittleLateComesToAVerdictAllTheSame() {
        hear(N2_1, 0, US);
        while (now < 2 * LAN.silenceNs()) {
            now = heartbeat.deadline() + LAN.pauseNs() / 2;
            heartbeat.due(now, out);
        }
        assertThat(lost()).containsExactly(N2_1);
    }

    @Test
    void aProbeIsAnsweredAtOnceOnItsLink() {
        heartbeat.step(new Arrived(N2_1, 1, new Pulse(1, NOBODY, true)), now, out);
        assertThat(out.takeCasts()).containsExactly(
                new Recorded.Cast(N2, 1, new Pulse(1, NodeSet.of(N2), false)));
    }

    @Test
    void whoSignedOffIsSilentButStillListens() {
        runTo(0);
        out.takeCasts();
        heartbeat.step(new HeartbeatInput.Silence(), now, out);
        heartbeat.step(new Arrived(N2_1, 1, new Pulse(1, NOBODY, true)), now, out);
        assertThat(heartbeat.deadline()).isEqualTo(LAN.silenceNs());
        runTo(LAN.silenceNs());
        assertThat(out.takeCasts()).isEmpty();
        assertThat(out.takeNews()).contains(new PeerHeard(N2_1));
        assertThat(heartbeat.deadline()).isEqualTo(Machine.NEVER);
    }

    @Test
    void whatDoesNotConcernThisNodeIsDropped() {
        Pulse pulse = new Pulse(1, US, true);
        heartbeat.step(new Arrived(Incarnation.of(9, 1), 0, pulse), now, out);
        heartbeat.step(new Arrived(Incarnation.of(1, 1), 0, pulse), now, out);
        heartbeat.step(new Arrived(N2_1, 2, pulse), now, out);
        heartbeat.step(new Arrived(N2_1, -1, pulse), now, out);
        heartbeat.step(new HeartbeatInput.StreamClosed(NodeId.of(9)), now, out);
        heartbeat.step(new HeartbeatInput.StreamRefused(N1), now, out);
        heartbeat.step(new HeartbeatInput.StreamOpened(NodeId.of(63)), now, out);
        assertThat(out.takeNews()).isEmpty();
        assertThat(out.takeCasts()).isEmpty();
    }

    @Test
    @DisplayName("the local view is readable by itself (001-4)")
    void thePictureShowsEachPeer() {
        hear(N2_1, 0, US);
        runTo(30 * MS);
        assertThat(heartbeat.picture(now)).containsExactly(
                new PeerPicture(N2, java.util.Optional.of(N2_1), true, true, 30 * MS),
                new PeerPicture(N3, java.util.Optional.empty(), false, false, -1));
    }

    @Test
    void equalInputsLeaveEqualDigestsAndOtherInputsOthers() {
        Heartbeat twin = new Heartbeat(Incarnation.of(1, 1), NodeSet.of(N2, N3), 2, LAN, 0);
        hear(N2_1, 0, US, 1);
        assertThat(digest(twin)).isNotEqualTo(digest(heartbeat));
        twin.step(new Arrived(N2_1, 0, new Pulse(1, US, false)), 0, out);
        assertThat(digest(twin)).isEqualTo(digest(heartbeat));
    }

    private static long digest(Heartbeat of) {
        Hash64 hash = new Hash64();
        of.digest(hash);
        return hash.value();
    }

    private List<Incarnation> lost() {
        return out.takeNews().stream().filter(PeerLost.class::isInstance).map(n -> ((PeerLost) n).who()).toList();
    }

    private void hear(Incarnation from, int link, NodeSet heard) {
        hear(from, link, heard, ++sequence);
    }

    private void hear(Incarnation from, int link, NodeSet heard, long number) {
        heartbeat.step(new Arrived(from, link, new Pulse(number, heard, false)), now, out);
    }

    /** Runs all that is due, in time, to this moment. */
    private void runTo(long moment) {
        while (heartbeat.deadline() <= moment) {
            now = Math.max(now, heartbeat.deadline());
            heartbeat.due(now, out);
        }
        now = moment;
    }

    private static org.assertj.core.groups.Tuple t(NodeId to, int link) {
        return org.assertj.core.api.Assertions.tuple(to, link);
    }
}
