package io.muster.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.VersionRange;
import io.muster.ledger.FeatureLevels;
import io.muster.runtime.Counters.Kind;
import io.muster.wire.MalformedFrame;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandshakeTest {

    private static final NodeId N2 = NodeId.of(2);
    private static final Introduction FINE = new Introduction(TestCluster.CLUSTER, Incarnation.of(2, 3),
            new VersionRange(1, 4), new VersionRange(1, 2), 1, new TreeMap<>(Map.of("rack", "b")));

    @Test
    @DisplayName("003-33 a step that a program plugs in tells its word and refuses a peer; the cluster forms without him")
    void aStepIsPluggedIn(@TempDir Path folder) throws Exception {
        try (RealNodes cluster = new RealNodes(folder)) {
            RealNodes.Node n1 = cluster.start(NodeId.of(1), new Rack("a"));
            RealNodes.Node n2 = cluster.start(N2, new Rack("a"));
            RealNodes.Node n3 = cluster.start(NodeId.of(3), new Rack("elsewhere"));
            for (RealNodes.Node node : List.of(n1, n2)) {
                node.await(status -> status.state().members().size() == 2 && status.actingForNs() > 0);
                Refusals.Refused row = node.awaitRefused(Kind.PEER_REFUSED, "n3", "elsewhere is not a (step rack)");
                assertThat(row.address()).isEqualTo("127.0.0.1");
                node.awaitEvent(event -> event.name().equals("wire.refused") && event.fields().get("peer").equals("n3"));
            }
            n3.awaitRefused(Kind.PEER_REFUSED, "n1", "a is not elsewhere");
            assertThat(n3.status().state().members()).isEmpty();
        }
    }

    @Test
    @DisplayName("the highest version that both speak is used; until it is known the lowest")
    void theCommonVersionIsUsed() throws Exception {
        Handshake handshake = handshake(new VersionRange(2, 3), 1);
        assertThat(handshake.protocolWith(N2)).isEqualTo(2);
        meet(handshake, FINE);
        assertThat(handshake.protocolWith(N2)).isEqualTo(3);
        // The peer came back with an older program.
        meet(handshake, new Introduction(FINE.cluster(), Incarnation.of(2, 4), new VersionRange(1, 2), FINE.features(), 1,
                FINE.told()));
        assertThat(handshake.protocolWith(N2)).isEqualTo(2);
    }

    @Test
    @DisplayName("ranges that do not meet are refused with both, in either direction, for protocol and for features")
    void rangesThatDoNotMeet() {
        assertThatThrownBy(() -> meet(handshake(new VersionRange(5, 6), 1), FINE)).isInstanceOf(PeerRefused.class)
                .hasMessageContainingAll("n2#3 speaks protocol version 1 to 4", "this program 5 to 6");
        assertThatThrownBy(() -> meet(handshake(new VersionRange(1, 1), 3), FINE)).isInstanceOf(PeerRefused.class)
                .hasMessageContainingAll("n2#3 speaks feature level 1 to 2", "agreed on 3");
        assertThatThrownBy(() -> meet(handshake(new VersionRange(1, 1), 1), new Introduction(FINE.cluster(), FINE.who(),
                FINE.protocols(), new VersionRange(1, 9), 7, FINE.told()))).isInstanceOf(PeerRefused.class)
                .hasMessageContainingAll("n2#3 is at feature level 7", "this program speaks " + FeatureLevels.SPOKEN);
    }

    @Test
    @DisplayName("Q6: a node that keeps to the ledger from before voters were given up is refused, and told what it is")
    void anotherLedgerIsRefused() {
        Introduction old = new Introduction(FINE.cluster().ofLedger(5), FINE.who(), FINE.protocols(), FINE.features(),
                FINE.featureLevel(), FINE.told());
        assertThatThrownBy(() -> meet(handshake(new VersionRange(1, 1), 1), old)).isInstanceOf(PeerRefused.class)
                .hasMessageContainingAll("n2 keeps to another ledger of this cluster", "muster ledger fresh");
    }

    @Test
    @DisplayName("a step that throws refuses, and two steps of one name are not taken")
    void aStepThatThrowsRefuses() {
        HandshakeStep broken = new HandshakeStep() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public Optional<String> refusal(Peer peer) {
                throw new IllegalStateException("no such rack");
            }
        };
        assertThatThrownBy(() -> meet(TestCluster.handshake(Incarnation.of(1, 1), broken), FINE))
                .isInstanceOf(PeerRefused.class).hasMessageContaining("no such rack");
        assertThatThrownBy(() -> TestCluster.handshake(Incarnation.of(1, 1), broken, broken))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("an introduction comes back; cut or spoilt it is refused or another; what a later program adds is passed over")
    void introductionsAreRead() throws Exception {
        byte[] bytes = FINE.encode();
        assertThat(read(bytes)).isEqualTo(FINE);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> read(cut)).isInstanceOf(IOException.class);
        }
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 7);
        longer[5] += 7;
        assertThat(read(longer)).isEqualTo(FINE);
        Prng chance = new Prng(8);
        for (int round = 0; round < 20_000; round++) {
            byte[] spoilt = bytes.clone();
            for (int i = 0; i < 3; i++) {
                spoilt[chance.nextInt(bytes.length)] = (byte) chance.nextInt(256);
            }
            try {
                assertThat(read(spoilt).who().life()).isPositive();
            } catch (MalformedFrame | IOException e) {
                assertThat(e).isNotNull();
            }
        }
    }

    private static Handshake handshake(VersionRange protocols, int level) {
        return new Handshake(TestCluster.CLUSTER, Incarnation.of(1, 1), protocols, FeatureLevels.SPOKEN, () -> level,
                List.of());
    }

    private static void meet(Handshake handshake, Introduction peer) throws Exception {
        handshake.meet(N2, new ByteArrayInputStream(peer.encode()));
    }

    private static Introduction read(byte[] bytes) throws IOException, MalformedFrame {
        return Introduction.read(new ByteArrayInputStream(bytes));
    }

    /** Peers have to stand in the same rack. */
    private record Rack(String tells) implements HandshakeStep {

        @Override
        public String name() {
            return "rack";
        }

        @Override
        public Optional<String> refusal(Peer peer) {
            String told = peer.told("rack");
            return told.equals(tells) ? Optional.empty() : Optional.of(told + " is not " + tells);
        }
    }
}
