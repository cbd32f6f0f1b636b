package io.muster.cli.lab;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.daemon.ClusterFounder;
import io.muster.daemon.Json;
import io.muster.runtime.ProcessFence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/** One lab on this machine: made, hurt, healed and taken down. Its folder says what it is; no process stays with it. */
final class Lab {

    static final String MARK = "lab.json";
    static final Duration LIFE_DEFAULT = Duration.ofMinutes(30);
    static final Duration LIFE_LIMIT = Duration.ofHours(12);

    private final Path folder;
    private final LabPlan plan;
    private final LabNetwork network;
    private final List<LabNode> nodes = new ArrayList<>();

    private Lab(Path folder, LabPlan plan) {
        this.folder = folder;
        this.plan = plan;
        this.network = new LabNetwork(plan);
        plan.nodeIds().forEach(node -> nodes.add(
                new LabNode(node, plan.namespace(node), folder.resolve(node.toString()))));
    }

    /** @throws ClusterFault CLI-1 unless this process is root's */
    static void requireRoot() {
        boolean root = false;
        try {
            root = Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            // No such system, so no such lab.
        }
        if (!root) {
            throw new ClusterFault(FaultCode.CLI_1,
                    "muster lab makes network namespaces, so it is for root only: run it as root; nothing was made.");
        }
    }

    /** Makes the network and the cluster and starts the daemons. @param folder absent or empty */
    static Lab up(Path folder, int nodeCount, int linkCount, Duration life) throws IOException {
        requireRoot();
        if (life.isNegative() || life.isZero() || life.compareTo(LIFE_LIMIT) > 0) {
            throw new ClusterFault(FaultCode.CLI_1, "--life is 1 to %d minutes.".formatted(LIFE_LIMIT.toMinutes()));
        }
        LabPlan plan;
        try {
            plan = new LabPlan("%08x".formatted(ThreadLocalRandom.current().nextInt()), nodeCount, linkCount);
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_1, e.getMessage() + ".", e);
        }
        SortedMap<NodeId, List<String>> fence = new TreeMap<>();
        plan.nodeIds().forEach(node -> fence.put(node, List.of(ProcessFence.NAME, "manual")));
        ClusterFounder.found(folder, plan.addresses(), fence, times());
        Files.writeString(folder.resolve(MARK), Json.write(Json.object("id", plan.id(), "nodes", (long) nodeCount,
                "links", (long) linkCount, "until", Instant.now().plus(life).truncatedTo(ChronoUnit.SECONDS).toString())) + "\n");
        Lab lab = new Lab(folder, plan);
        // First of all: what is made from here on is removed, whatever happens to this process.
        LabKeeper.start(folder, plan, life);
        try {
            lab.network.make();
            for (LabNode node : lab.nodes) {
                node.start();
            }
        } catch (ClusterFault | IOException e) {
            lab.down();
            throw e;
        }
        return lab;
    }

    static Lab open(Path folder) {
        requireRoot();
        try {
            var mark = Json.read(Files.readString(folder.resolve(MARK)));
            return new Lab(folder, new LabPlan(Json.text(mark, "id"), (int) Json.number(mark, "nodes", 0),
                    (int) Json.number(mark, "links", 0)));
        } catch (IOException | Json.NotJson | IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_2, "%s holds no lab (%s): muster lab up --dir %s, or name its folder."
                    .formatted(folder, e.getMessage(), folder), e);
        }
    }

    /** Calmer than those of a network, as all nodes and who hurts them share one machine. */
    static TimeBudget times() {
        long ms = TimeBudget.MS;
        return new TimeBudget(
                50 * ms, 1_500 * ms, 20 * ms, 500 * ms, 100 * ms, 1_200 * ms, 3_000 * ms, 100 * ms, 20_000 * ms, 5_000 * ms,
                200 * ms, 5_000 * ms, 1_000);
    }

    Path folder() {
        return folder;
    }

    LabPlan plan() {
        return plan;
    }

    List<LabNode> nodes() {
        return nodes;
    }

    LabNode node(NodeId node) {
        return nodes.stream().filter(each -> each.node().equals(node)).findFirst().orElseThrow(() -> new ClusterFault(
                FaultCode.CLI_1, "%s is no node of this lab: it has %s.".formatted(node, plan.nodeIds())));
    }

    List<String> drops() {
        return network.drops();
    }

    /** Both ways. @param link one of them; all when empty */
    void cut(NodeId one, NodeId other, OptionalInt link) {
        oneWay(one, other, link);
        oneWay(other, one, link);
    }

    /** From all others. */
    void cut(NodeId node, OptionalInt link) {
        for (NodeId other : plan.nodeIds()) {
            if (!other.equals(node)) {
                cut(node, other, link);
            }
        }
    }

    void oneWay(NodeId from, NodeId to, OptionalInt link) {
        node(from);
        node(to);
        if (from.equals(to)) {
            throw new ClusterFault(FaultCode.CLI_1, "%s has no link to itself.".formatted(from));
        }
        if (link.isPresent() && (link.getAsInt() < 0 || link.getAsInt() >= plan.links())) {
            throw new ClusterFault(FaultCode.CLI_1, "--link %d is not in 0 to %d.".formatted(
                    link.getAsInt(), plan.links() - 1));
        }
        for (int each = 0; each < plan.links(); each++) {
            if (link.isEmpty() || link.getAsInt() == each) {
                network.drop(from, to, each);
            }
        }
    }

    /** Mends every link and lets stopped daemons go on. */
    void heal() throws IOException, InterruptedException {
        for (NodeId from : plan.nodeIds()) {
            for (NodeId to : plan.nodeIds()) {
                for (int link = 0; link < plan.links() && !from.equals(to); link++) {
                    network.mend(from, to, link);
                }
            }
        }
        for (LabNode node : nodes) {
            if (node.pid().isPresent()) {
                node.signal("CONT");
            }
        }
    }

    /** Ends what runs in it and removes all that it made, as far as it is still there. */
    void down() throws IOException {
        network.remove();
        if (!Files.exists(folder.resolve(MARK))) {
            return;
        }
        // The mark goes last: while it stands, what is left can be taken down again.
        try (Stream<Path> content = Files.walk(folder)) {
            for (Path each : content.sorted(java.util.Comparator.reverseOrder()).toList()) {
                if (!each.equals(folder) && !each.equals(folder.resolve(MARK))) {
                    Files.deleteIfExists(each);
                }
            }
        }
        Files.deleteIfExists(folder.resolve(MARK));
        Files.deleteIfExists(folder);
    }
}
