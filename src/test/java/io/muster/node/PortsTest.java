package io.muster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.heartbeat.Recorded;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Digest;
import io.muster.ledger.Draft;
import io.muster.ledger.LedgerEvent;
import io.muster.machine.Machine;
import io.muster.quorum.Electorate;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** n1 and n2 are members, n3 is none. */
class PortsTest {

    private static final long AGAIN = 200;
    private static final NodeId N2 = NodeId.of(2);
    private static final Incarnation N1_1 = Incarnation.of(1, 1);
    private static final Incarnation N2_1 = Incarnation.of(2, 1);
    private static final Incarnation N2_2 = Incarnation.of(2, 2);
    private static final Bytes WORD = Bytes.copyOf(new byte[] {1, 2, 3});

    private final ClusterState state = state(N1_1, N2_1);
    private final Recorded<NodeNews> out = new Recorded<>();
    private final Ports ports = new Ports(N1_1, AGAIN);

    @Test
    @DisplayName("001-9: a message for a former life of this node is not handed on, whatever its number")
    void aMessageForAFormerLifeIsDropped() {
        Ports later = new Ports(Incarnation.of(1, 2), AGAIN);
        ClusterState now = state(Incarnation.of(1, 2), N2_1);
        later.arrived(N2_1, new PortMessage.Data(N1_1, 1, 7, WORD), now, 0, out);
        assertThat(out.takeNews()).isEmpty();
        assertThat(out.takeSent()).isEmpty();
        later.arrived(N2_1, new PortMessage.Data(Incarnation.of(1, 2), 1, 7, WORD), now, 0, out);
        assertThat(out.takeNews()).containsExactly(new NodeNews.Delivered(N2_1, 7, WORD));
    }

    @Test
    @DisplayName("a message of a life that is no member is not handed on, and is not called taken")
    void onlyMembersAreHeard() {
        ports.arrived(N2_2, new PortMessage.Data(N1_1, 1, 7, WORD), state, 0, out);
        ports.arrived(Incarnation.of(3, 1), new PortMessage.Data(N1_1, 1, 7, WORD), state, 0, out);
        assertThat(out.takeNews()).isEmpty();
        assertThat(out.takeSent()).isEmpty();
    }

    @Test
    @DisplayName("each number is handed on once and in turn; what comes again or too early is answered with what is taken")
    void eachNumberOnceAndInTurn() {
        for (long sequence : List.of(2L, 1L, 1L, 3L, 2L)) {
            ports.arrived(N2_1, new PortMessage.Data(N1_1, sequence, 7, WORD), state, 0, out);
        }
        assertThat(out.takeNews()).hasSize(2);
        assertThat(out.takeSent()).extracting(Recorded.Sent::message).containsExactly(
                new PortMessage.Taken(N2_1, 0), new PortMessage.Taken(N2_1, 1), new PortMessage.Taken(N2_1, 1),
                new PortMessage.Taken(N2_1, 1), new PortMessage.Taken(N2_1, 2));
    }

    @Test
    @DisplayName("what is not taken is told again, a few at a time, until it is; then this machine rests")
    void whatIsNotTakenIsToldAgain() {
        for (int i = 0; i < 20; i++) {
            ports.send(N2, 7, WORD, state, 0, out);
        }
        assertThat(out.takeSent()).hasSize(20);
        assertThat(ports.deadline()).isEqualTo(AGAIN);
        ports.due(AGAIN, out);
        assertThat(out.takeSent()).hasSize(Ports.AGAIN_LIMIT);
        ports.arrived(N2_1, new PortMessage.Taken(N1_1, 8), state, AGAIN, out);
        assertThat(out.takeSent()).as("the next few, at once").hasSize(Ports.AGAIN_LIMIT)
                .first().extracting(Recorded.Sent::message).isEqualTo(new PortMessage.Data(N2_1, 9, 7, WORD));
        ports.arrived(N2_1, new PortMessage.Taken(N1_1, 20), state, AGAIN, out);
        assertThat(ports.deadline()).isEqualTo(Machine.NEVER);
        // The word of a former life's receiver, or for one, changes nothing.
        ports.arrived(N2_2, new PortMessage.Taken(N1_1, 99), state, AGAIN, out);
        assertThat(out.takeSent()).isEmpty();
    }

