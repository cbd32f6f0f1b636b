package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.fence.FenceDevice;
import io.muster.fence.FenceInput;
import io.muster.fence.FenceMessage;
import io.muster.fence.Fencer;
import io.muster.fence.Fencing;
import io.muster.group.GroupInput;
import io.muster.group.GroupManager;
import io.muster.group.GroupMessage;
import io.muster.group.GroupNews;
import io.muster.heartbeat.HeartbeatNews;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/** One life of one node of a {@link RandomCluster}. */
final class ClusterRunNode {

    final Incarnation self;
    final TreeSet<Incarnation> lost = new TreeSet<>();
    final TreeMap<Long, Long> acting = new TreeMap<>();
    final RandomService service;
    Optional<Ballot> ballot = Optional.empty();
    boolean alive = true;
    long applied;
    long actUntil = Long.MAX_VALUE;

    private final RandomCluster cluster;
    private final Fencer fencer;
    private final GroupManager groups;
    private final RecoveryCoordinator recovery;
    private long wakeAt = Machine.NEVER;

    ClusterRunNode(RandomCluster cluster, Incarnation self, SortedMap<NodeId, List<String>> methods) {
        this.cluster = cluster;
        this.self = self;
        this.service = new RandomService(cluster, this);
        // Here a device ends the life it is told; one that cuts whole nodes off would spare newer lives (rule F5a).
        TreeMap<String, FenceDevice> devices = new TreeMap<>();
        methods.values().forEach(names -> names.forEach(
                name -> devices.put(name, new FenceDevice(name, true, false, false, false))));
        this.fencer = new Fencer(self, Fencing.flat(methods).with(devices), RandomCluster.TIMES, cluster.now,
                new Prng(self.life()), HostProcess.UNKNOWN);
        this.groups = new GroupManager(self, RandomCluster.TIMES, cluster.now);
        this.recovery = new RecoveryCoordinator(
                self, List.of(new Recorder(), service), RandomCluster.TIMES, cluster.now);
        step(fencer, new FenceInput.ActUntil(actUntil), this::dropNews);
    }

    void wants(Draft draft) {
        fencer.wants(draft, cluster.now);
        groups.wants(draft, cluster.now);
        recovery.wants(draft, cluster.now);
    }

    void apply(ClusterState before, ClusterState state) {
        applied = state.version();
        agreed(new LedgerNews.Applied(before, state, state.events(), state.version() > before.version() + 1));
        if (state.isPast(self)) {
            // A node that learns that it is out stops.
            cluster.after(0, () -> cluster.kill(self, "learned that it is out"));
        }
    }

    void agreed(LedgerNews news) {
        step(fencer, new FenceInput.Agreed(news), this::dropNews);
        step(groups, new GroupInput.Agreed(news), (GroupNews told) ->
                step(recovery, new RecoveryInput.Changed(told), this::recoveryNews));
        step(recovery, new RecoveryInput.Agreed(news), this::recoveryNews);
    }

    void follow(Ballot other) {
        agreed(new LedgerNews.Following(other));
    }

    void hears(Incarnation who) {
        lost.remove(who);
        step(fencer, new FenceInput.Heard(new HeartbeatNews.PeerHeard(who)), this::dropNews);
    }

    void loses(Incarnation who) {
        if (alive && lost.add(who)) {
            step(fencer, new FenceInput.Heard(new HeartbeatNews.PeerLost(who, "silent", 1)), this::dropNews);
        }
    }

    void lease(long until) {
        actUntil = until;
        step(fencer, new FenceInput.ActUntil(until), this::dropNews);
    }

    void joinWanted(GroupName group) {
        step(groups, new GroupInput.JoinWanted(group), this::groupNews);
    }

    void leaveWanted(GroupName group) {
        step(recovery, new RecoveryInput.CloseWanted(group), this::recoveryNews);
    }

    void completed(Completion completion) {
        step(fencer, new FenceInput.Completed(completion), this::dropNews);
    }

    void answered(RecoveryInput answer) {
        step(recovery, answer, this::recoveryNews);
    }

    void arrived(Incarnation from, Message message) {
        switch (message) {
            case FenceMessage m -> step(fencer, new FenceInput.Arrived(from, m), this::dropNews);
            case GroupMessage m -> step(groups, new GroupInput.Arrived(from, m), this::groupNews);
            case RecoveryMessage m -> step(recovery, new RecoveryInput.Arrived(from, m), this::recoveryNews);
            default -> throw new AssertionError("unknown message " + message);
        }
    }

