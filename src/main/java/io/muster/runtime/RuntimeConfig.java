package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.DiskTimes;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.base.WatchdogTimes;
import io.muster.node.NodeDisk;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a node has to know of the machines: addresses and files. What it has to know of the cluster is in
 * {@link io.muster.node.NodeConfig}.
 *
 * @param nodes       all configured nodes, this one included
 * @param datagramKey file with the cluster's key for datagrams
 * @param disks       shared disks by their names
 * @param watchdog    what ends this node when it cannot vouch for itself; empty for nothing
 */
public record RuntimeConfig(
        Path dataFolder, SortedMap<NodeId, Address> nodes, TlsFiles tls, Path datagramKey, Fencing fencing,
        SortedMap<String, Disk> disks, Optional<OwnWatchdog> watchdog) {

    /** Without a watchdog. */
    public RuntimeConfig(
            Path dataFolder, SortedMap<NodeId, Address> nodes, TlsFiles tls, Path datagramKey, Fencing fencing,
            SortedMap<String, Disk> disks) {
        this(dataFolder, nodes, tls, datagramKey, fencing, disks, Optional.empty());
    }

    /** Without shared disks. */
    public RuntimeConfig(
            Path dataFolder, SortedMap<NodeId, Address> nodes, TlsFiles tls, Path datagramKey, Fencing fencing) {
        this(dataFolder, nodes, tls, datagramKey, fencing, Collections.emptySortedMap());
    }

    public RuntimeConfig {
        disks = Collections.unmodifiableSortedMap(new TreeMap<>(disks));
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        long shapes = nodes.values().stream().mapToInt(address -> address.links().size()).distinct().count();
        if (shapes > 1) {
            throw new IllegalArgumentException("all nodes have the same number of links: " + nodes);
        }
    }

    public NodeSet nodeSet() {
        return NodeSet.of(nodes.keySet());
    }

    /**
     * Where a node listens.
     *
     * @param streams for connections; one, or one for each link, which travels over that link then
     * @param links   for datagrams; the index is the link
     */
    public record Address(List<Endpoint> streams, List<Endpoint> links) {

        public Address {
            streams = List.copyOf(streams);
            links = List.copyOf(links);
            if (streams.isEmpty() || streams.size() > 1 && streams.size() != links.size()) {
                throw new IllegalArgumentException("%d addresses for streams with %d links: one, or one for each link"
                        .formatted(streams.size(), links.size()));
            }
        }

        /** With one address for streams, whatever the number of links. */
        public Address(Endpoint stream, List<Endpoint> links) {
            this(List.of(stream), links);
        }

        /** The first address for streams. */
        public Endpoint stream() {
            return streams.getFirst();
        }
    }

    /** A host name or address, and a port. */
    public record Endpoint(String host, int port) {

        public Endpoint {
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException("port %d is not in 1 to 65535".formatted(port));
            }
        }

        /**
         * Looks the name up. Done at start only: what is needed at a failure asks no name server.
         *
         * @throws ClusterFault CONFIG_1 when the name is not known
         */
        InetSocketAddress resolve() {
            try {
                return new InetSocketAddress(InetAddress.getByName(host), port);
            } catch (UnknownHostException e) {
                throw new ClusterFault(FaultCode.CONFIG_1,
                        "host \"%s\" is not known: write an address, or a name that this machine can look up"
                                .formatted(host), e);
            }
        }

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /**
     * Certificates, PEM.
     *
     * @param authority   of the cluster
     * @param certificate of this node, chain included
     * @param key         of that certificate, PKCS#8, private
     */
    public record TlsFiles(Path authority, Path certificate, Path key) {}

    /**
     * Fence methods.
     *
     * @param jarFolder with further methods
     * @param methods   the settings of each method that is used, by its name
     */
    public record Fencing(Optional<Path> jarFolder, SortedMap<String, Map<String, String>> methods) {

        public Fencing {
            methods = Collections.unmodifiableSortedMap(new TreeMap<>(methods));
        }
    }

    /**
     * A shared disk.
     *
     * @param path        of a block device or an image file
     * @param direct      past the cache of this machine (rule D6); false only for trials on one machine
     * @param timeLimitNs a request that takes longer has failed (rule D9), even if it asked for more time
     * @param use         what the node does on it
     */
    public record Disk(Path path, boolean direct, long timeLimitNs, NodeDisk use) {

        /** What a disk's name looks like. */
        public static final String NAME = "[a-z][a-z0-9-]{0,31}";
        /** Disks of one node. */
        public static final int LIMIT = 16;
        /** Of a disk whose configuration does not say. */
        public static final long TIME_LIMIT_NS = 5_000_000_000L;

        /** Without a vote, and with the times as shipped. */
        public Disk(Path path, boolean direct, long timeLimitNs) {
            this(path, direct, timeLimitNs, new NodeDisk(Optional.empty(), DiskTimes.shipped()));
        }
    }

    /**
     * The watchdog of this node.
     *
     * @param device  a watchdog device of the kernel; empty for a keeper, a process of its own
     * @param reboot  whether the keeper may start the machine anew when the killed daemon does not end
     * @param times   how long it waits
     */
    public record OwnWatchdog(Optional<Path> device, boolean reboot, WatchdogTimes times) {

        public OwnWatchdog {
            if (device.isPresent() && (reboot || times.timeoutNs() % TimeBudget.SECOND != 0)) {
                throw new IllegalArgumentException("a device counts whole seconds, and starts the machine anew by itself");
            }
        }
    }
}