    @Test
    @DisplayName("001-9: what was meant for a life that has gone is dropped and counted, and never sent to the next one")
    void whatWasMeantForALifeThatHasGoneIsDropped() {
        ports.send(N2, 7, WORD, state, 0, out);
        ports.send(N2, 7, WORD, state, 0, out);
        out.takeSent();
        ClusterState next = state(N1_1, N2_2);
        assertThat(ports.applied(next)).isEqualTo(Map.of(N2_1, 2));
        ports.due(10 * AGAIN, out);
        assertThat(out.takeSent()).isEmpty();
        ports.send(N2, 7, WORD, next, 0, out);
        assertThat(out.takeSent()).containsExactly(new Recorded.Sent(N2, new PortMessage.Data(N2_2, 1, 7, WORD)));
    }

    @Test
    @DisplayName("what cannot be sent is refused with its reason")
    void whatCannotBeSentIsRefused() {
        assertThat(ports.refusal(NodeId.of(3), 7, WORD, state)).hasValueSatisfying(why -> {
            assertThat(why.code()).isEqualTo(FaultCode.MEMBER_3);
            assertThat(why.sentence()).isEqualTo("n3 is not a member; members are {n1 n2}");
        });
        assertThat(ports.refusal(N2, 65_536, WORD, state)).isPresent();
        assertThat(ports.refusal(N2, 65_535, Bytes.owning(new byte[Ports.BYTES_LIMIT]), state)).isEmpty();
        assertThat(ports.refusal(N2, 0, Bytes.owning(new byte[Ports.BYTES_LIMIT + 1]), state)).isPresent();
        assertThat(new Ports(Incarnation.of(3, 1), AGAIN).refusal(N2, 7, WORD, state))
                .hasValueSatisfying(why -> assertThat(why.code()).isEqualTo(FaultCode.MEMBER_1));
        int accepted = 0;
        while (ports.refusal(N2, 7, Bytes.owning(new byte[4_096]), state).isEmpty()) {
            ports.send(N2, 7, Bytes.owning(new byte[4_096]), state, 0, out);
            accepted++;
        }
        assertThat(accepted).isEqualTo(Ports.WAITING_BYTES_LIMIT / 4_096);
        assertThat(ports.refusal(N2, 7, WORD, state)).hasValueSatisfying(
                why -> assertThat(why.sentence()).startsWith("32 messages (131072 bytes) to n2#1 are not taken yet"));
    }

    @Test
    @DisplayName("its messages are the same after their way as bytes, and every truncation is refused")
    void messagesSurviveTheirBytes() throws MalformedFrame {
        PortCodec codec = new PortCodec();
        for (PortMessage message : List.of(new PortMessage.Data(N2_1, 9, 65_535, WORD), new PortMessage.Taken(N2_2, 5))) {
            ByteWriter writer = new ByteWriter();
            codec.encode(message, writer);
            byte[] bytes = writer.toArray();
            assertThat(codec.decode(new ByteReader(bytes))).isEqualTo(message);
            for (int length = 0; length < bytes.length; length++) {
                int cut = length;
                org.assertj.core.api.Assertions.assertThatThrownBy(() -> codec.decode(new ByteReader(bytes, 0, cut)))
                        .isInstanceOf(MalformedFrame.class);
            }
        }
    }

    private static ClusterState state(Incarnation... members) {
        Electorate electorate = Electorate.majorityOf(NodeSet.of(NodeId.of(1), N2, NodeId.of(3)));
        TreeMap<NodeId, Long> ids = new TreeMap<>();
        electorate.acceptors().forEach(node -> ids.put(node, 7L + node.number()));
        Draft draft = ClusterState.founded(new ClusterId(1, 2), electorate, ids).draft(new Ballot(1, N1_1));
        for (Incarnation member : members) {
            assertThat(draft.add(new LedgerEvent.MemberJoined(member, HostProcess.UNKNOWN))).isEmpty();
        }
        return draft.whole(Digest.NONE);
    }
}
