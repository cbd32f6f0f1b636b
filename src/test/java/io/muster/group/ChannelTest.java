package io.muster.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ChannelTest {

    private static final long MS = ChannelRig.MS;

    private final ChannelRig rig = new ChannelRig(1);

    @Test
    @DisplayName("001-1 what any member says all members are given in one order, and the sender learns its place")
    void oneOrder() {
        cluster(3);
        for (int i = 0; i < 10; i++) {
            rig.node(1 + i % 3).send("m" + i);
        }
        rig.runFor(500 * MS);
        assertThat(texts(1)).hasSize(10).isEqualTo(texts(2)).isEqualTo(texts(3));
        assertThat(rig.node(3).settled).hasSize(3).allMatch(told -> told.fate() == ChannelNews.Fate.DELIVERED);
        assertThat(rig.node(3).settled.getFirst().position()).isEqualTo(texts(3).indexOf("m2") + 1);
    }

    @Test
    @DisplayName("001-1 R1: the node that orders dies with a message that one survivor has: all survivors are given it")
    void theOneThatOrdersDies() {
        cluster(3);
        rig.node(2).send("first");
        rig.runFor(200 * MS);
        // n3 hears nothing for a while, so what n1 orders now reaches n2 alone.
        rig.stall(rig.node(3), 150 * MS);
        rig.node(2).send("second");
        rig.runFor(100 * MS);
        rig.kill(rig.node(1), 300 * MS);
        rig.nodes.get(NodeId.of(3)).held.clear();
        rig.runFor(2_000 * MS);
        assertThat(texts(2)).containsExactly("first", "second").isEqualTo(texts(3));
        assertThat(phase()).isEqualTo(Phase.RUNNING);
    }

    @Test
    @DisplayName("001-1 a message that only the dead had is given to nobody, and its sender is told to send it again")
    void lostForAll() {
        cluster(3);
        rig.loss = 1; // nothing that n1 orders from here on arrives anywhere
        rig.node(1).send("of the dead");
        rig.runFor(50 * MS);
        rig.node(2).send("of a survivor");
        rig.runFor(50 * MS);
        rig.kill(rig.node(1), 50 * MS);
        rig.loss = 0;
        rig.runFor(2_000 * MS);
        assertThat(texts(2)).isEmpty();
        assertThat(texts(3)).isEmpty();
        assertThat(rig.node(2).settled).singleElement()
                .satisfies(told -> assertThat(told.fate()).isEqualTo(ChannelNews.Fate.NOT_DELIVERED));
        rig.node(2).send("of a survivor, again");
        rig.runFor(500 * MS);
        assertThat(texts(3)).containsExactly("of a survivor, again");
    }

    @Test
    @DisplayName("001-1 R10: a joiner is given messages of the generations it is in, and no others")
    void aJoiner() {
        cluster(2);
        rig.node(1).send("before");
        rig.runFor(200 * MS);
        joinAll(rig.start(3));
        rig.node(3).send("after");
        rig.runFor(500 * MS);
        assertThat(texts(1)).containsExactly("before", "after");
        assertThat(texts(3)).containsExactly("after");
    }

    @Test
    @DisplayName("001-1 a slow member holds the order up: a bounded number waits, the cause names it, and more is refused")
    void flowControl() {
        cluster(3);
        rig.stall(rig.node(3), 5_000 * MS);
        for (int i = 0; i < 100; i++) {
            rig.node(2).send("m" + i);
        }
        assertThat(rig.counts).containsEntry("sent", GroupChannels.PENDING_LIMIT);
        rig.runFor(2_000 * MS);
        assertThat(texts(2)).as("given out only once all have it").isEmpty();
        assertThat(rig.node(2).channels.waiting(rig.now)).singleElement().satisfies(wait -> {
            assertThat(wait.on()).isEqualTo(NodeSet.of(NodeId.of(3)));
            assertThat(wait.fact()).isEqualTo("64 messages of this node to group files wait: n1, which orders them, waits until"
                    + " all members have them; not yet: {n3}");
        });
        assertThat(rig.node(2).channels.refusal(ChannelRig.GROUP, Bytes.NONE))
                .contains("64 messages of this node to group files wait already");
        rig.runFor(4_000 * MS);
        assertThat(texts(3)).hasSize(64).isEqualTo(texts(1));
        assertThat(rig.node(2).channels.waiting(rig.now)).isEmpty();
    }

    @Test
    @DisplayName("001-1 what is said while a group recovers waits for it to run, and is not lost")
    void saidWhileItRecovers() {
        cluster(3);
        rig.kill(rig.node(3), 100 * MS);
        rig.after(100 * MS, () -> rig.stall(rig.node(1), 2_000 * MS));
        rig.runFor(200 * MS);
        rig.node(2).send("in the middle");
        rig.runFor(1_600 * MS);
        assertThat(rig.node(2).channels.waiting(rig.now)).singleElement()
                .satisfies(wait -> assertThat(wait.fact()).contains("in STOP of generation"));
        rig.runFor(2_000 * MS);
        assertThat(texts(1)).containsExactly("in the middle");
    }

    @Test
    @DisplayName("001-1 who is not in the group is refused, and so is what is too long")
    void refusals() {
        cluster(1);
        assertThat(rig.node(1).channels.refusal(new GroupName("other"), Bytes.NONE))
                .contains("this node is not in group other");
        assertThat(rig.node(1).channels.refusal(ChannelRig.GROUP, Bytes.owning(new byte[4_097])))
                .contains("a message of 4097 bytes; at most 4096");
        assertThat(rig.node(1).channels.refusal(GroupName.NODES, Bytes.NONE)).isPresent();
    }

    private void cluster(int size) {
        for (int i = 1; i <= size; i++) {
            joinAll(rig.start(i));
        }
    }

    private void joinAll(ChannelRig.Node node) {
        rig.runFor(50 * MS);
        assertThat(rig.join(node)).isTrue();
        rig.runFor(500 * MS);
        assertThat(phase()).isEqualTo(Phase.RUNNING);
    }

    private Phase phase() {
        return rig.head().orElseThrow().phase();
    }

    private List<String> texts(int node) {
        return rig.node(node).delivered.stream()
                .map(said -> new String(said.content().toArray(), StandardCharsets.UTF_8)).toList();
    }
}
