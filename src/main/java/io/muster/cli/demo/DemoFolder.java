package io.muster.cli.demo;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.daemon.ClusterFounder;
import io.muster.daemon.DaemonConfig;
import io.muster.daemon.Json;
import io.muster.runtime.RuntimeConfig;
import io.muster.runtime.ScriptedFence;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where a demo's cluster lives: a founded cluster with a mark {@code demo.json}, by which a kept one is known again.
 *
 * @param scripted whether nodes are fenced by a device that does as the file {@link #DEVICE} says
 */
record DemoFolder(Path path, ClusterId cluster, List<NodeId> nodes, boolean scripted) {

    static final String MARK = "demo.json";
    static final String DEVICE = "device";
    static final int NODES_LEAST = 2;
    static final int NODES_MOST = 16;

    private static final int QUICK_NODES_MOST = 5;

    private static final List<String> FENCE = List.of("process", "manual");
    private static final List<String> FENCE_SCRIPTED = List.of(ScriptedFence.NAME, "manual");

    DemoFolder {
        nodes = List.copyOf(nodes);
    }

    /** True when the folder is absent or empty, false when it holds a demo. @throws ClusterFault DATA-2 for anything else */
    static boolean isNew(Path path) {
        if (Files.exists(path.resolve(MARK))) {
            return false;
        }
        if (!Files.exists(path)) {
            return true;
        }
        try (DirectoryStream<Path> content = Files.newDirectoryStream(path)) {
            if (!content.iterator().hasNext()) {
                return true;
            }
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_4, "%s is no folder that can be read: %s.".formatted(path, e), e);
        }
        throw new ClusterFault(FaultCode.DATA_2,
                "%s holds something that is no demo: name a new or empty folder, or one that a demo kept; nothing was changed."
                        .formatted(path));
    }

    /** A new cluster in a folder that {@link #isNew}. */
    static DemoFolder found(Path path, int nodeCount, List<Integer> ports, boolean scripted) {
        List<NodeId> nodes = new ArrayList<>();
        for (int number = 1; number <= nodeCount; number++) {
            nodes.add(NodeId.of(number));
        }
        ClusterId cluster = ClusterFounder.found(
                path, addresses(nodes, ports), fenceMethods(nodes, scripted), times(nodes.size()));
        try {
            Files.writeString(path.resolve(MARK), Json.write(Json.object(
                    "cluster", cluster.toString(), "nodes", nodes.stream().map(NodeId::toString).toList())) + "\n");
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_4, "%s cannot be written: %s.".formatted(path.resolve(MARK), e), e);
        }
        DemoFolder folder = new DemoFolder(path, cluster, nodes, scripted);
        folder.writeDevice();
        return folder;
    }

    /** A kept cluster. @throws ClusterFault DATA-2 when its mark cannot be read */
    static DemoFolder reopen(Path path, boolean scripted) {
        try {
            Map<String, Object> mark = Json.read(Files.readString(path.resolve(MARK)));
            List<NodeId> nodes = Json.texts(mark, "nodes").stream().map(NodeId::parse).toList();
            return new DemoFolder(path, ClusterId.parse(Json.text(mark, "cluster")), nodes, scripted);
        } catch (IOException | Json.NotJson | IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.DATA_2, "%s cannot be read: %s; name another folder.".formatted(
                    path.resolve(MARK), e.getMessage()), e);
        }
    }

    /** Gives every node another port: those of the last time may be somebody else's by now. */
    void moveTo(List<Integer> ports) {
        ClusterFounder.writeConfigs(
                path, cluster, addresses(nodes, ports), fenceMethods(nodes, scripted), times(nodes.size()));
        writeDevice();
    }

    /** From the next try on the scripted device does this: {@code works} or {@code fails}. */
    void device(String behaviour) {
        try {
            Files.writeString(path.resolve(DEVICE), behaviour + "\n");
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DATA_4, "%s cannot be written: %s.".formatted(path.resolve(DEVICE), e), e);
        }
    }

    private void writeDevice() {
        if (!scripted) {
            return;
        }
        device("works");
        String settings = "\n[fence.%s]\nfile = '%s'\n".formatted(ScriptedFence.NAME, path.resolve(DEVICE));
        for (NodeId node : nodes) {
            Path file = of(node).resolve(DaemonConfig.FILE);
            try {
                Files.writeString(file, settings, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new ClusterFault(FaultCode.DATA_4, "%s cannot be written: %s.".formatted(file, e), e);
            }
        }
    }

    Path of(NodeId node) {
        return path.resolve(node.toString());
    }

    /**
     * Of one machine's loopback: quicker than the shipped ones for a network. With many nodes the shipped ones: everybody
     * sends pulses to everybody, and all of them share the machine's processors.
     */
    static TimeBudget times(int nodeCount) {
        if (nodeCount > QUICK_NODES_MOST) {
            return TimeBudget.lan();
        }
        long ms = TimeBudget.MS;
        return new TimeBudget(
                20 * ms, 800 * ms, 10 * ms, 250 * ms, 40 * ms, 400 * ms, TimeBudget.SECOND, 50 * ms, 10 * TimeBudget.SECOND,
                5 * TimeBudget.SECOND, 100 * ms, 5 * TimeBudget.SECOND, 1_000);
    }

    private static SortedMap<NodeId, RuntimeConfig.Address> addresses(List<NodeId> nodes, List<Integer> ports) {
        String host = PortReservation.loopback().getHostAddress();
        SortedMap<NodeId, RuntimeConfig.Address> addresses = new TreeMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            RuntimeConfig.Endpoint endpoint = new RuntimeConfig.Endpoint(host, ports.get(i));
            addresses.put(nodes.get(i), new RuntimeConfig.Address(endpoint, List.of(endpoint)));
        }
        return addresses;
    }

    private static SortedMap<NodeId, List<String>> fenceMethods(List<NodeId> nodes, boolean scripted) {
        SortedMap<NodeId, List<String>> methods = new TreeMap<>();
        nodes.forEach(node -> methods.put(node, scripted ? FENCE_SCRIPTED : FENCE));
        return methods;
    }
}
