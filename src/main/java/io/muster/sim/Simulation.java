package io.muster.sim;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.fence.Fencing;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent.FenceEvidenced;
import io.muster.ledger.RecordFile;
import io.muster.ledger.Voting;
import io.muster.membership.ViewSettings;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.node.ClusterNode;
import io.muster.node.FrameCodec;
import io.muster.node.NodeConfig;
import io.muster.node.NodeInput;
import io.muster.node.NodeNews;
import io.muster.node.Request;
import io.muster.quorum.Electorate;
import io.muster.sim.check.Checkers;
import io.muster.sim.check.ChosenStates;
import io.muster.sim.check.Truth;
import io.muster.sim.check.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * A whole cluster in one thread on virtual time: hosts with disks and clocks, a network, fence devices, and real
 * {@link ClusterNode}s that cannot tell. What happens to it is for the caller to say; all checkers watch.
 *
 * <p>Everything is a function of the settings and their seed.
 */
final class Simulation {

    private static final long FOLDER_LOCKED_NS = 10_000_000;
    /** A pause in the middle of a step lasts at most so long: longer than any bound of the cluster. */
    private static final long PAUSE_IN_STEP_NS = 6_000_000_000L;

    private final SimSettings settings;
    private final VirtualTime time = new VirtualTime();
    private final Trace trace;
    private final Prng chance;
    private final ClusterId cluster;
    private final NodeSet nodes;
    private final Truth truth;
    private final Checkers checkers;
    private final Moments moments;
    private final SimNetwork network;
    private final SimFence fence;
    private final SimDisks disks;
    private Fencing fencing;
    private final TreeMap<NodeId, SimHost> hosts = new TreeMap<>();
    private final SimServices services = new SimServices(this);
    private final List<Consumer<Incarnation>> whenEnded = new ArrayList<>();
    private final Announcements announcements = new Announcements(this);
    private BiPredicate<SimProcess, Object> endsBefore = (_, _) -> false;
    private double diesInStep;
    private double pausesInStep;
    private long deaths;
    private long fencesEvidenced;
    private long worldFaults;
    private long disturbances;

    /** @param listener told each line of the trace as it happens */
    Simulation(SimSettings settings, Optional<Consumer<String>> listener) {
        this.settings = settings;
        this.trace = new Trace(listener);
        this.chance = new Prng(settings.seed()).fork("simulation");
        this.cluster = new ClusterId(settings.seed(), 1);
        this.nodes = SimSettings.first(settings.nodes());
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        NodeSet voters = SimSettings.first(settings.voters());
        voters = voters.union(SimDisks.first(settings.disks()));
        voters.forEach(node -> recordIds.put(node, recordId(node)));
        Electorate electorate = Electorate.majorityOf(voters);
        ClusterState founding = ClusterState.founded(
                cluster, electorate, recordIds, Voting.of(settings.policy(), electorate));
        this.truth = new Truth(SimServices.PHASES, founding, time::now);
        this.checkers = new Checkers(truth, settings.times());
        this.moments = new Moments(truth.chosen());
        SimWorld world = new SimWorld(this);
        this.network = new SimNetwork(time, chance.fork("network"), new FrameCodec(cluster), world, trace);
        this.disks = new SimDisks(this, settings.disks(), cluster, time, new Prng(settings.seed()).fork("shared disks"));
        this.fence = new SimFence(time, chance.fork("fence"), world);
        for (NodeId node : nodes) {
            SimDisk disk = new SimDisk(time, chance.fork("disk" + node), (file, content) -> diskChanged(node, file, content));
            hosts.put(node, new SimHost(node, disk, newClock()));
            disk.install(RecordFile.NAME, RecordFile.founding(
                    new AcceptorRecord(recordId(node), Optional.empty(), Optional.empty(), founding)));
        }
        services.behave(settings.participants());
        network.behave(settings.network());
        network.links(settings.links());
        fencing = SimPlans.of(settings, nodes);
        fence.outlets().wiredAs(fencing);
        fence.behave(settings.fence());
        hosts.values().forEach(host -> host.disk().behave(settings.disk()));
        new Looks(this).begin();
    }

