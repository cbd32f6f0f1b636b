package io.muster.daemon;

import io.muster.base.DiskTimes;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.node.NodeDisk;
import io.muster.runtime.RuntimeConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** Reads the tables {@code [disk.NAME]}; docs/CONFIG.md lists the keys. */
final class DiskReader {

    private static final long LIMIT_MS = 24 * 3_600_000L;

    private final ConfigSection top;
    private final TimeBudget node;
    private final Function<String, Path> resolve;
    private final Map<Path, String> paths = new LinkedHashMap<>();
    private final Map<NodeId, String> voters = new LinkedHashMap<>();

    /** @param node times of the node, which those of a disk have to fit */
    DiskReader(ConfigSection top, TimeBudget node, Function<String, Path> resolve) {
        this.top = top;
        this.node = node;
        this.resolve = resolve;
    }

    SortedMap<String, RuntimeConfig.Disk> disks() {
        SortedMap<String, RuntimeConfig.Disk> disks = new TreeMap<>();
        Optional<ConfigSection> tables = top.optionalSection("disk");
        for (String name : tables.map(ConfigSection::names).orElse(List.of())) {
            if (!name.matches(RuntimeConfig.Disk.NAME) || disks.size() == RuntimeConfig.Disk.LIMIT) {
                throw tables.get().fault(name, "cannot be the name of a disk", ("at most %d names of lower-case letters, digits"
                        + " and dashes, beginning with a letter, at most 32 long").formatted(RuntimeConfig.Disk.LIMIT));
            }
            disks.put(name, disk(name, tables.get().section(name)));
        }
        return disks;
    }

    private RuntimeConfig.Disk disk(String name, ConfigSection table) {
        Path path = table.value("path", "a block device or an image file", resolve);
        boolean direct = table.truth("direct", true);
        long limitNs = ns(table, "time_limit_ms", RuntimeConfig.Disk.TIME_LIMIT_NS);
        Optional<NodeId> voter = table.optional("voter", "d1 to d%d".formatted(NodeId.DISKS_LIMIT), DiskReader::voter);
        DiskTimes shipped = DiskTimes.shipped();
        DiskTimes times = new DiskTimes(ns(table, "beat_ms", shipped.beatNs()), ns(table, "limit_ms", shipped.limitNs()),
                ns(table, "late_ms", shipped.lateNs()), ns(table, "silence_ms", shipped.silenceNs()));
        table.end();
        times.refusal(node).ifPresent(why -> {
            throw table.fault("silence_ms", "and the other times of this disk cannot be used: " + why, "times that fit");
        });
        String other = paths.putIfAbsent(path, name);
        if (other != null) {
            throw table.fault("path", "= \"%s\" is also that of disk %s".formatted(path, other), "a path of its own");
        }
        voter.map(id -> voters.putIfAbsent(id, name)).ifPresent(same -> {
            throw table.fault("voter", "= \"%s\" is also that of disk %s".formatted(voter.get(), same), "a number of its own");
        });
        return new RuntimeConfig.Disk(path, direct, limitNs, new NodeDisk(voter, times));
    }

    private static NodeId voter(String text) {
        NodeId id = NodeId.parseVoter(text);
        if (!id.isDisk()) {
            throw new IllegalArgumentException("%s is a node".formatted(id));
        }
        return id;
    }

    private static long ns(ConfigSection table, String key, long shippedNs) {
        return table.whole(key, 1, LIMIT_MS, Optional.of(shippedNs / TimeBudget.MS)) * TimeBudget.MS;
    }
}
