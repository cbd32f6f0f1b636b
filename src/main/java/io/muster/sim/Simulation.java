package io.muster.sim;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.ledger.RecordFile;
import io.muster.ledger.Voting;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.node.ClusterNode;
import io.muster.node.FrameCodec;
import io.muster.node.NodeConfig;
import io.muster.node.NodeEvent;
import io.muster.node.NodeInput;
import io.muster.node.NodeNews;
import io.muster.node.Request;
import io.muster.quorum.Electorate;
import io.muster.recovery.Participant;
import io.muster.recovery.RecoveryPlan;
import io.muster.sim.check.Checkers;
import io.muster.sim.check.Truth;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A whole cluster in one thread on virtual time: hosts with disks and clocks, a network, fence devices, and real
 * {@link ClusterNode}s that cannot tell. What happens to it is for the caller to say; all checkers watch.
 *
 * <p>Everything is a function of the settings and their seed.
 */
final class Simulation {

    private static final SortedMap<String, EnumSet<Phase>> PARTICIPANTS = new TreeMap<>(java.util.Map.of(
            "locks", EnumSet.of(Phase.STOP, Phase.LOCKS, Phase.RESUME),
            "files", EnumSet.of(Phase.STOP, Phase.STRIPES, Phase.JOURNALS, Phase.RESUME)));
    /** Things that happen at one moment; more is a node that never rests. */
    private static final int MOMENT_LIMIT = 100_000;

    private final SimSettings settings;
    private final VirtualTime time = new VirtualTime();
    private final Trace trace;
    private final Prng chance;
    private final ClusterId cluster;
    private final NodeSet nodes;
    private final Truth truth;
    private final Checkers checkers;
    private final SimNetwork network;
    private final SimFence fence;
    private final TreeMap<NodeId, SimHost> hosts = new TreeMap<>();
    private final List<SimParticipant> participants = new ArrayList<>();
    private final List<Consumer<Incarnation>> whenEnded = new ArrayList<>();
    private final List<BiConsumer<Incarnation, NodeEvent>> whenHappened = new ArrayList<>();
    private SimParticipant.Behaviour participantBehaviour;
    private double diesInStep;
    private long deaths;
    private long fencesEvidenced;
    private long worldFaults;
    private long momentStart;
    private long momentFirst;

    /** @param listener told each line of the trace as it happens */
    Simulation(SimSettings settings, Optional<Consumer<String>> listener) {
        this.settings = settings;
        this.trace = new Trace(listener);
        this.chance = new Prng(settings.seed()).fork("simulation");
        this.cluster = new ClusterId(settings.seed(), 1);
        NodeSet all = NodeSet.NONE;
        for (int i = 1; i <= settings.nodes(); i++) {
            all = all.with(NodeId.of(i));
        }
        this.nodes = all;
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        nodes.forEach(node -> recordIds.put(node, 1_000L + node.number()));
        Electorate electorate = Electorate.majorityOf(nodes);
        ClusterState founding = ClusterState.founded(
                cluster, electorate, recordIds, Voting.of(settings.policy(), electorate));
        this.truth = new Truth(PARTICIPANTS, founding, time::now);
        this.checkers = new Checkers(truth, settings.times());
        World world = new World();
        this.network = new SimNetwork(
                time, chance.fork("network"), new FrameCodec(cluster), world, trace);
        this.fence = new SimFence(time, chance.fork("fence"), world);
        for (NodeId node : nodes) {
            SimDisk disk = new SimDisk(time, chance.fork("disk" + node), (file, content) -> diskChanged(node, file, content));
            hosts.put(node, new SimHost(node, disk, newClock()));
            disk.install(RecordFile.NAME, RecordFile.founding(
                    new AcceptorRecord(recordIds.get(node), Optional.empty(), Optional.empty(), founding)));
        }
        participantBehaviour = settings.participants();
        network.behave(settings.network());
        fence.behave(settings.fence());
        hosts.values().forEach(host -> host.disk().behave(settings.disk()));
    }

    // ---- what the caller looks at

    SimSettings settings() {
        return settings;
    }

    VirtualTime time() {
        return time;
    }

    SimNetwork network() {
        return network;
    }

    SimFence fence() {
        return fence;
    }

    Trace trace() {
        return trace;
    }

    Truth truth() {
        return truth;
    }

    Checkers checkers() {
        return checkers;
    }

    NodeSet nodes() {
        return nodes;
    }

    SimHost host(NodeId node) {
        return hosts.get(node);
    }

    /** The processes that have not ended, stopped ones included. */
    List<SimProcess> processes() {
        return hosts.values().stream().flatMap(host -> host.process().stream()).toList();
    }

    List<GroupName> groups() {
        List<GroupName> names = new ArrayList<>();
        for (int i = 1; i <= settings.groups(); i++) {
            names.add(new GroupName("g" + i));
        }
        return names;
    }

    /** Lives of members that ended without having left. */
    long deaths() {
        return deaths;
    }

    /** Fences that ended in evidence. */
    long fences() {
        return fencesEvidenced;
    }

