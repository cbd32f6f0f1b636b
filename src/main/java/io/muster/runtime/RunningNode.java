package io.muster.runtime;

import io.muster.base.Bytes;
import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.fence.FencePlan;
import io.muster.ledger.AcceptorRecord;
import io.muster.ledger.FeatureLevels;
import io.muster.ledger.RecordFile;
import io.muster.node.ClusterNode;
import io.muster.node.FrameCodec;
import io.muster.node.NodeConfig;
import io.muster.node.NodeEvent;
import io.muster.node.NodeInput;
import io.muster.node.NodeStatus;
import io.muster.node.PulseFrame;
import io.muster.node.Refusal;
import io.muster.node.Request;
import io.muster.recovery.Participant;
import io.muster.wire.FrameHeader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * A node on this machine, with all its parts: the folder, the links, the fence methods, the disk writer and the thread
 * that steps it.
 *
 * <p>The order of a start: everything that can be refused is tried first (folder, record, disk, keys, fence methods,
 * addresses); then the life is raised (rule L7); only then does the node run.
 */
public final class RunningNode implements AutoCloseable {

    /** How long an end waits for the step that is being taken. */
    private static final long STEP_LIMIT_MS = 1_000;

    private final NodeRuntime<ClusterNode> runtime;
    private final NodeConfig config;
    private final MonotonicClock clock;
    private final IoGate gate;
    private final Counters counters;
    private final Trust trust;
    private final WireEvents wireEvents;
    /** Last opened, first closed. */
    private final Deque<Runnable> closers;
    private final PortListeners ports;
    private final Reload reload;
    private final DiskRunner disks;
    private final Optional<Watchdog> watchdog;

    private RunningNode(NodeRuntime<ClusterNode> runtime, NodeConfig config, MonotonicClock clock, IoGate gate,
            Counters counters, Deque<Runnable> closers, PortListeners ports, Reload reload, Trust trust,
            WireEvents wireEvents, DiskRunner disks, Optional<Watchdog> watchdog) {
        this.watchdog = watchdog;
        this.disks = disks;
        this.ports = ports;
        this.reload = reload;
        this.runtime = runtime;
        this.config = config;
        this.clock = clock;
        this.gate = gate;
        this.counters = counters;
        this.trust = trust;
        this.wireEvents = wireEvents;
        this.closers = closers;
    }

    /** The configuration of one life. */
    public interface LifeConfig {

        NodeConfig of(long life, HostProcess process);
    }

    /**
     * Starts a node; it runs when this returns.
     *
     * @param participants services that take part in every group's recovery
     * @param events       told of what happens, on the node's thread: must not block
     * @param ending       told once when the node has ended by itself; {@link #close} is then still to be called, by
     *                     another thread
     * @throws ClusterFault CONFIG_1, DATA_1 to DATA_5, DISK_1, LINK_2: whatever is in the way; everything is closed again
     */
    public static RunningNode start(RuntimeConfig machine, ClusterId cluster, NodeId self, LifeConfig lives,
            List<Participant> participants, Consumer<NodeEvent> events, NodeRuntime.Ending ending) {
        return start(machine, cluster, self, lives, participants, List.of(), events, ending);
    }

    /** As above, with further steps of the handshake with peers, behind those that are built in or found by service files. */
    public static RunningNode start(RuntimeConfig machine, ClusterId cluster, NodeId self, LifeConfig lives,
            List<Participant> participants, List<HandshakeStep> steps, Consumer<NodeEvent> events, NodeRuntime.Ending ending) {
        Deque<Runnable> closers = new ArrayDeque<>();
        try {
            return new Start(machine, cluster, self, closers).run(lives, participants, steps, events, ending);
        } catch (RuntimeException | Error e) {
            closeAll(closers);
            throw e;
        }
    }

    public NodeRuntime<ClusterNode> runtime() {
        return runtime;
    }

    /** Which life this is, and what it was configured with. */
    public NodeConfig config() {
        return config;
    }

    public MonotonicClock clock() {
        return clock;
    }

    public IoGate gate() {
        return gate;
    }

    public Counters counters() {
        return counters;
    }

    /** Hands a request over. @return why it is not taken at all, found out in the step before; otherwise empty */
    public CompletableFuture<Optional<Refusal>> ask(Request request) {
        return runtime.tellUnless(node -> node.refusal(request), new NodeInput.Asked(request));
    }

    /**
     * Sends bytes to a port of a member; see {@link io.muster.node.Request.SendTo}. Once it is taken, they come once and
     * in order as long as both lives are members.
     *
     * @return why they are not sent; empty when they are
     */
    public CompletableFuture<Optional<Refusal>> send(NodeId to, int port, Bytes content) {
        return ask(new Request.SendTo(to, port, content));
    }

    /** Who listens on which port. */
    public PortListeners ports() {
        return ports;
    }

