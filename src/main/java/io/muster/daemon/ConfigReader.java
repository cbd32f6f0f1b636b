package io.muster.daemon;

import com.electronwill.nightconfig.core.CommentedConfig;
import com.electronwill.nightconfig.core.io.ParsingException;
import com.electronwill.nightconfig.toml.TomlParser;
import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.fence.Fencing;
import io.muster.membership.ViewSettings;
import io.muster.node.NodeConfig;
import io.muster.runtime.RuntimeConfig;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads a daemon's configuration file: strictly, as a whole, before anything is promised to anybody. */
public final class ConfigReader {

    /** A larger file is none of ours, in bytes. */
    public static final long FILE_LIMIT_BYTES = 1 << 20;

    private static final String NAME_WOULD_DO = "a node name from n1 to n" + (NodeId.LIMIT - 1);
    private static final long DAY_MS = 86_400_000L;

    private final Path file;
    private final ConfigSection top;

    private ConfigReader(Path file, ConfigSection top) {
        this.file = file;
        this.top = top;
    }

    /** @throws ClusterFault CONFIG-1 to CONFIG-3, one sentence with file, key, value, reason and what would do */
    public static DaemonConfig read(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        String text;
        try {
            if (Files.isDirectory(absolute)) {
                throw unreadable(absolute, "it is a folder", "Name the file, usually %s in it.".formatted(DaemonConfig.FILE));
            }
            if (Files.size(absolute) > FILE_LIMIT_BYTES) {
                throw unreadable(absolute, "it is larger than %d bytes".formatted(FILE_LIMIT_BYTES), "Name another file.");
            }
            text = Files.readString(absolute);
        } catch (NoSuchFileException e) {
            throw unreadable(absolute, "it does not exist", "`muster init` writes one for each node.");
        } catch (IOException e) {
            throw unreadable(absolute, String.valueOf(e.getMessage()), "It has to be a text in UTF-8 that this user may read.");
        }
        TomlNumbers.tooLarge(text).ifPresent(number -> {
            throw new ClusterFault(FaultCode.CONFIG_1, "%s: key %s = %s is out of range; a whole number of 64 bits would do."
                    .formatted(absolute, number.key(), number.written()));
        });
        try {
            CommentedConfig table = new TomlParser().parse(new StringReader(text));
            return new ConfigReader(absolute, new ConfigSection(absolute, "", table)).config();
        } catch (ParsingException e) {
            throw unreadable(absolute, "it is not TOML: " + oneLine(e.getMessage()), "See docs/CONFIG.md for an example.");
        }
    }

    private DaemonConfig config() {
        long format = top.whole("format", 0, Integer.MAX_VALUE, Optional.empty());
        if (format != DaemonConfig.FORMAT) {
            throw top.fault("format", "= %d is not of this program".formatted(format), "format = " + DaemonConfig.FORMAT);
        }
        ConfigSection clusterTable = top.section("cluster");
        ClusterId cluster = clusterTable.value("id", "32 hexadecimal digits", ClusterId::parse);
        clusterTable.end();

        ConfigSection nodeTable = top.section("node");
        NodeId self = nodeTable.value("name", NAME_WOULD_DO, NodeId::parse);
        Path data = nodeTable.optional("data", "a folder", this::resolve).orElse(file.getParent());
        Optional<Path> jars = nodeTable.optional("fence_jars", "a folder with jars", this::resolve);
        nodeTable.end();

        ConfigSection trust = top.section("trust");
        RuntimeConfig.TlsFiles tls = new RuntimeConfig.TlsFiles(
                trust.value("authority", "a PEM file", this::readable),
                trust.value("certificate", "a PEM file", this::readable),
                trust.value("key", "a PEM file", this::readable));
        Path datagramKey = trust.value("datagram_key", "a file made by `muster init`", this::readable);
        trust.end();

        TimeBudget times = top.optionalSection("times").map(this::times).orElse(TimeBudget.lan());
        SortedMap<NodeId, RuntimeConfig.Address> addresses = new TreeMap<>();
        FencingReader fences = new FencingReader();
        readNodes(top.section("nodes"), addresses, fences);
        if (!addresses.containsKey(self)) {
            throw nodeTable.fault("name", "= \"%s\" is not among the nodes %s".formatted(self, addresses.keySet()),
                    "a node that has a table [nodes.…]");
        }
        SortedMap<String, Map<String, String>> settings = fences.settings(top);
        Fencing fencing = fences.fencing(top);
        ViewSettings view = top.optionalSection("view").map(ConfigReader::view).orElse(ViewSettings.DEFAULT);
        SortedMap<String, RuntimeConfig.Disk> disks = new DiskReader(top, times, this::resolve).disks();
        Optional<Path> tree = top.optionalSection("control").flatMap(this::tree);
        Optional<RuntimeConfig.OwnWatchdog> watchdog = top.optionalSection("watchdog").map(it -> WatchdogReader.own(it, times));
        top.end();
        WatchdogReader.contracts(top, settings, times, fencing.limits(), disks);
        return new DaemonConfig(cluster, self, times, fencing, new RuntimeConfig(
                data, addresses, tls, datagramKey, new RuntimeConfig.Fencing(jars, settings), disks, watchdog), view, tree);
    }

    private Optional<Path> tree(ConfigSection table) {
        Optional<Path> tree = table.optional("tree", "a folder", this::resolve);
        table.end();
        return tree;
    }