    /** Everything that was done to the cluster. */
    long faults() {
        return worldFaults + network.faults() + fence.faults()
                + hosts.values().stream().mapToLong(host -> host.disk().faults()).sum()
                + participants.stream().mapToLong(SimParticipant::faults).sum();
    }

    // ---- what the caller does

    /** Starts a new life on a node whose host is up and which has none. */
    void start(NodeId node) {
        SimHost host = hosts.get(node);
        if (!host.up() || host.process().isPresent()) {
            return;
        }
        Incarnation life = new Incarnation(node, host.disk().nextLife());
        HostProcess where = new HostProcess(node.toString(), host.bootId(), "", 100 + life.life(), time.now());
        SimProcess process = new SimProcess(life, where, nodes.without(node), host.clock(), time, trace, driver);
        TreeMap<NodeId, List<String>> methods = new TreeMap<>();
        nodes.forEach(n -> methods.put(n, List.of(SimFence.PROCESS)));
        NodeConfig config = new NodeConfig(
                cluster, life, where, nodes, settings.links(), settings.times(), methods);
        note(Optional.of(life), "starts");
        host.holds(process);
        truth.begins(life);
        checkers.started(life);
        process.run(new ClusterNode(
                config, RecordFile.load(host.disk().read(RecordFile.NAME)), participantsOf(process),
                new Prng(settings.seed()).fork(life.toString()), process.localNow()));
        network.started(process);
    }

    private List<Participant> participantsOf(SimProcess process) {
        List<Participant> made = new ArrayList<>();
        PARTICIPANTS.forEach((name, phases) -> {
            SimParticipant participant = new SimParticipant(
                    name, phases, participantBehaviour, time, chance.fork(name), new Ear(process), process::input);
            participants.add(participant);
            made.add(participant);
        });
        return made;
    }

    void startAll() {
        nodes.forEach(this::start);
    }

    /** Ends a process at once, as SIGKILL does. */
    void kill(NodeId node) {
        hosts.get(node).process().ifPresent(process -> {
            worldFaults++;
            note(Optional.of(process.life()), "is killed");
            end(process, false);
        });
    }

    /** Takes the power from a host: its process ends, and nobody is left to tell the peers. */
    void powerOff(NodeId node) {
        SimHost host = hosts.get(node);
        if (host.up()) {
            worldFaults++;
            note(Optional.empty(), "host of " + node + " loses power");
            host.process().ifPresent(process -> end(process, true));
            host.goesDown();
        }
    }

    void powerOn(NodeId node) {
        if (!hosts.get(node).up()) {
            note(Optional.empty(), "host of " + node + " boots");
            hosts.get(node).boots(newClock());
        }
    }

    /** Stops a process for a while, as SIGSTOP and SIGCONT do. */
    void pause(NodeId node, long forNs) {
        hosts.get(node).process().filter(process -> !process.paused()).ifPresent(process -> {
            worldFaults++;
            note(Optional.of(process.life()), "is stopped for " + forNs + " ns");
            process.pause();
            time.after(forNs, () -> resume(process));
        });
    }

    void resume(SimProcess process) {
        if (process.paused() && !process.ended()) {
            note(Optional.of(process.life()), "goes on");
            process.resume(chance.nextInt(2) == 0);
        }
    }

    void ask(NodeId node, Request request) {
        hosts.get(node).process().ifPresent(process -> process.input(new NodeInput.Asked(request)));
    }

    /** From now on every step of a node may be its last, in the middle of what it wanted to do. */
    void diesInStep(double probability) {
        diesInStep = probability;
    }

    /** From now on participants behave like this, also those that run. */
    void participantsBehave(SimParticipant.Behaviour next) {
        participantBehaviour = next;
        participants.forEach(participant -> participant.behave(next));
    }

    /** Tells when a life has ended, for whatever reason. */
    void whenEnded(Consumer<Incarnation> told) {
        whenEnded.add(told);
    }

    /** Tells each line of the nodes' event logs. */
    void whenHappened(BiConsumer<Incarnation, NodeEvent> told) {
        whenHappened.add(told);
    }

    void note(Optional<Incarnation> who, String what) {
        trace.hash().add(what);
        trace.line(time.now(), who, what);
    }

    /** Lets time pass. Violations and faults of the product rise from here. */
    void runUntil(long moment) {
        boolean more = true;
        while (more) {
            more = time.step(moment);
            watchForRest();
        }
    }

    private void watchForRest() {
        if (time.now() != momentStart) {
            momentStart = time.now();
            momentFirst = time.happened();
        } else if (time.happened() - momentFirst > MOMENT_LIMIT) {
            throw new IllegalStateException("%d things happened at %d ns: somebody never rests".formatted(
                    MOMENT_LIMIT, time.now()));
        }
    }

    // ---- within

    private SimClock newClock() {
        long ppm = settings.clockRatePpm();
        return new SimClock(time.now(), chance.nextLong(1L << 40), ppm == 0 ? 0 : chance.between(-ppm, ppm));
    }