    private static long recordId(NodeId node) {
        return 1_000L + node.number();
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

    SimDisks disks() {
        return disks;
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

    Moments moments() {
        return moments;
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
        return worldFaults + network.faults() + fence.faults() + disks.faults()
                + hosts.values().stream().mapToLong(host -> host.disk().faults()).sum()
                + services.faults();
    }

    // ---- what the caller does

    /** Starts a new life on a node whose host is up and which has none. */
    void start(NodeId node) {
        SimHost host = hosts.get(node);
        if (!host.up() || host.process().isPresent()) {
            return;
        }
        if (!host.disk().drained()) {
            // The folder is locked until the IO of the former process has ended (rule D5).
            time.after(FOLDER_LOCKED_NS, () -> start(node));
            return;
        }
        RecordFile.Loaded loaded;
        try {
            loaded = RecordFile.load(host.disk().read(RecordFile.NAME));
        } catch (ClusterFault e) {
            Violation.unless(host.recordLost(), "RecordSurvives", "no record of %s: %s", node, e.getMessage());
            note(Optional.empty(), node + " does not start: " + e.code().label());
            return;
        }
        Violation.unless(!host.recordLost(), "RecordSurvives", "%s has a record, and its disk forgot it", node);
        Incarnation life = new Incarnation(node, host.disk().nextLife());
        HostProcess where = new HostProcess(node.toString(), host.bootId(), "", 100 + life.life(), time.now());
        SimProcess process = new SimProcess(life, where, nodes.without(node), host.clock(), time, trace, driver);
        NodeConfig config = new NodeConfig(
                cluster, life, where, nodes, settings.links(), settings.times(), fencing, ViewSettings.DEFAULT, disks.config());
        note(Optional.of(life), "starts");
        host.holds(process);
        truth.begins(life);
        checkers.started(life);
        process.run(new ClusterNode(
                config, loaded, services.of(process, chance),
                new Prng(settings.seed()).fork(life.toString()), process.localNow()));
        network.started(process);
        disks.started(host);
    }

    void startAll() {
        nodes.forEach(this::start);
    }

    /** Ends a process at once, as SIGKILL does. */
    void kill(NodeId node) {
        hosts.get(node).process().ifPresent(process -> {
            worldFaults++;
            truth.disturbed();
            note(Optional.of(process.life()), "is killed");
            end(process, false);
        });
    }

    /** Takes the power from a host: its process ends, and nobody is left to tell the peers. */
    void powerOff(NodeId node) {
        SimHost host = hosts.get(node);
        if (host.up()) {
            worldFaults++;
            truth.disturbed();
            note(Optional.empty(), "host of " + node + " loses power");
            host.former().forEach(process -> end(process, true));
            host.process().ifPresent(process -> end(process, true));
            host.goesDown();
        }
    }

    /** An act against one life takes the power from its node, whoever runs there now. */
    void struckByPower(Incarnation victim) {
        hosts.get(victim.node()).process().ifPresent(process -> {
            note(Optional.of(process.life()), "loses power by an act against " + victim);
            checkers.struck(victim, process.life());
        });
        powerOff(victim.node());
    }

    void powerOn(NodeId node) {
        if (!hosts.get(node).up()) {
            note(Optional.empty(), "host of " + node + " boots");
            hosts.get(node).boots(newClock());
            fence.outlets().allOn(node);
        }
    }

    /** Stops a process for a while, as SIGSTOP and SIGCONT do. */
    void pause(NodeId node, long forNs) {
        hosts.get(node).process().filter(process -> !process.paused()).ifPresent(process -> {
            worldFaults++;
            truth.pauses(process.life());
            note(Optional.of(process.life()), "is stopped for " + forNs + " ns");
            process.pause();
            time.after(forNs, () -> resume(process));
        });
    }

    void resume(SimProcess process) {
        if (process.paused() && !process.ended()) {
            truth.goesOn(process.life());
            note(Optional.of(process.life()), "goes on");
            process.resume(chance.nextInt(2) == 0);
        }
    }

    /**
     * A process that is stopped loses its folder and its addresses to whatever is started next on its node, as when the
     * two are in containers of their own. It still runs: whoever takes the new life as proof of its end is wrong (F5).
     */
    void takeOver(SimProcess old) {
        worldFaults++;
        note(Optional.of(old.life()), "loses its folder and its addresses");
        hosts.get(old.node()).disk().crash(false);
        hosts.get(old.node()).loosens();
    }

    /** The disk of a node without a process loses its record, if voters enough keep theirs. @return whether it did */
    boolean forget(NodeId node) {
        SimHost host = hosts.get(node);
        boolean forgets = host.process().isEmpty() && host.disk().drained() && !host.recordLost() && truth.canSpare(node);
        if (forgets) {
            worldFaults++;
            note(Optional.empty(), "the disk of " + node + " forgets its record");
            host.disk().forget(RecordFile.NAME);
            host.losesRecord();
            truth.recordIsLost(node);
        }
        return forgets;
    }

    void ask(NodeId node, Request request) {
        hosts.get(node).process().ifPresent(process -> process.input(new NodeInput.Asked(request)));
    }

    /** Lives that start from now on fence by these plans. */
    void fencing(Fencing plans) {
        fencing = plans;
        fence.outlets().wiredAs(plans);
    }

    /** From now on told each message and effect before it is carried out; it is not when the process was ended by that. */
    void endsBefore(BiPredicate<SimProcess, Object> point) {
        endsBefore = point;
    }

    /** From now on every step of a node may be its last, in the middle of what it wanted to do. */
    void diesInStep(double probability) {
        diesInStep = probability;
    }

    /** From now on every step of a node may be interrupted by a pause, in the middle of what it wanted to do. */
    void pausesInStep(double probability) {
        pausesInStep = probability;
    }

    /** From now on participants behave like this, also those that run. */
    void participantsBehave(SimParticipant.Behaviour next) {
        services.behave(next);
    }

    /** Tells when a life has ended, for whatever reason. */
    void whenEnded(Consumer<Incarnation> told) {
        whenEnded.add(told);
    }

    Announcements announcements() {
        return announcements;
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
            long changes = network.changes() + disks.faults()
                    + hosts.values().stream().mapToLong(host -> host.disk().faults()).sum();
            if (changes != disturbances) {
                disturbances = changes;
                truth.disturbed();
            }
        }
    }

    // ---- within

    private SimClock newClock() {
        long ppm = settings.clockRatePpm();
        return new SimClock(time.now(), chance.nextLong(1L << 40), ppm == 0 ? 0 : chance.between(-ppm, ppm));
    }

    /** Ends a process. @param hostGone nobody is left to tell its peers */
    void end(SimProcess process, boolean hostGone) {
        SimHost host = hosts.get(process.node());
        if (truth.chosen().newest().isMember(process.life())) {
            deaths++;
        }
        process.end();
        if (host.process().filter(running -> running == process).isPresent()) {
            host.disk().crash(hostGone);
        }
        host.ended(process);
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
        record.accepted().flatMap(ballot -> truth.chosen().accepted(node, ballot, record.state(), record.lone()))
                .ifPresent(this::chosen);
    }

    void chosen(ChosenStates.Chosen made) {
        note(Optional.empty(), "version " + made.state().version() + " is chosen: " + made.state().events());
        fencesEvidenced += made.state().events().stream().filter(FenceEvidenced.class::isInstance).count();
        checkers.chosen(made.ballot(), made.state());
        moments.chosen(made.state().events());
    }

    private final SimProcess.Driver driver = new SimProcess.Driver() {

        @Override
        public void send(SimProcess from, NodeId to, Message message) {
            if (endsBefore.test(from, message)) {
                return;
            }
            checkers.sent(from.life(), to, message);
            moments.sent(from.life(), message);
            network.send(from, to, message);
        }

        @Override
        public void cast(SimProcess from, NodeId to, int link, Message message) {
            network.cast(from, to, link, message);
        }

        @Override
        public void perform(SimProcess from, Effect effect) {
            if (endsBefore.test(from, effect)) {
                return;
            }
            switch (effect) {
                case Effect.Write write -> {
                    // What a process without its folder writes never ends.
                    if (hosts.get(from.node()).process().filter(running -> running == from).isPresent()) {
                        hosts.get(from.node()).disk().write(
                                write, completion -> from.input(new NodeInput.Completed(completion)));
                    }
                }
                case Effect.Fence act -> {
                    checkers.fencing(from.life(), act);
                    fence.act(act, completion -> from.input(new NodeInput.Completed(completion)));
                }
                case Effect.OnDisk order -> disks.perform(
                        from, order, completion -> from.input(new NodeInput.Completed(completion)));
            }
        }

        @Override
        public void announced(SimProcess from, NodeNews news) {
            announcements.of(from, news);
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
        public int wishesBeforePause(SimProcess process, int wishes) {
            if (wishes == 0 || pausesInStep == 0 || process.paused() || !chance.chance(pausesInStep)) {
                return wishes;
            }
            long forNs = 1 + chance.nextLong(PAUSE_IN_STEP_NS);
            worldFaults++;
            note(Optional.of(process.life()), "is stopped in the middle of a step for " + forNs + " ns");
            process.pause();
            time.after(forNs, () -> resume(process));
            return chance.nextInt(wishes);
        }

        @Override
        public void died(SimProcess process) {
            worldFaults++;
            truth.disturbed();
            note(Optional.of(process.life()), "dies in the middle of a step");
            end(process, false);
        }
    };
}
