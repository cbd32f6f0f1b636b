package io.muster.node;

import io.muster.base.BrokenInvariant;
import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.GroupName;
import io.muster.ledger.Phase;
import io.muster.ledger.RecordFile;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.quorum.Electorate;
import io.muster.recovery.Recorder;
import io.muster.wire.Envelope;
import io.muster.wire.MalformedFrame;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * Walks a death through three nodes in memory, leader and follower in turn, so that whatever a real death needs is
 * loaded and compiled before it comes (000-16). It touches nothing outside itself and can run beside a real node.
 */
public final class Rehearsal {

    /** Steps until a goal of the walk is reached, at most. */
    private static final int STEPS_LIMIT = 200_000;

    private static final int NODES = 3;
    private static final GroupName GROUP = new GroupName("rehearsal");

    private final ClusterId cluster = new ClusterId(0, 1);
    private final FrameCodec frames = new FrameCodec(cluster);
    private final Prng chance = new Prng(1);
    private final NodeSet nodes;
    private final SortedMap<NodeId, Actor> actors = new TreeMap<>();
    private final ArrayDeque<Delivery> wire = new ArrayDeque<>();
    private long now = 1;

    private record Delivery(NodeId to, NodeInput input) {}

    private Rehearsal() {
        NodeSet all = NodeSet.NONE;
        for (int i = 1; i <= NODES; i++) {
            all = all.with(NodeId.of(i));
        }
        nodes = all;
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        nodes.forEach(node -> recordIds.put(node, (long) node.number()));
        ClusterState founded = ClusterState.founded(cluster, Electorate.majorityOf(nodes), recordIds);
        nodes.forEach(node -> actors.put(node, new Actor(node, RecordFile.founding(
                new AcceptorRecord(node.number(), Optional.empty(), Optional.empty(), founded)))));
    }

    /**
     * Runs the walk.
     *
     * @param deaths how many nodes die and come back, one after the other
     */
    public static void run(int deaths) {
        new Rehearsal().walk(deaths);
    }

    private void walk(int deaths) {
        actors.values().forEach(Actor::start);
        until("everybody is in the group", () -> actors.values().stream().allMatch(Actor::inGroup));
        for (int i = 0; i < deaths; i++) {
            NodeId leader = actors.firstEntry().getValue().node.status(now).leader().orElseThrow().node();
            NodeId victim = i % 2 == 0 ? nodes.without(leader).lowest() : leader;
            die(victim);
            until("the survivors have recovered", () -> actors.values().stream()
                    .filter(actor -> actor.node != null).allMatch(actor -> actor.recoveredFrom(victim)));
            actors.get(victim).start();
            until("the victim is back", () -> actors.values().stream().allMatch(Actor::inGroup));
        }
    }

    private void die(NodeId victim) {
        actors.get(victim).node = null;
        for (NodeId peer : nodes.without(victim)) {
            wire.add(new Delivery(peer, new NodeInput.StreamClosed(victim)));
            wire.add(new Delivery(peer, new NodeInput.StreamRefused(victim)));
        }
    }

    private void until(String goal, BooleanSupplier reached) {
        for (int step = 0; !reached.getAsBoolean(); step++) {
            Invariant.holds(step < STEPS_LIMIT, "the rehearsal does not reach: %s", goal);
            Delivery delivery = wire.poll();
            if (delivery != null) {
                Actor actor = actors.get(delivery.to());
                if (actor.node != null) {
                    actor.node.step(delivery.input(), now, actor);
                }
                continue;
            }
            long soonest = Long.MAX_VALUE;
            for (Actor actor : actors.values()) {
                soonest = Math.min(soonest, actor.node == null ? Long.MAX_VALUE : actor.node.deadline());
            }
            now = Math.max(now, soonest);
            for (Actor actor : actors.values()) {
                if (actor.node != null && actor.node.deadline() <= now) {
                    actor.node.due(now, actor);
                }
            }
        }
    }

    /** One node of the walk and its driver. */
    private final class Actor implements Outbox<NodeNews> {

        private final NodeId id;
        private final byte[] file;
        private long life;
        private ClusterNode node;

        Actor(NodeId id, byte[] file) {
            this.id = id;
            this.file = file;
        }

        void start() {
            life++;
            TreeMap<NodeId, List<String>> methods = new TreeMap<>();
            nodes.forEach(n -> methods.put(n, List.of("rehearsed")));
            NodeConfig config = new NodeConfig(
                    cluster, new Incarnation(id, life), HostProcess.UNKNOWN, nodes, 1, TimeBudget.lan(), methods);
            node = new ClusterNode(
                    config, RecordFile.load(file), List.of(new Recorder()), chance.fork("life" + life), now);
            for (NodeId peer : nodes.without(id)) {
                wire.add(new Delivery(peer, new NodeInput.StreamOpened(id)));
                wire.add(new Delivery(id, new NodeInput.StreamOpened(peer)));
            }
            wire.add(new Delivery(id, new NodeInput.Asked(new Request.JoinGroup(GROUP))));
        }

        boolean inGroup() {
            var group = node.status(now).state().groups().get(GROUP);
            return group != null && group.phase() == Phase.RUNNING && group.members().size() == NODES
                    && group.has(new Incarnation(id, life));
        }

        boolean recoveredFrom(NodeId victim) {
            ClusterState state = node.status(now).state();
            var group = state.groups().get(GROUP);
            return !state.members().containsKey(victim) && !state.recovering() && group != null
                    && group.phase() == Phase.RUNNING && !group.nodes().contains(victim);
        }

        @Override
        public void send(NodeId to, Message message) {
            Envelope envelope = throughBytes(message);
            wire.add(new Delivery(to, new NodeInput.Arrived(envelope.from(), envelope.message())));
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            Envelope envelope = throughBytes(message);
            wire.add(new Delivery(to, new NodeInput.CastArrived(envelope.from(), link, envelope.message())));
        }

        @Override
        public void perform(Effect effect) {
            wire.add(new Delivery(id, new NodeInput.Completed(switch (effect) {
                case Effect.Write(long ticket, _, long offset, Bytes bytes) -> {
                    System.arraycopy(bytes.shared(), 0, file, (int) offset, bytes.length());
                    yield new Completion.Written(ticket);
                }
                case Effect.Fence(long ticket, _, _, _, _, _, _) -> new Completion.FenceEnded(
                        ticket, Optional.of(EvidenceClass.PROCESS_ENDED.label()), "rehearsed");
                case Effect.OnDisk order -> new Completion.DiskFailed(order.ticket(), "there is no disk " + order.disk());
            })));
        }

        @Override
        public void announce(NodeNews news) {
            if (news instanceof NodeNews.Stop(var code, String reason, _)) {
                throw new BrokenInvariant("rehearsal: " + id + " stopped: " + code + " " + reason);
            }
        }

        private Envelope throughBytes(Message message) {
            try {
                return frames.decode(frames.encode(new Incarnation(id, life), message));
            } catch (MalformedFrame e) {
                throw new BrokenInvariant("own frame refused: " + e.getMessage());
            }
        }
    }
}