    private static ViewSettings view(ConfigSection table) {
        ViewSettings.Policy policy = table.optional("policy", "\"size\" or \"weight\"", ConfigReader::policy)
                .orElse(ViewSettings.DEFAULT.policy());
        long weight = table.whole(
                "weight", 0, ViewSettings.WEIGHT_LIMIT, Optional.of((long) ViewSettings.DEFAULT.weight()));
        table.end();
        return new ViewSettings(policy, (int) weight);
    }

    private static ViewSettings.Policy policy(String text) {
        return switch (text) {
            case "size" -> ViewSettings.Policy.SIZE;
            case "weight" -> ViewSettings.Policy.WEIGHT;
            default -> throw new IllegalArgumentException("there is no such policy");
        };
    }

    private void readNodes(ConfigSection table, SortedMap<NodeId, RuntimeConfig.Address> addresses,
            FencingReader fences) {
        Map<RuntimeConfig.Endpoint, String> streams = new LinkedHashMap<>();
        Map<RuntimeConfig.Endpoint, String> links = new LinkedHashMap<>();
        for (String name : table.names()) {
            NodeId node;
            try {
                node = NodeId.parse(name);
            } catch (IllegalArgumentException e) {
                throw table.fault(name, "cannot be used: " + e.getMessage(), NAME_WOULD_DO);
            }
            ConfigSection one = table.section(name);
            List<RuntimeConfig.Endpoint> streamsOfOne = streams(one);
            List<RuntimeConfig.Endpoint> own =
                    one.list("links", 1, NodeConfig.LINKS_LIMIT, NodeAddress.WOULD_DO, NodeAddress::parse);
            if (streamsOfOne.size() > 1 && streamsOfOne.size() != own.size()) {
                throw one.fault("streams", "has %d addresses and there are %d links".formatted(streamsOfOne.size(), own.size()),
                        "one address, or one for each link");
            }
            fences.node(node, one);
            one.end();
            streamsOfOne.forEach(stream -> onlyOnce(one, streamsOfOne.size() > 1 ? "streams" : "stream", streams, stream, name));
            own.forEach(link -> onlyOnce(one, "links", links, link, name));
            addresses.put(node, new RuntimeConfig.Address(streamsOfOne, own));
        }
        if (addresses.isEmpty()) {
            throw top.fault("nodes", "is empty", "a table [nodes.n1] and so on for every node");
        }
        NodeId first = addresses.firstKey();
        int linkCount = addresses.get(first).links().size();
        addresses.forEach((node, one) -> {
            if (one.links().size() != linkCount) {
                throw table.fault(node + ".links", "has %d addresses but %s has %d".formatted(
                        one.links().size(), first, linkCount), "the same number for every node");
            }
        });
    }

    /** One address under {@code stream}, or several under {@code streams}. */
    private static List<RuntimeConfig.Endpoint> streams(ConfigSection one) {
        List<RuntimeConfig.Endpoint> several =
                one.list("streams", 0, NodeConfig.LINKS_LIMIT, NodeAddress.WOULD_DO, NodeAddress::parse);
        if (several.isEmpty()) {
            return List.of(one.value("stream", NodeAddress.WOULD_DO, NodeAddress::parse));
        }
        if (one.optional("stream", NodeAddress.WOULD_DO, NodeAddress::parse).isPresent()) {
            throw one.fault("stream", "stands beside streams", "one of the two");
        }
        return several;
    }

    private static void onlyOnce(ConfigSection table, String key, Map<RuntimeConfig.Endpoint, String> seen,
            RuntimeConfig.Endpoint address, String name) {
        String other = seen.putIfAbsent(address, name);
        if (other != null) {
            throw table.fault(key, "= \"%s\" is also an address of %s".formatted(NodeAddress.write(address), other),
                    "an address of its own");
        }
    }

    private TimeBudget times(ConfigSection table) {
        TimeBudget lan = TimeBudget.lan();
        long[] value = new long[ConfigWriter.TIME_KEYS.size()];
        for (int i = 0; i < value.length; i++) {
            ConfigWriter.TimeKey key = ConfigWriter.TIME_KEYS.get(i);
            long unit = key.unitNs();
            value[i] = table.whole(key.name(), 1, DAY_MS, Optional.of(key.read().applyAsLong(lan) / unit)) * unit;
        }
        table.end();
        try {
            return new TimeBudget(value[0], value[1], value[2], value[3], value[4], value[5], value[6], value[7], value[8],
                    value[9], value[10], value[11], value[12]);
        } catch (IllegalArgumentException e) {
            throw new ClusterFault(FaultCode.CONFIG_1,
                    "%s: table [times] does not hold together: %s; leave the table out for the shipped settings."
                            .formatted(file, e.getMessage()), e);
        }
    }

    private Path resolve(String text) {
        return file.getParent().resolve(text).normalize();
    }

    private Path readable(String text) {
        Path path = resolve(text);
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            throw new IllegalArgumentException("%s is no file that this user may read".formatted(path));
        }
        return path;
    }

    /** The name of a fence method as it may be written. @throws IllegalArgumentException with the reason */
    public static String methodName(String text) {
        if (!text.matches("[a-z][a-z0-9-]{0,31}")) {
            throw new IllegalArgumentException("lower-case letters, digits and dashes make a method's name");
        }
        return text;
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }

    private static ClusterFault unreadable(Path file, String why, String remedy) {
        return new ClusterFault(FaultCode.CONFIG_2, "%s cannot be read: %s. %s".formatted(file, why, remedy));
    }
}