    /** The shared disks, and how they do. */
    public DiskRunner disks() {
        return disks;
    }

    /** What ends this node when it cannot vouch for itself, for people; empty for nothing. */
    public Optional<String> watchdog() {
        return watchdog.map(Watchdog::about);
    }

    /**
     * Takes up other addresses, links, nodes and fence methods, all of them or none.
     *
     * @param plans how each node is fenced
     * @throws ClusterFault CONFIG_1, CONFIG_4, LINK_2: what stands against it; nothing was changed
     */
    public void reload(RuntimeConfig next, SortedMap<NodeId, FencePlan> plans) {
        reload.to(next, config.self().node(), plans);
    }

    /**
     * Reads certificate, key, authorities and datagram keys anew: all of them or none.
     *
     * @throws ClusterFault CONFIG_1 when one of the files cannot be used; what was in use stays in use
     */
    public void reloadTrust() {
        trust.reload();
        wireEvents.reloaded();
        trust.tellSoon(wireEvents::expires);
    }

    /** When the certificates in use end. */
    public List<SecureContext.Expiry> expiries() {
        return trust.expiries();
    }

    /** Ends the node if it has not ended, sends what is queued within a limit, and lets go of everything. */
    @Override
    public void close() {
        runtime.halt();
        try {
            // A step that goes on would find its disk and its links closed.
            if (!runtime.awaitEnd(STEP_LIMIT_MS)) {
                Log.warn("a step of the node goes on after %d ms", STEP_LIMIT_MS);
            } else {
                watchdog.ifPresent(Watchdog::nodeEnded);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeAll(closers);
    }

    private static void closeAll(Deque<Runnable> closers) {
        while (!closers.isEmpty()) {
            closers.pop().run();
        }
    }

    /** One start, step by step. */
    private static final class Start {

        private final RuntimeConfig machine;
        private final ClusterId cluster;
        private final NodeId self;
        private final Deque<Runnable> closers;
        private final Mailbox mailbox = new Mailbox();
        private final Counters counters = new Counters();
        private final IoGate gate = new IoGate();
        private final PortListeners ports = new PortListeners(counters);
        private Optional<Watchdog> watchdog = Optional.empty();
        private volatile boolean endedAsPlanned;

        Start(RuntimeConfig machine, ClusterId cluster, NodeId self, Deque<Runnable> closers) {
            this.machine = machine;
            this.cluster = cluster;
            this.self = self;
            this.closers = closers;
        }

        RunningNode run(LifeConfig lives, List<Participant> participants, List<HandshakeStep> steps,
                Consumer<NodeEvent> events, NodeRuntime.Ending ending) {
            // Native calls take their time to be linked; meanwhile files and keys are read.
            CompletableFuture<FenceRunner> preparing = CompletableFuture.supplyAsync(this::prepareFences,
                    work -> Thread.ofPlatform().name("muster-prepare").daemon().start(work));
            closers.push(() -> watchdog.ifPresent(Watchdog::close));
            closers.push(() -> preparing.thenAccept(FenceRunner::close));
            DataFolder folder = DataFolder.open(machine.dataFolder(), cluster, self);
            closers.push(folder::close);
            RecordFile.Loaded record = RecordFile.load(folder.ledger());
            requireOwn(record.record(), folder.identity());
            requireVoters(record.record().state().electorate().acceptors().nodesOnly());
            SecureContext secure = SecureContext.load(machine.tls(), cluster, self);
            DatagramSeal seal = DatagramSeal.load(machine.datagramKey());
            CompletableFuture<NodeRuntime<ClusterNode>> runtime = new CompletableFuture<>();
            Links links = new Links(self, machine, secure, seal, mailbox, counters,
                    (thread, cause) -> runtime.thenAccept(node -> node.broken(thread, cause)));
            closers.push(links::close);
            closers.push(ports::close);
            DiskRunner disks = DiskRunner.open(machine.disks(), cluster, mailbox::complete);
            closers.push(disks::close);
            FenceRunner fences = prepared(preparing);
            watchdog = machine.watchdog().map(Watchdog::prepare);
            MonotonicClock clock = new MonotonicClock();

            NodeConfig config = withDevices(lives.of(folder.raiseLife(), OwnProcess.facts()), fences);
            DiskWriter writer = new DiskWriter(
                    order -> folder.write(order.file(), order.offset(), order.bytes()), mailbox::complete);
            closers.push(writer::close);
            ClusterNode node = new ClusterNode(config, record, participants, chance(config.self()), clock.now());
            WireEvents wireEvents = new WireEvents(mailbox, events, record.record().state().featureLevel());
            NodeRuntime<ClusterNode> running = new NodeRuntime<>(node, new NodeRuntime.Parts(
                    clock, mailbox, gate, links, writer::write, fences::run, wireEvents, noted(ending), ports::deliver,
                    new Latencies(config.times().leaseNs()), disks::run));
            runtime.complete(running);
            counters.tellTo(wireEvents::refused);
            ClusterId ledger = cluster.ofLedger(record.record().state().voting().ledger());
            FrameCodec codec = new FrameCodec(ledger);
            Handshake handshake = new Handshake(ledger, config.self(), FrameHeader.PROTOCOLS, FeatureLevels.SPOKEN,
                    wireEvents::featureLevel, allSteps(steps), met -> mailbox.offer(
                            new NodeInput.OtherLedger(met.who(), met.cluster().ledgerIn(cluster))));
            links.start(Frames.of(codec, config.self()), handshake, config.times(),
                    () -> PulseFrame.of(codec, config.self()));
            watchdog.ifPresent(it -> it.start(() -> running.look((machine, _) -> vouch(machine, clock)),
                    reason -> running.lost(FaultCode.WATCHDOG_1, reason), () -> endedAsPlanned || !holds(node, clock)));
            running.start();
            Trust trust = new Trust(secure, seal, machine.datagramKey(), links);
            Carriers carriers = new Carriers(machine.nodes().get(self).links(), mailbox);
            closers.push(carriers::close);
            carriers.start();
            trust.watch(wireEvents::expires);
            closers.push(trust::close);
            return new RunningNode(running, config, clock, gate, counters, closers, ports,
                    new Reload(machine, links, running), trust, wireEvents, disks, watchdog);
        }

        /** What the node's thread says of itself; the moment is read first, so that it is never later than what it stands for. */
        private Watchdog.Vouch vouch(ClusterNode node, MonotonicClock clock) {
            long at = Native.bootTimeNs();
            return new Watchdog.Vouch(at, gate.open(clock.now()) || !holds(node, clock));
        }

        private static boolean holds(ClusterNode node, MonotonicClock clock) {
            NodeStatus status = node.status(clock.now());
            return status.state().mayHoldDirtyState(status.self());
        }

        private NodeRuntime.Ending noted(NodeRuntime.Ending ending) {
            return (code, reason, planned) -> {
                endedAsPlanned = planned;
                ending.ended(code, reason, planned);
            };
        }

        /**
         * A whole record in the wrong folder, as after a backup was put back in a hurry, is another acceptor's or
         * another cluster's: the node would forget what it promised (rule L8) or follow a state that is not its own.
         */
        private void requireOwn(AcceptorRecord record, FolderIdentity identity) {
            if (record.recordId() == identity.recordId() && record.state().cluster().equals(cluster)) {
                return;
            }
            throw new ClusterFault(FaultCode.DATA_5, ("%s holds record %016x of cluster %s, and this folder was founded"
                    + " for record %016x of cluster %s: put back no record of another node; give it a new one"
                    + " with `muster ledger fresh`; nothing was changed").formatted(
                            machine.dataFolder().resolve(RecordFile.NAME), record.recordId(), record.state().cluster(),
                            identity.recordId(), cluster));
        }

        /** Without the address of a voter this node could neither reach nor fence it. */
        private void requireVoters(NodeSet voters) {
            if (!machine.nodeSet().containsAll(voters)) {
                throw new ClusterFault(FaultCode.CONFIG_1, ("the nodes configured for %s are %s and the voters of its"
                        + " cluster are %s: give each voter a table [nodes.…]; nothing was changed").formatted(
                                self, machine.nodeSet(), voters));
            }
        }

        /** What the devices can do is known only when they are prepared. */
        private static NodeConfig withDevices(NodeConfig config, FenceRunner fences) {
            NodeConfig known = config.with(config.fencing().with(fences.devices()));
            known.fencing().plans().forEach((node, plan) -> plan.unfence().stream()
                    .filter(name -> !known.fencing().device(name).unfences()).findFirst().ifPresent(name -> {
                        throw new ClusterFault(FaultCode.CONFIG_1, ("device \"%s\" is to unfence %s and cannot: name a"
                                + " device whose method declares the ability UNFENCE").formatted(name, node));
                    }));
            return known;
        }

        private static List<HandshakeStep> allSteps(List<HandshakeStep> given) {
            List<HandshakeStep> all = new ArrayList<>();
            ServiceLoader.load(HandshakeStep.class).forEach(all::add);
            all.addAll(given);
            return all;
        }

        private FenceRunner prepareFences() {
            return new FenceRunner(FenceMethods.load(machine.fencing().jarFolder()), machine.fencing().methods(),
                    mailbox::complete);
        }

        private static FenceRunner prepared(CompletableFuture<FenceRunner> preparing) {
            try {
                return preparing.join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof ClusterFault fault) {
                    throw fault;
                }
                throw e;
            }
        }

        /** Different in each life; it decides only who of several tries first. */
        private static Prng chance(Incarnation self) {
            return new Prng(System.nanoTime() * NodeId.LIMIT + self.node().number()).fork(self.toString());
        }
    }
}