    private void end(SimProcess process, boolean hostGone) {
        SimHost host = hosts.get(process.node());
        if (truth.chosen().newest().isMember(process.life())) {
            deaths++;
        }
        process.end();
        host.disk().crash();
        host.empties();
        truth.ends(process.life());
        checkers.ended(process.life());
        network.ended(process, hostGone);
        whenEnded.forEach(told -> told.accept(process.life()));
    }

    private void diskChanged(NodeId node, String file, byte[] content) {
        if (!file.equals(RecordFile.NAME)) {
            return;
        }
        AcceptorRecord record = RecordFile.load(content).record();
        if (truth.record(node).filter(record::equals).isPresent()) {
            return;
        }
        truth.recordIs(node, record);
        checkers.durable(node, record);
        var chosen = record.accepted().flatMap(ballot ->
                truth.chosen().accepted(node, ballot, record.state(), record.lone()));
        chosen.ifPresent(made -> {
            note(Optional.empty(), "version " + made.state().version() + " is chosen: " + made.state().events());
            fencesEvidenced += made.state().events().stream()
                    .filter(io.muster.ledger.LedgerEvent.FenceEvidenced.class::isInstance).count();
            checkers.chosen(made.ballot(), made.state());
        });
    }

    private final SimProcess.Driver driver = new SimProcess.Driver() {

        @Override
        public void send(SimProcess from, NodeId to, Message message) {
            checkers.sent(from.life(), to, message);
            network.send(from, to, message);
        }

        @Override
        public void cast(SimProcess from, NodeId to, int link, Message message) {
            network.cast(from, to, link, message);
        }

        @Override
        public void perform(SimProcess from, Effect effect) {
            switch (effect) {
                case Effect.Write write -> hosts.get(from.node()).disk().write(
                        write, completion -> from.input(new NodeInput.Completed(completion)));
                case Effect.Fence act -> {
                    checkers.fencing(from.life(), act);
                    fence.act(act, completion -> from.input(new NodeInput.Completed(completion)));
                }
            }
        }

        @Override
        public void announced(SimProcess from, NodeNews news) {
            switch (news) {
                case NodeNews.Happened(NodeEvent event) -> {
                    trace.line(time.now(), Optional.of(from.life()), event);
                    checkers.happened(from.life(), event);
                    whenHappened.forEach(told -> told.accept(from.life(), event));
                }
                case NodeNews.ActUntil(long until) -> {
                    long at = until <= from.localNow() ? time.now() : from.clock().trueTimeOf(until);
                    truth.actsUntil(from.life(), at);
                    checkers.mayAct(from.life(), at);
                }
                case NodeNews.Agreed(LedgerNews.Applied applied) -> checkers.applied(from.life(), applied);
                case NodeNews.Stop(var code, String reason, boolean planned) -> {
                    note(Optional.of(from.life()), "stops, " + (planned ? "as planned: " : "") + code + " " + reason);
                    end(from, false);
                }
            }
        }

        @Override
        public void received(SimProcess to, Incarnation from, Message message) {
            checkers.received(to.life(), from, message);
        }

        @Override
        public int wishesBeforeDeath(SimProcess process, int wishes) {
            return wishes > 0 && diesInStep > 0 && chance.chance(diesInStep) ? chance.nextInt(wishes) : wishes;
        }

        @Override
        public void died(SimProcess process) {
            worldFaults++;
            note(Optional.of(process.life()), "dies in the middle of a step");
            end(process, false);
        }
    };

    /** What a participant of one process does is seen by the checkers at once. */
    private final class Ear implements SimParticipant.Ear {

        private final Incarnation life;

        Ear(SimProcess process) {
            this.life = process.life();
        }

        @Override
        public void began(String participant, Phase phase, RecoveryPlan plan) {
            note(Optional.of(life), participant + " begins " + phase + " of " + plan);
            checkers.began(life, participant, phase, plan);
        }

        @Override
        public void toldToAbandon(String participant, GroupName group, long generation) {
            note(Optional.of(life), participant + " abandons generation " + generation + " of " + group);
            checkers.toldToAbandon(life, participant, group, generation);
        }

        @Override
        public void answered(String participant, Participant.Answer answer) {
            note(Optional.of(life), participant + " answers " + answer);
            checkers.answered(life, participant, answer);
        }
    }

    /** What the network and the fence devices know of the nodes. */
    private final class World implements SimNetwork.World, SimFence.Reach {

        @Override
        public Optional<SimProcess> running(NodeId node) {
            return hosts.get(node).process();
        }

        @Override
        public boolean hostUp(NodeId node) {
            return hosts.get(node).up();
        }

        @Override
        public boolean ended(Incarnation victim) {
            return !hosts.get(victim.node()).runs(victim);
        }

        @Override
        public void end(Incarnation victim) {
            if (!ended(victim)) {
                note(Optional.of(victim), "is ended by a fence device");
                Simulation.this.end(hosts.get(victim.node()).process().orElseThrow(), false);
            }
        }

        @Override
        public void lied(Incarnation victim) {
            note(Optional.of(victim), "is called ended by a device that lies");
            truth.lieAbout(victim);
        }
    }
}
