package io.muster.daemon;

import io.muster.base.ClusterId;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A configuration file that was read and checked; docs/CONFIG.md lists the keys.
 *
 * @param file        where it was read from
 * @param self        whose daemon this is
 * @param dataFolder  absolute
 * @param tls         absolute paths
 * @param nodes       all nodes, this one included, in order
 * @param fenceSettings for each fence method that is used by any node, its settings
 */
public record DaemonConfig(
        Path file,
        ClusterId cluster,
        NodeId self,
        Path dataFolder,
        Tls tls,
        TimeBudget times,
        SortedMap<NodeId, Node> nodes,
        SortedMap<String, Map<String, String>> fenceSettings) {

    public static final int FORMAT = 1;
    public static final String FILE = "muster.toml";

    public DaemonConfig {
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        fenceSettings = Collections.unmodifiableSortedMap(new TreeMap<>(fenceSettings));
    }

    /** PEM files. @param authority the certificate that has signed those of all nodes */
    public record Tls(Path certificate, Path key, Path authority) {}

    /**
     * @param stream where it takes streams
     * @param links  where it takes datagrams; as many for every node
     * @param fence  names of fence methods, first choice first
     */
    public record Node(InetSocketAddress stream, List<InetSocketAddress> links, List<String> fence) {

        public Node {
            links = List.copyOf(links);
            fence = List.copyOf(fence);
        }
    }
}
