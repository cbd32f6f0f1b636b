package io.muster.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.heartbeat.HeartbeatInput.Arrived;
import io.muster.heartbeat.HeartbeatMessage.Pulse;
import io.muster.heartbeat.HeartbeatNews.LinkChanged;
import io.muster.heartbeat.HeartbeatNews.PeerLost;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** n1 with the peers n2 and n3 over two links: what is told of a single link, and nodes that come and go. */
final class LinkNewsTest {

    private static final long MS = TimeBudget.MS;
    private static final TimeBudget LAN = TimeBudget.lan();
    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final Incarnation N2_1 = Incarnation.of(2, 1);
    private static final NodeSet US = NodeSet.of(N1);

    private final Recorded<HeartbeatNews> out = new Recorded<>();
    private final Heartbeat heartbeat = new Heartbeat(Incarnation.of(1, 1), NodeSet.of(N2, NodeId.of(3)), 2, LAN, 0);
    private long now;
    private long sequence;

    @Test
    @DisplayName("001-1: a link that falls silent is told while its peer is heard on another, and told again when it is back")
    void aSilentLinkIsTold() {
        live(1_000 * MS, US, US);
        assertThat(links()).isEmpty();
        live(2_000 * MS, null, US);
        assertThat(links()).extracting(LinkChanged::who, LinkChanged::link, LinkChanged::state)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(N2_1, 0, LinkState.SILENT));
        LinkPicture first = heartbeat.links(now).getFirst();
        assertThat(first.state()).isEqualTo(LinkState.SILENT);
        assertThat(first.heard()).isFalse();
        assertThat(first.silentNs()).isEqualTo(1_000 * MS);
        assertThat(first.losses()).isEqualTo(1);
        live(2_200 * MS, US, US);
        assertThat(links()).hasSize(1).allMatch(news -> news.state() == LinkState.UP);
        assertThat(out.takeNews()).isEmpty();
    }

    @Test
    @DisplayName("001-1: a link on which the peer does not hear us is told as one way")
    void aOneWayLinkIsTold() {
        live(1_000 * MS, US, US);
        live(1_500 * MS, NodeSet.NONE, US);
        assertThat(links()).extracting(LinkChanged::link, LinkChanged::state)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(0, LinkState.ONE_WAY));
    }

    @Test
    @DisplayName("001-1: a link that never came up is told once the peer was heard elsewhere for the silence limit")
    void aLinkThatNeverCameUpIsTold() {
        live(LAN.silenceNs() - 50 * MS, null, US);
        assertThat(links()).isEmpty();
        live(LAN.silenceNs() + 200 * MS, null, US);
        assertThat(links()).extracting(LinkChanged::link, LinkChanged::state)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(0, LinkState.SILENT));
    }

    @Test
    @DisplayName("the loss of a whole peer is told as that alone")
    void theLossOfAPeerIsNoNewsOfItsLinks() {
        live(1_000 * MS, US, US);
        live(2_000 * MS, null, null);
        assertThat(out.takeNews()).hasAtLeastOneElementOfType(PeerLost.class).noneMatch(LinkChanged.class::isInstance);
    }

    @Test
    @DisplayName("001-1: a node that is configured while this one runs is pulsed and heard; one that is not any more is lost")
    void nodesComeAndGo() {
        live(200 * MS, US, US);
        NodeId n4 = NodeId.of(4);
        heartbeat.step(new HeartbeatInput.Configured(NodeSet.of(N2, n4), 2), now, out);
        out.takeCasts();
        live(300 * MS, US, US);
        assertThat(out.takeCasts()).extracting(Recorded.Cast::to).contains(n4).doesNotContain(NodeId.of(3));
        heartbeat.step(new Arrived(Incarnation.of(4, 1), 0, new Pulse(1, US, false)), now, out);
        assertThat(heartbeat.heard()).isEqualTo(NodeSet.of(N2, n4));
        out.takeNews();
        heartbeat.step(new HeartbeatInput.Configured(NodeSet.of(n4), 2), now, out);
        assertThat(out.takeNews()).anyMatch(news -> news instanceof PeerLost(var who, var why, _)
                && who.equals(N2_1) && why.equals("it is not configured any more"));
        heartbeat.step(new Arrived(N2_1, 0, new Pulse(++sequence, US, false)), now, out);
        assertThat(heartbeat.heard()).isEqualTo(NodeSet.of(n4));
    }

    @Test
    @DisplayName("a former life and an old pulse stay old when their node is taken out and put back")
    void whatWasOldStaysOld() {
        live(200 * MS, US, US);
        long old = sequence;
        heartbeat.step(new HeartbeatInput.Configured(NodeSet.NONE, 2), now, out);
        heartbeat.step(new HeartbeatInput.Configured(NodeSet.of(N2), 2), now, out);
        heartbeat.step(new Arrived(N2_1, 0, new Pulse(old - 1, US, false)), now, out);
        assertThat(heartbeat.heard()).isEqualTo(NodeSet.NONE);
        heartbeat.step(new Arrived(N2_1, 0, new Pulse(old + 1, US, false)), now, out);
        assertThat(heartbeat.heard()).isEqualTo(NodeSet.of(N2));
    }

    @Test
    @DisplayName("a link that is taken out of the configuration carries nobody any more; one that is put in is pulsed on")
    void linksComeAndGo() {
        live(200 * MS, null, US);
        heartbeat.step(new HeartbeatInput.Configured(NodeSet.of(N2), 1), now, out);
        assertThat(heartbeat.heard()).isEqualTo(NodeSet.NONE);
        heartbeat.step(new HeartbeatInput.Configured(NodeSet.of(N2), 3), now, out);
        out.takeCasts();
        heartbeat.due(now, out);
        assertThat(out.takeCasts()).extracting(Recorded.Cast::link).containsExactly(0, 1, 2);
    }

    /** The link news; all other news is dropped. */
    private List<LinkChanged> links() {
        return out.takeNews().stream().filter(LinkChanged.class::isInstance).map(LinkChanged.class::cast).toList();
    }

    /** Runs to a moment; n2 pulses on each link all the while, saying whom it hears there, or not when that is null. */
    private void live(long moment, NodeSet onFirst, NodeSet onSecond) {
        while (now < moment) {
            now += 50 * MS;
            if (onFirst != null) {
                heartbeat.step(new Arrived(N2_1, 0, new Pulse(++sequence, onFirst, false)), now, out);
            }
            if (onSecond != null) {
                heartbeat.step(new Arrived(N2_1, 1, new Pulse(++sequence, onSecond, false)), now, out);
            }
            while (heartbeat.deadline() <= now) {
                heartbeat.due(now, out);
            }
        }
    }
}
