package io.muster.cli.demo;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.daemon.ExitCode;
import io.muster.daemon.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** The daemons of a demo, together: started, watched through their own logs, and ended whatever happens. */
final class DemoCluster implements AutoCloseable {

    private static final long LOOK_PAUSE_NS = 3_000_000L;
    /** Sixteen daemons on two busy processors take their time. */
    private static final long START_LIMIT_MS = 60_000;
    private static final int CLASH_TRIES = 5;
    private static final int LAST_WORDS = 5;

    private final DemoFolder folder;
    private final Janitor janitor;
    private final List<DemoNode> nodes = new ArrayList<>();
    private final List<TimelineEvent> log = new ArrayList<>();
    private PortReservation ports;
    private long startedAt;
    private volatile boolean ending;

    DemoCluster(DemoFolder folder, PortReservation ports, Janitor janitor) throws IOException {
        this.folder = folder;
        this.ports = ports;
        this.janitor = janitor;
        janitor.cluster(folder.cluster().toString());
        for (NodeId node : folder.nodes()) {
            nodes.add(new DemoNode(node, folder.of(node)));
        }
    }

    List<DemoNode> nodes() {
        return nodes;
    }

    DemoNode node(String name) {
        return nodes.stream().filter(node -> node.name().equals(name)).findFirst().orElseThrow();
    }

    /** Everything that the nodes told since the start of this demo, as far as it was looked at. */
    List<TimelineEvent> log() {
        return log;
    }

    /** When the first process was started, on the host's monotonic clock. */
    long startedAt() {
        return startedAt;
    }

    boolean isEnding() {
        return ending;
    }

    /** Starts all daemons; where a port was taken in the moment between, all get others. */
    void start() throws IOException {
        for (int tries = 1; ; tries++) {
            startedAt = System.nanoTime();
            for (DemoNode node : nodes) {
                node.start(janitor);
            }
            boolean up = await(START_LIMIT_MS,
                    () -> nodes.stream().allMatch(node -> hasStarted(node) || node.ended().isPresent()));
            boolean clash = nodes.stream().anyMatch(
                    node -> node.ended().filter(code -> code == ExitCode.ADDRESS.number()).isPresent());
            if (!clash || tries == CLASH_TRIES) {
                requireAlive();
                if (!up) {
                    throw new ClusterFault(FaultCode.CLI_3,
                            "the demo's daemons did not start within %d s.".formatted(START_LIMIT_MS / 1000));
                }
                return;
            }
            killAll();
            log.clear();
            PortReservation next = PortReservation.of(nodes.size());
            ports.close();
            ports = next;
            folder.moveTo(ports.ports());
        }
    }

    private boolean hasStarted(DemoNode node) {
        return log.stream().anyMatch(event -> event.node().equals(node.name()) && event.event().equals("node.started"));
    }

    /** Starts one daemon that has ended. */
    void restart(DemoNode node) throws IOException {
        node.start(janitor);
    }

    /** @throws ClusterFault with its last words, when a daemon ended that should live */
    void requireAlive() {
        for (DemoNode node : nodes) {
            if (node.ended().isPresent() && !ending) {
                throw new ClusterFault(FaultCode.CLI_3, "the daemon of %s ended with %d; it said: %s".formatted(
                        node.name(), node.ended().get(), String.join(" | ", node.lastWords(LAST_WORDS))));
            }
        }
    }

    /** Takes over what the nodes told meanwhile. @return what is new, in the order of time */
    List<TimelineEvent> look() throws IOException {
        List<TimelineEvent> found = new ArrayList<>();
        for (DemoNode node : nodes) {
            found.addAll(node.moreEvents());
        }
        found.sort(java.util.Comparator.comparingLong(TimelineEvent::mono).thenComparingLong(TimelineEvent::seq));
        log.addAll(found);
        return found;
    }

    /** Looks until it is so. @return false when it was not so in time, or the demo is to end */
    boolean await(long limitMs, BooleanSupplier wished) throws IOException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMs);
        while (!ending) {
            look();
            if (wished.getAsBoolean()) {
                return true;
            }
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            LockSupport.parkNanos(LOOK_PAUSE_NS);
        }
        return false;
    }

    /** The status of a node; empty when it does not answer. */
    static Optional<Map<String, Object>> statusOf(DemoNode node) {
        if (!node.isAlive()) {
            return Optional.empty();
        }
        try {
            return Optional.of(node.status());
        } catch (ClusterFault fault) {
            return Optional.empty();
        }
    }

    /** Every node is a member, in all these groups, all of them run, one leads, and nothing waits. */
    boolean isCalm(List<String> groups) {
        int leaders = 0;
        for (DemoNode node : nodes) {
            Optional<Map<String, Object>> status = statusOf(node);
            if (status.isEmpty() || !isCalm(status.get(), groups)) {
                return false;
            }
            leaders += Json.text(status.get(), "role").equals("leader") ? 1 : 0;
        }
        return leaders == 1;
    }

    private boolean isCalm(Map<String, Object> status, List<String> groups) {
        Map<String, Object> view = Json.inner(status, "view");
        boolean all = Json.texts(view, "members").size() == nodes.size() && Json.truth(view, "safe");
        boolean heard = Json.objects(status, "local").stream().allMatch(peer -> Json.truth(peer, "heard"));
        boolean running = groups.stream().allMatch(name -> Json.objects(status, "groups").stream().anyMatch(
                group -> Json.text(group, "name").equals(name)
                        && Json.text(group, "phase").equals("RUNNING")
                        && Json.texts(group, "members").size() == nodes.size()));
        return all && heard && running && Json.truth(status, "rehearsed") && Json.objects(status, "waits").isEmpty();
    }

    /** The name of the node that says it leads; empty when none does. */
    Optional<String> leader() {
        return nodes.stream()
                .filter(node -> statusOf(node).map(status -> Json.text(status, "role")).orElse("").equals("leader"))
                .map(DemoNode::name)
                .findFirst();
    }

    private void killAll() {
        nodes.forEach(DemoNode::kill);
        for (DemoNode node : nodes) {
            try {
                node.awaitEnd();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends all daemons as a loss of power would, and lets the janitor clear up. May be called twice, from any thread. */
    @Override
    public synchronized void close() {
        ending = true;
        killAll();
        janitor.close();
        ports.close();
    }
}
