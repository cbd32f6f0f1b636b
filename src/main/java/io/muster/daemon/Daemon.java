package io.muster.daemon;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.HostProcess;
import io.muster.node.NodeConfig;
import io.muster.node.NodeEvent;
import io.muster.node.NodeInput;
import io.muster.node.NodeStatus;
import io.muster.node.Refusal;
import io.muster.node.Request;
import io.muster.recovery.Recorder;
import io.muster.runtime.PortListeners;
import io.muster.runtime.RunningNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One node as a process: its data folder, the running node, the event log, the control socket, the word to others that
 * it runs. SIGTERM means: leave the cluster as planned, within a bound, then end.
 */
public final class Daemon implements AutoCloseable {

    /** A leave that takes longer than this is given up; the others then find out by themselves. */
    static final long LEAVE_LIMIT_MS = 5_000;

    /** How long a caller waits for a look at the node. */
    private static final long LOOK_LIMIT_MS = 2_000;

    private final EventLog events;
    private final RunningNode node;
    private final Rehearsing rehearsal;
    private final CompletableFuture<Ended> ended;
    private final ConfigReload reload;
    private ControlSocket control;
    private Optional<RuntimeFolder> runtime = Optional.empty();
    private RuntimeFolder.Entry entry;
    private Optional<ControlTreeService> tree = Optional.empty();
    private volatile boolean closed;

    /** Why the node has ended. */
    private record Ended(FaultCode code, String reason, boolean planned) {}

    private Daemon(EventLog events, RunningNode node, Rehearsing rehearsal, CompletableFuture<Ended> ended,
            ConfigReload reload) {
        this.reload = reload;
        this.events = events;
        this.node = node;
        this.rehearsal = rehearsal;
        this.ended = ended;
    }

    /**
     * Starts everything.
     *
     * @param startedAt the process's start on {@link System#nanoTime()}
     * @throws ClusterFault one sentence with a code, and then nothing runs and nothing was promised
     */
    public static Daemon start(DaemonConfig config, long startedAt) {
        return start(config, config.machine().dataFolder().resolve(DaemonConfig.FILE), startedAt);
    }

    /** @param file where the configuration was read from, and is read again at a reload */
    static Daemon start(DaemonConfig config, Path file, long startedAt) {
        Path dataFolder = config.machine().dataFolder();
        CompletableFuture<Ended> ended = new CompletableFuture<>();
        CompletableFuture<EventLog> events = new CompletableFuture<>();
        Rehearsing rehearsal = new Rehearsing();
        RunningNode node;
        try {
            node = RunningNode.start(config.machine(), config.cluster(), config.self(),
                    (life, process) -> {
                        NodeConfig of = config.forLife(life, process);
                        // Only now is the folder ours: a refused daemon must not write into another's log.
                        events.complete(new EventLog(dataFolder, of.self(), startedAt));
                        return of;
                    },
                    List.of(new Recorder()), event -> {
                        events.join().add(event);
                        if (event.name().equals("view.installed")) {
                            rehearsal.begin();
                        }
                    },
                    (code, reason, planned) -> ended.complete(new Ended(code, reason, planned)));
        } catch (ClusterFault fault) {
            events.thenAccept(EventLog::close);
            throw fault;
        }
        Daemon daemon = new Daemon(events.join(), node, rehearsal, ended, new ConfigReload(config, file, node));
        try {
            daemon.listen(config);
        } catch (ClusterFault fault) {
            node.close();
            daemon.events.close();
            throw fault;
        }
        return daemon;
    }

