package io.muster.cli.lab;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.daemon.ClusterFounder;
import io.muster.daemon.Json;
import io.muster.ledger.VotePolicy;
import io.muster.ledger.Voting;
import io.muster.quorum.Electorate;
import io.muster.runtime.ProcessFence;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One lab on this machine: made, hurt, healed and taken down. Its folder says what it is; no process stays with it. */
final class Lab {

    static final String MARK = "lab.json";
    static final Duration LIFE_DEFAULT = Duration.ofMinutes(30);
    static final Duration LIFE_LIMIT = Duration.ofHours(12);

    private final Path folder;
    private final LabPlan plan;
    private final LabSetup setup;
    private final LabNetwork network;
    private final List<LabNode> nodes = new ArrayList<>();
    /** On a signal: whoever sees this process end finds nothing of the lab left. Where it fails the keeper goes on. */
    private final Thread ending = new Thread(this::downQuietly, "muster-lab-ending");

    private Lab(Path folder, LabPlan plan, LabSetup setup) {
        this.folder = folder;
        this.plan = plan;
        this.setup = setup;
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

    /**
     * Makes the network and the cluster and starts the daemons. The lab ends with this process, until {@link #release}.
     *
     * @param folder absent or empty
     */
    static Lab up(Path folder, LabSetup setup, Duration life) throws IOException {
        requireRoot();
        if (life.isNegative() || life.isZero() || life.compareTo(LIFE_LIMIT) > 0) {
            throw new ClusterFault(FaultCode.CLI_1, "--life is 1 to %d minutes.".formatted(LIFE_LIMIT.toMinutes()));
        }
        LabPlan plan;
        try {
            plan = new LabPlan("%08x".formatted(ThreadLocalRandom.current().nextInt()), setup.nodes(), setup.links());
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_1, e.getMessage() + ".", e);
        }
        SortedMap<NodeId, List<String>> fence = new TreeMap<>();
        plan.nodeIds().forEach(node -> fence.put(node, List.of(ProcessFence.NAME, "manual")));
        Electorate electorate = Electorate.majorityOf(NodeSet.of(plan.nodeIds()));
        Voting voting = setup.voting(electorate);
        ClusterFounder.found(folder, plan.addresses(), fence, setup.pace().times(), electorate, voting);
        Files.writeString(folder.resolve(MARK), Json.write(Json.object("id", plan.id(), "nodes", (long) plan.nodes(),
                "links", (long) plan.links(), "policy", setup.policy().label(), "times", setup.pace().name(),
                "until", Instant.now().plus(life).truncatedTo(ChronoUnit.SECONDS).toString())) + "\n");
        Lab lab = new Lab(folder, plan, setup);
        // First of all: what is made from here on is removed, whatever happens to this process.
        LabKeeper.start(folder, plan, life);
        Runtime.getRuntime().addShutdownHook(lab.ending);
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
            LabPlan plan = new LabPlan(Json.text(mark, "id"), (int) Json.number(mark, "nodes", 0),
                    (int) Json.number(mark, "links", 0));
            return new Lab(folder, plan, new LabSetup(plan.nodes(), plan.links(),
                    LabSetup.policyOf(Json.text(mark, "policy")), LabSetup.Pace.named(Json.text(mark, "times"))));
        } catch (IOException | Json.NotJson | IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CLI_2, "%s holds no lab (%s): muster lab up --dir %s, or name its folder."
                    .formatted(folder, e.getMessage(), folder), e);
        }
    }

    TimeBudget times() {
        return setup.pace().times();
    }

    VotePolicy policy() {
        return setup.policy();
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
        List<LabNetwork.Way> ways = new ArrayList<>(ways(one, other, link));
        ways.addAll(ways(other, one, link));
        network.drop(ways);
    }

    /** From all others, at one moment. */
    void cut(NodeId node, OptionalInt link) {
        List<LabNetwork.Way> ways = new ArrayList<>();
        for (NodeId other : plan.nodeIds()) {
            if (!other.equals(node)) {
                ways.addAll(ways(node, other, link));
                ways.addAll(ways(other, node, link));
            }
        }
        network.drop(ways);
    }

    void oneWay(NodeId from, NodeId to, OptionalInt link) {
        network.drop(ways(from, to, link));
    }

    private List<LabNetwork.Way> ways(NodeId from, NodeId to, OptionalInt link) {
        node(from);
        node(to);
        if (from.equals(to)) {
            throw new ClusterFault(FaultCode.CLI_1, "%s has no link to itself.".formatted(from));
        }
        if (link.isPresent() && (link.getAsInt() < 0 || link.getAsInt() >= plan.links())) {
            throw new ClusterFault(FaultCode.CLI_1, "--link %d is not in 0 to %d.".formatted(
                    link.getAsInt(), plan.links() - 1));
        }
        return IntStream.range(0, plan.links()).filter(each -> link.isEmpty() || link.getAsInt() == each)
                .mapToObj(each -> new LabNetwork.Way(from, to, each)).toList();
    }

    /** Mends every link and lets stopped daemons go on. */
    void heal() throws IOException, InterruptedException {
        List<LabNetwork.Way> all = new ArrayList<>();
        for (NodeId from : plan.nodeIds()) {
            for (NodeId to : plan.nodeIds()) {
                all.addAll(from.equals(to) ? List.of() : ways(from, to, OptionalInt.empty()));
            }
        }
        network.mend(all);
        for (LabNode node : nodes) {
            if (node.pid().isPresent()) {
                node.signal("CONT");
            }
        }
    }

    /** From now on it lives out its time, whatever becomes of this process. */
    void release() throws IOException {
        LabKeeper.release(folder);
        forgetEnding();
    }

    private void downQuietly() {
        try {
            down();
        } catch (ClusterFault | IOException | UncheckedIOException | CompletionException e) {
            System.err.println("The lab's keeper takes down what is left: " + e.getMessage());
        }
    }

    private void forgetEnding() {
        try {
            Runtime.getRuntime().removeShutdownHook(ending);
        } catch (IllegalStateException e) {
            // This process ends: it does what it does.
        }
    }

    /** Ends what runs in it and removes all that it made, as far as it is still there. */
    void down() throws IOException {
        forgetEnding();
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
