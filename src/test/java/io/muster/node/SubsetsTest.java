package io.muster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.ledger.RecordFile;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.quorum.Electorate;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A node of its own, driven by hand, with whatever services and fence methods its operator picked. */
class SubsetsTest {

    private static final NodeId N1 = NodeId.of(1);
    private static final Incarnation SELF = new Incarnation(N1, 1);
    private static final GroupName GROUP = new GroupName("g");

    private static final List<Participant> SERVICES = List.of(
            new Service("locks", EnumSet.of(Phase.STOP, Phase.LOCKS, Phase.RESUME)),
            new Service("stripes", EnumSet.of(Phase.STRIPES)),
            new Service("files", EnumSet.of(Phase.STOP, Phase.JOURNALS, Phase.RESUME)));

    @Test
    @DisplayName("000-14: the stack starts, acts and recovers a group with any subset of services and of fence methods")
    void anySubsetStarts() {
        for (int subset = 0; subset < 1 << SERVICES.size(); subset++) {
            List<Participant> picked = new ArrayList<>();
            for (int i = 0; i < SERVICES.size(); i++) {
                if ((subset & 1 << i) != 0) {
                    picked.add(SERVICES.get(i));
                }
            }
            for (List<String> methods : List.of(List.<String>of(), List.of("manual"), List.of("process", "manual"))) {
                NodeStatus status = new Alone(majority(), picked, methods).untilGroupRuns();
                assertThat(status.role()).as("with %s and %s", picked, methods).isEqualTo("leader");
                assertThat(status.actingForNs()).isPositive();
            }
        }
    }

    @Test
    @DisplayName("001-19: who decides is data of the cluster, and another electorate needs no other code")
    void theElectorateIsReplaceable() {
        TreeMap<NodeId, Integer> weighted = new TreeMap<>();
        weighted.put(N1, 3);
        weighted.put(NodeId.of(2), 1);
        weighted.put(NodeId.of(3), 1);
        NodeStatus heavy = new Alone(new Electorate(weighted, 3), List.of(), List.of()).untilGroupRuns();
        assertThat(heavy.role()).as("n1 alone has three of five votes").isEqualTo("leader");

        Alone light = new Alone(
                Electorate.majorityOf(NodeSet.of(N1, NodeId.of(2), NodeId.of(3))), List.of(), List.of());
        light.runFor(20 * TimeBudget.SECOND);
        assertThat(light.status().role()).as("n1 alone has one of three").isEqualTo("joining");
        assertThat(light.status().actingForNs()).isZero();
    }

    private static Electorate majority() {
        return Electorate.majorityOf(NodeSet.of(N1));
    }

    private record Service(String name, EnumSet<Phase> takesPart) implements Participant {

        @Override
        public void begin(Phase phase, RecoveryPlan plan, Outbox<Answer> out) {
            out.announce(new Done(plan.group(), plan.generation(), phase));
        }

        @Override
        public void abandon(GroupName group, long generation, Outbox<Answer> out) {
            out.announce(new Abandoned(group, generation));
        }
    }

    /** The node and its driver; nobody else is there. */
    private static final class Alone implements Outbox<NodeNews> {

        private static final long LIMIT_NS = 30 * TimeBudget.SECOND;

        private final ArrayDeque<NodeInput> waiting = new ArrayDeque<>();
        private final ClusterNode node;
        private long now = 1;

        Alone(Electorate electorate, List<Participant> services, List<String> fenceMethods) {
            TreeMap<NodeId, Long> recordIds = new TreeMap<>();
            TreeMap<NodeId, List<String>> methods = new TreeMap<>();
            electorate.acceptors().forEach(id -> {
                recordIds.put(id, 1L);
                methods.put(id, fenceMethods);
            });
            ClusterId cluster = new ClusterId(1, 2);
            ClusterState founded = ClusterState.founded(cluster, electorate, recordIds);
            NodeConfig config = new NodeConfig(
                    cluster, SELF, HostProcess.UNKNOWN, electorate.acceptors(), 1, TimeBudget.lan(), methods);
            RecordFile.Loaded record = RecordFile.load(RecordFile.founding(AcceptorRecord.founding(1, founded)));
            node = new ClusterNode(config, record, services, new Prng(1), now);
            waiting.add(new NodeInput.Asked(new Request.JoinGroup(GROUP)));
        }

        NodeStatus untilGroupRuns() {
            while (!running()) {
                assertThat(now).as("the group never runs").isLessThan(LIMIT_NS);
                turn();
            }
            return status();
        }

        void runFor(long spanNs) {
            for (long end = now + spanNs; now < end; ) {
                turn();
            }
        }

        NodeStatus status() {
            return node.status(now);
        }

        private boolean running() {
            var group = status().state().groups().get(GROUP);
            return group != null && group.phase() == Phase.RUNNING && group.has(SELF);
        }

        private void turn() {
            NodeInput input = waiting.poll();
            if (input != null) {
                node.step(input, now, this);
            } else {
                now = Math.max(now, node.deadline());
                node.due(now, this);
            }
        }

        @Override
        public void send(NodeId to, Message message) {
            // Nobody is there.
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            // Nobody is there.
        }

        @Override
        public void perform(Effect effect) {
            assertThat(effect).isInstanceOf(Effect.Write.class);
            waiting.add(new NodeInput.Completed(new Completion.Written(effect.ticket())));
        }

        @Override
        public void announce(NodeNews news) {
            assertThat(news).isNotInstanceOf(NodeNews.Stop.class);
        }
    }
}
