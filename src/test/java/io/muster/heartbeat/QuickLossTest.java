package io.muster.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatInput.Arrived;
import io.muster.heartbeat.HeartbeatInput.StreamClosed;
import io.muster.heartbeat.HeartbeatInput.StreamOpened;
import io.muster.heartbeat.HeartbeatInput.StreamRefused;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.heartbeat.HeartbeatNews.PeerLost;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A closed stream is a reason to probe, and with refusal and silence a verdict; n1 watches n3 over two links. */
final class QuickLossTest {

    private static final long MS = TimeBudget.MS;
    private static final TimeBudget LAN = TimeBudget.lan();
    private static final NodeId N3 = NodeId.of(3);
    private static final Incarnation N3_1 = Incarnation.of(3, 1);
    private static final NodeSet US = NodeSet.of(NodeId.of(1));
    private static final long CLOSED_AT = 110 * MS;

    private final Recorded<HeartbeatNews> out = new Recorded<>();
    private final Heartbeat heartbeat = new Heartbeat(Incarnation.of(1, 1), NodeSet.of(N3), 2, LAN, 0);
    private long now;
    private long sequence;

    @BeforeEach
    void n3IsHeardAndThenItsStreamIsClosed() {
        hear();
        runTo(100 * MS);
        hear();
        runTo(CLOSED_AT);
        out.takeNews();
        out.takeCasts();
        heartbeat.step(new StreamClosed(N3), now, out);
    }

    @Test
    void aClosedStreamIsAReasonToProbeOnAllLinksAtOnce() {
        runTo(now);
        assertThat(probes()).containsExactly(0, 1);
        runTo(now + LAN.probeNs() / 4);
        assertThat(probes()).containsExactly(0, 1);
    }

    @Test
    void aClosedStreamAloneIsNeverProof() {
        runTo(CLOSED_AT + 400 * MS);
        assertThat(lost()).isEmpty();
        runTo(100 * MS + LAN.silenceNs());
        assertThat(lost()).containsExactly("not heard by n1 on any link for 600 ms");
    }

    @Test
    void refusalAndUnansweredProbesAreAVerdictLongBeforeTheSilenceLimit() {
        heartbeat.step(new StreamRefused(N3), now, out);
        runTo(CLOSED_AT + LAN.probeNs() - 1);
        assertThat(lost()).isEmpty();
        runTo(CLOSED_AT + LAN.probeNs());
        assertThat(lost()).containsExactly("its stream was closed, its host refused a new one 1 times, 4 probes in "
                + "20 ms stayed unanswered");
        assertThat(heartbeat.heard()).isEqualTo(NodeSet.NONE);
        runTo(CLOSED_AT + 400 * MS);
        assertThat(probes()).as("who is lost is probed no more").hasSize(2 * 4);
    }

    @Test
    void theVerdictComesWithTheRefusalWhenThatComesLast() {
        runTo(CLOSED_AT + 60 * MS);
        assertThat(lost()).isEmpty();
        heartbeat.step(new StreamRefused(N3), now, out);
        runTo(now + LAN.probeNs() / 4);
        assertThat(lost()).hasSize(1);
    }

    @Test
    void aPausedProcessWhoseHostStillAcceptsStreamsIsNotLostQuickly() {
        heartbeat.step(new StreamOpened(N3), now, out);
        runTo(CLOSED_AT + 400 * MS);
        assertThat(lost()).isEmpty();
        assertThat(probes()).isEmpty();
    }

    @Test
    void aRefusalFromBeforeTheCloseDoesNotCount() {
        heartbeat.step(new StreamOpened(N3), now, out);
        heartbeat.step(new StreamRefused(N3), now, out);
        heartbeat.step(new StreamClosed(N3), now, out);
        runTo(CLOSED_AT + 400 * MS);
        assertThat(lost()).isEmpty();
    }

