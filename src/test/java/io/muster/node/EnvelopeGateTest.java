package io.muster.node;

import static io.muster.node.EnvelopeGate.Verdict.DROP;
import static io.muster.node.EnvelopeGate.Verdict.HOLD;
import static io.muster.node.EnvelopeGate.Verdict.PASS;
import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.group.ChannelMessage;
import io.muster.group.GroupMessage;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Digest;
import io.muster.ledger.Draft;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.Phase;
import io.muster.quorum.Electorate;
import io.muster.recovery.RecoveryMessage;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EnvelopeGateTest {

    private static final GroupName GROUP = new GroupName("g");
    private static final Incarnation FIRST = Incarnation.of(2, 1);
    private static final Incarnation SECOND = Incarnation.of(2, 2);

    private final EnvelopeGate gate = new EnvelopeGate();

    @Test
    @DisplayName("R2 R9 a word about an older generation is dropped, about this one passes, about a newer one is held")
    void generations() {
        ClusterState state = with(founded(), new LedgerEvent.MemberJoined(FIRST, HostProcess.UNKNOWN),
                new LedgerEvent.GroupJoined(GROUP, FIRST));
        long generation = state.groups().get(GROUP).generation();
        assertThat(gate.judge(FIRST, through(generation - 1), state)).isEqualTo(DROP);
        assertThat(gate.judge(FIRST, through(generation), state)).isEqualTo(PASS);
        assertThat(gate.judge(FIRST, through(generation + 1), state)).isEqualTo(HOLD);
        assertThat(gate.released(state)).isEmpty();
        for (long of = generation - 1; of <= generation + 1; of++) {
            assertThat(gate.judge(FIRST, new ChannelMessage.Have(GROUP, of, 1, 1), state))
                    .as("001-1 a message to the group goes by the same rule")
                    .isEqualTo(of < generation ? DROP : of == generation ? PASS : HOLD);
        }

        Incarnation other = Incarnation.of(3, 1);
        ClusterState running = state;
        for (Phase phase : new Phase[] {Phase.LOCKS, Phase.STRIPES, Phase.JOURNALS, Phase.RESUME, Phase.RUNNING}) {
            running = with(running, new LedgerEvent.PhaseReached(GROUP, generation, phase));
        }
        ClusterState next = with(running, new LedgerEvent.MemberJoined(other, HostProcess.UNKNOWN),
                new LedgerEvent.GroupJoined(GROUP, other));
        assertThat(gate.released(next)).containsExactly(
                new EnvelopeGate.Held(FIRST, through(generation + 1)),
                new EnvelopeGate.Held(FIRST, new ChannelMessage.Have(GROUP, generation + 1, 1, 1)));
    }

    @Test
    @DisplayName("a former life is not listened to, whatever it says")
    void formerLives() {
        ClusterState state = with(founded(), new LedgerEvent.MemberJoined(SECOND, HostProcess.UNKNOWN));
        assertThat(gate.judge(FIRST, new GroupMessage.JoinAsk(GROUP, 0), state)).isEqualTo(DROP);
        assertThat(gate.judge(SECOND, new GroupMessage.JoinAsk(GROUP, 0), state)).isEqualTo(PASS);
    }

    @Test
    @DisplayName("what is held is bounded, and the same word is held once")
    void heldIsBounded() {
        ClusterState state = founded();
        for (int i = 1; i <= 3 * EnvelopeGate.HELD_LIMIT; i++) {
            gate.judge(FIRST, through(i), state);
            gate.judge(FIRST, through(i), state);
        }
        ClusterState in = with(state, new LedgerEvent.MemberJoined(FIRST, HostProcess.UNKNOWN),
                new LedgerEvent.GroupJoined(GROUP, FIRST));
        assertThat(gate.released(in)).as("the only one of generation 1 was the oldest and is gone").isEmpty();
    }

    private static RecoveryMessage.Through through(long generation) {
        return new RecoveryMessage.Through(GROUP, generation, Phase.STOP, true);
    }

    private static ClusterState founded() {
        TreeMap<NodeId, Long> ids = new TreeMap<>();
        NodeSet nodes = NodeSet.of(NodeId.of(1), NodeId.of(2), NodeId.of(3));
        nodes.forEach(node -> ids.put(node, 1L));
        return ClusterState.founded(new ClusterId(1, 1), Electorate.majorityOf(nodes), ids);
    }

    private static ClusterState with(ClusterState state, LedgerEvent... events) {
        Draft draft = state.draft(new Ballot(1, Incarnation.of(1, 1)));
        for (LedgerEvent event : events) {
            assertThat(draft.add(event)).isEmpty();
        }
        return draft.whole(Digest.NONE);
    }
}