    private void listen(DaemonConfig config) {
        NodeConfig life = node.config();
        HostProcess process = life.process();
        Path dataFolder = config.machine().dataFolder();
        String cluster = config.cluster().toString();
        String name = config.self().toString();
        Path socket = SocketPath.choose(dataFolder, RuntimeFolder::open, cluster, name);
        control = ControlSocket.open(socket, new Port(), events, this::about);
        entry = new RuntimeFolder.Entry(cluster, name, dataFolder, socket, process.pid(), process.startTicks());
        try {
            RuntimeFolder folder = RuntimeFolder.open();
            folder.register(entry);
            runtime = Optional.of(folder);
        } catch (IOException | ClusterFault e) {
            // It can still be named by its folder.
            System.getLogger(Daemon.class.getName()).log(System.Logger.Level.WARNING,
                    "this daemon is not listed among the running ones: {0}", e.getMessage());
        }
        SequencedMap<String, Object> started = new LinkedHashMap<>();
        started.put("life", life.self().life());
        started.put("pid", process.pid());
        started.put("nodes", config.machine().nodes().size());
        events.add(new NodeEvent("node.started", 0, started));
        tree = config.tree().map(place -> ControlTreeService.start(
                place, new Port()::status, () -> reload.current().machine().nodes(), events::add));
        Runtime.getRuntime().addShutdownHook(new Thread(this::leave, "muster-leave"));
    }

    /** What a status tells of the process itself. */
    private Map<String, Object> about() {
        String version = Daemon.class.getPackage().getImplementationVersion();
        return Json.object("program", version == null ? "(unpacked)" : version, "pid", ProcessHandle.current().pid(),
                "events", events.lastSeq(), "rehearsed", rehearsal.done(), "trouble", node.counters().all(),
                "refused", WireJson.refused(node.counters().refused()), "trust", WireJson.trust(node.expiries()),
                "watchdog", node.watchdog().orElse("none"));
    }

    /** Waits for the node's end. @return how the process has to end */
    public ExitCode awaitEnd() throws InterruptedException {
        try {
            Ended how = ended.get();
            if (how.planned()) {
                return ExitCode.FINE;
            }
            System.err.println("%s %s".formatted(how.code().label(), how.reason()));
            return ExitCode.of(how.code());
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** SIGTERM: out as planned if the others agree in time. */
    private void leave() {
        if (ended.isDone() || closed) {
            return;
        }
        try {
            node.runtime().tell(new NodeInput.Asked(new Request.LeaveCluster()));
            ended.get(LEAVE_LIMIT_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            System.err.println(FaultCode.MEMBER_1.label() + " the cluster did not agree to the leave within "
                    + LEAVE_LIMIT_MS + " ms; this daemon ends without.");
        } catch (InterruptedException | ExecutionException e) {
            // It ends either way.
        }
        close();
    }

    @Override
    public synchronized void close() {
        closed = true;
        Ended how = ended.getNow(new Ended(FaultCode.MEMBER_1, "ended without having left", false));
        SequencedMap<String, Object> stopped = new LinkedHashMap<>();
        stopped.put("planned", how.planned());
        stopped.put("code", how.code().label());
        stopped.put("reason", how.reason());
        events.add(new NodeEvent("node.stopped", events.lastVersion(), stopped));
        tree.ifPresent(ControlTreeService::close);
        // The data folder goes last: from then on another daemon may have its log and its socket there.
        control.close();
        runtime.ifPresent(folder -> folder.withdraw(entry));
        node.runtime().halt();
        events.close();
        node.close();
    }

    /** The door to the node for callers on other threads. */
    private final class Port implements NodePort {

        @Override
        public NodeStatus status() {
            return await(node.runtime().look((machine, now) -> machine.status(now)));
        }

        @Override
        public Optional<Refusal> ask(Request request) {
            return await(node.ask(request));
        }

        @Override
        public Map<String, Object> reload() {
            return reload.now();
        }

        @Override
        public PortListeners.Listener listen(int port) {
            return node.ports().listen(port);
        }

        @Override
        public BudgetReport budget() {
            return new BudgetReport(node.config().times(), await(node.runtime().measured()));
        }

        @Override
        public void reloadTrust() {
            node.reloadTrust();
        }

        private <T> T await(CompletableFuture<T> answer) {
            try {
                return answer.get(LOOK_LIMIT_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                throw new ClusterFault(FaultCode.CLI_3, "the node did not answer within %d ms.".formatted(LOOK_LIMIT_MS), e);
            } catch (ExecutionException e) {
                throw new ClusterFault(FaultCode.CLI_3, "the node has ended or is overrun: %s.".formatted(
                        e.getCause().getMessage()), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ClusterFault(FaultCode.CLI_3, "this daemon ends.", e);
            }
        }
    }
}