    String problems(ClusterState head) {
        if (applied < head.version()) {
            return self + " lags\n";
        }
        StringBuilder text = new StringBuilder();
        fencer.openFences().forEach(fence -> text.append(self + " fences " + fence + "\n"));
        groups.waiting().forEach(wish -> text.append(self + " wishes " + wish + "\n"));
        recovery.waiting().forEach(wait -> text.append(self + " waits " + wait + "\n"));
        return text.toString();
    }

    boolean cannotLeave() {
        return recovery.waiting().stream().anyMatch(wait -> wait.leaving() && wait.phase() == Phase.RUNNING);
    }

    private void groupNews(GroupNews news) {
        step(recovery, new RecoveryInput.Changed(news), this::recoveryNews);
    }

    private void recoveryNews(RecoveryNews news) {
        switch (news) {
            case RecoveryNews.Begin(Phase phase, RecoveryPlan plan) -> begins(phase, plan);
            case RecoveryNews.Closed(GroupName group) ->
                step(groups, new GroupInput.LeaveWanted(group), this::groupNews);
            case RecoveryNews.SelfWithdrawn _ -> cluster.count("withdrawn");
            case RecoveryNews.Abandon _ -> cluster.count("abandoned");
            case RecoveryNews.Recovered _ -> cluster.count("recovered");
            case RecoveryNews.ParticipantFailed _ -> cluster.count("participant failed");
            case RecoveryNews.Waiting _ -> cluster.count("waiting");
        }
    }

    /** Rule R1, from the truth: what was really done on all nodes, and who is really dead. */
    private void begins(Phase phase, RecoveryPlan plan) {
        cluster.log("%s begins %s of %s %d".formatted(self, phase, plan.group(), plan.generation()));
        if (phase == Phase.STOP) {
            return;
        }
        Phase former = Phase.values()[phase.ordinal() - 1];
        for (Incarnation survivor : plan.survivors().values()) {
            assertThat(cluster.passed.contains(
                    new RandomCluster.Passed(plan.group(), plan.generation(), former, survivor)))
                    .as("%s is through %s when %s begins %s of %s", survivor, former, self, phase, plan).isTrue();
        }
        for (Incarnation departed : plan.departed()) {
            assertThat(cluster.alive(departed) && !cluster.lied.contains(departed))
                    .as("%s begins %s while %s lives", self, phase, departed).isFalse();
        }
    }

    private void dropNews(Object news) {
        cluster.log("%s %s".formatted(self, news));
    }

    private <I, N> void step(Machine<I, N> machine, I input, Consumer<N> hear) {
        if (alive) {
            machine.step(input, cluster.now, new NodeOutbox<>(hear));
            wakeLater();
        }
    }

    private void wakeLater() {
        long next = Math.min(fencer.deadline(), Math.min(groups.deadline(), recovery.deadline()));
        if (next != Machine.NEVER && next < wakeAt) {
            wakeAt = Math.max(next, cluster.now);
            cluster.after(wakeAt - cluster.now, this::wake);
        }
    }

    private void wake() {
        if (!alive || wakeAt > cluster.now) {
            return;
        }
        wakeAt = Machine.NEVER;
        due(fencer, this::dropNews);
        due(groups, this::groupNews);
        due(recovery, this::recoveryNews);
        wakeLater();
    }

    private <I, N> void due(Machine<I, N> machine, Consumer<N> hear) {
        if (machine.deadline() <= cluster.now) {
            machine.due(cluster.now, new NodeOutbox<>(hear));
            assertThat(machine.deadline()).as("%s spins", machine).isGreaterThan(cluster.now);
        }
    }

    /** News is heard after the step, as the node does it. */
    private final class NodeOutbox<N> implements Outbox<N> {

        private final Consumer<N> hear;

        NodeOutbox(Consumer<N> hear) {
            this.hear = hear;
        }

        @Override
        public void send(NodeId to, Message message) {
            cluster.post(ClusterRunNode.this, to, message);
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            throw new AssertionError("nothing here casts");
        }

        @Override
        public void perform(Effect effect) {
            cluster.fence(ClusterRunNode.this, (Effect.Fence) effect);
        }

        @Override
        public void announce(N news) {
            cluster.after(0, () -> hear.accept(news));
        }
    }
}