    @Test
    void aRefusalWithoutAClosedStreamIsNoReasonToProbe() {
        heartbeat.step(new StreamOpened(N3), now, out);
        heartbeat.step(new StreamRefused(N3), now, out);
        runTo(CLOSED_AT + 400 * MS);
        assertThat(lost()).isEmpty();
        assertThat(probes()).isEmpty();
    }

    @Test
    void aPulseThatWasUnderWayWhenItsSenderDiedOnlyStartsTheSilenceAgain() {
        heartbeat.step(new StreamRefused(N3), now, out);
        runTo(CLOSED_AT + 8 * MS);
        hear();
        runTo(CLOSED_AT + LAN.probeNs() + 7 * MS);
        assertThat(lost()).isEmpty();
        runTo(CLOSED_AT + LAN.probeNs() + 8 * MS + LAN.probeNs() / 4);
        assertThat(lost()).hasSize(1);
    }

    @Test
    void anyPulseSentAfterTheCloseEndsTheProbing() {
        heartbeat.step(new StreamRefused(N3), now, out);
        runTo(CLOSED_AT + 15 * MS);
        hear();
        runTo(CLOSED_AT + 30 * MS);
        hear();
        runTo(CLOSED_AT + 400 * MS);
        assertThat(lost()).isEmpty();
    }

    @Test
    void aRefusalWhileTheStreamIsStillDownProbesAgain() {
        runTo(CLOSED_AT + 15 * MS);
        hear();
        runTo(CLOSED_AT + 30 * MS);
        hear();
        runTo(CLOSED_AT + 200 * MS);
        out.takeCasts();
        heartbeat.step(new StreamRefused(N3), now, out);
        runTo(now + LAN.probeNs());
        assertThat(lost()).hasSize(1);
    }

    @Test
    void fewerThanThreeProbesAreNotEnough() {
        StreamProbe probe = new StreamProbe(20 * MS);
        probe.closed(true, 0);
        probe.refused(true, 0);
        assertThat(probe.probe(0)).isTrue();
        assertThat(probe.probe(100 * MS)).isTrue();
        assertThat(probe.ended(200 * MS)).isFalse();
        assertThat(probe.probe(200 * MS)).isTrue();
        assertThat(probe.ended(200 * MS)).as("the third was not given time to be answered").isFalse();
        assertThat(probe.ended(205 * MS)).isTrue();
    }

    @Test
    void ownAbsenceStartsTheProbingAgain() {
        heartbeat.step(new StreamRefused(N3), now, out);
        runTo(now);
        now += 2 * LAN.pauseNs();
        heartbeat.due(now, out);
        long back = now;
        runTo(back + LAN.probeNs() - 1);
        assertThat(lost()).isEmpty();
        runTo(back + LAN.probeNs());
        assertThat(lost()).hasSize(1);
    }

    @Test
    void theClosedStreamOfAFormerLifeSaysNothingOfTheNewOne() {
        heartbeat.step(new Arrived(Incarnation.of(3, 2), 0, new Pulse(1, US, false)), now, out);
        assertThat(lost()).containsExactly("a newer life n3#2 is heard");
        heartbeat.step(new StreamRefused(N3), now, out);
        runTo(CLOSED_AT + 400 * MS);
        assertThat(lost()).isEmpty();
    }

    private List<String> lost() {
        return out.takeNews().stream()
                .filter(PeerLost.class::isInstance).map(PeerLost.class::cast)
                .filter(lost -> lost.who().node().equals(N3)).map(PeerLost::reason).toList();
    }

    /** Links of the probes sent since the last call. */
    private List<Integer> probes() {
        return out.takeCasts().stream()
                .filter(cast -> cast.message() instanceof Pulse pulse && pulse.answer())
                .map(Recorded.Cast::link).toList();
    }

    private void hear() {
        heartbeat.step(new Arrived(N3_1, 0, new Pulse(++sequence, US, false)), now, out);
    }

    private void runTo(long moment) {
        while (heartbeat.deadline() <= moment) {
            now = Math.max(now, heartbeat.deadline());
            heartbeat.due(now, out);
        }
        now = moment;
    }
}
