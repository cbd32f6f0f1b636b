package io.muster.membership;

import static io.muster.membership.Bench.LAN;
import static io.muster.membership.Bench.MS;
import static io.muster.membership.Bench.joined;
import static io.muster.membership.Bench.life;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.heartbeat.Recorded;
import io.muster.ledger.ClusterState;
import io.muster.membership.MembershipMessage.RelayedRow;
import io.muster.membership.MembershipMessage.Row;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("V6: rows travel over any path through members, under the life and the sequence of their author")
final class RowTellerTest {

    private static final Incarnation N1 = life(1, 1);
    private static final Incarnation N2 = life(2, 1);
    private static final Incarnation N3 = life(3, 1);

    private final LinkMatrix matrix = new LinkMatrix();
    private final LocalView local = new LocalView();
    private final RowTeller teller =
            new RowTeller(N1, Bench.nodes(3), LAN, new ViewSettings(ViewSettings.Policy.SIZE, 7), matrix, local, 0);
    private final ClusterState state =
            Bench.next(Bench.founded(3), List.of(joined(N1), joined(N2), joined(N3)));

    @Test
    void inAWholeMeshNothingIsHandedOn() {
        matrix.put(N2, new Row(1, List.of(N1, N3)), 0);
        matrix.put(N3, new Row(1, List.of(N1, N2)), 0);
        hearsBoth();
        assertThat(relayed()).isEmpty();
    }

    @Test
    void betweenTwoThatDoNotHearEachOtherBothWaysRowsAreHandedOn() {
        Row ofN2 = new Row(5, List.of(N1), 2, 3);
        Row ofN3 = new Row(9, List.of(N1, N2), 1, 1);
        matrix.put(N2, ofN2, 0);
        matrix.put(N3, ofN3, 0);
        hearsBoth();
        assertThat(relayed()).containsExactly(
                new Recorded.Sent(N2.node(), new RelayedRow(N3, ofN3)),
                new Recorded.Sent(N3.node(), new RelayedRow(N2, ofN2)));
    }

    @Test
    void anOldRowIsNotHandedOn() {
        matrix.put(N2, new Row(5, List.of(N1)), 0);
        matrix.put(N3, new Row(9, List.of(N1)), 900 * MS);
        hearsBoth();
        Recorded<MembershipNews> out = new Recorded<>();
        teller.due(Optional.of(state), 900 * MS, out);
        assertThat(out.takeSent()).extracting(Recorded.Sent::message)
                .filteredOn(RelayedRow.class::isInstance).singleElement()
                .isEqualTo(new RelayedRow(N3, new Row(9, List.of(N1))));
    }

    @Test
    @DisplayName("a row counts once, whichever way it comes, and only from members about members")
    void aRowCountsOnceWhicheverWayItComes() {
        teller.relayed(N2, new RelayedRow(N3, new Row(4, List.of(N2))), Optional.of(state), 100);
        assertThat(matrix.toldAt(N3)).isEqualTo(100);
        teller.relayed(N2, new RelayedRow(N3, new Row(4, List.of(N2))), Optional.of(state), 200);
        assertThat(matrix.toldAt(N3)).as("it is no newer for going in circles").isEqualTo(100);
        teller.relayed(life(2, 2), new RelayedRow(N3, new Row(8, List.of())), Optional.of(state), 300);
        teller.relayed(N2, new RelayedRow(life(3, 2), new Row(8, List.of())), Optional.of(state), 300);
        teller.relayed(N2, new RelayedRow(N1, new Row(8, List.of())), Optional.of(state), 300);
        teller.relayed(N2, new RelayedRow(N3, new Row(8, List.of())), Optional.empty(), 300);
        assertThat(matrix.toldAt(N3)).isEqualTo(100);
        assertThat(matrix.toldAt(N1)).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    @DisplayName("V3: the own row tells the own weight, and links that are up once they have been so for H")
    void theOwnRowTellsWeightAndLinks() {
        teller.linksUp(2, 0);
        assertThat(teller.own(RowTeller.holdNs(LAN) - 1).linksUp()).isZero();
        assertThat(teller.own(RowTeller.holdNs(LAN)).linksUp()).isEqualTo(2);
        assertThat(teller.own(0).weight()).isEqualTo(7);
    }

    private void hearsBoth() {
        NodeSet both = NodeSet.of(N2.node(), N3.node());
        local.note(new HeartbeatNews.PeerHeard(N2), 0);
        local.note(new HeartbeatNews.PeerHeard(N3), 0);
        local.note(new HeartbeatNews.LinksChanged(both, both), 0);
    }

    private List<Recorded.Sent> relayed() {
        Recorded<MembershipNews> out = new Recorded<>();
        teller.due(Optional.of(state), 0, out);
        return out.takeSent().stream().filter(sent -> sent.message() instanceof RelayedRow).toList();
    }
}
