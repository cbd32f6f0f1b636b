package io.muster.daemon;

import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.fence.FenceLevel;
import io.muster.fence.FenceLimits;
import io.muster.fence.FencePlan;
import io.muster.fence.Fencing;
import io.muster.ledger.EvidenceClass;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads what a configuration says about fencing: the plan in each node's table, the settings of the devices, and the
 * limits for all. A list of names is one level for each; a list in the list is one level of several devices.
 */
final class FencingReader {

    private static final String LEVEL_WOULD_DO = "a device's name, or a list of names that have to succeed together,";
    private static final long DELAY_LIMIT_MS = 3_600_000;
    private static final long PRIORITY_LIMIT = 1_000_000;
    private static final long WINDOW_LIMIT_MS = 86_400_000;

    private final SortedMap<NodeId, FencePlan> plans = new TreeMap<>();

    /** Plans in which each device is a level of its own, with the shipped limits. */
    static Fencing shipped(SortedMap<NodeId, List<String>> methods) {
        Fencing flat = Fencing.flat(methods);
        return new Fencing(flat.plans(), flat.devices(), FenceLimits.shipped(Math.max(1, methods.size())));
    }

    /** Takes the keys about fencing out of a node's table. */
    void node(NodeId node, ConfigSection table) {
        List<FenceLevel> levels = new ArrayList<>();
        List<Long> delays = table.wholes("fence_level_delays_ms", FencePlan.LEVELS_LIMIT, DELAY_LIMIT_MS);
        List<List<String>> names = table.lists(
                "fence", FencePlan.LEVELS_LIMIT, FenceLevel.DEVICES_LIMIT, LEVEL_WOULD_DO, ConfigReader::methodName);
        for (int i = 0; i < names.size(); i++) {
            long delayNs = i < delays.size() ? delays.get(i) * TimeBudget.MS : 0;
            try {
                levels.add(new FenceLevel(names.get(i), delayNs));
            } catch (IllegalArgumentException e) {
                throw table.fault("fence", "cannot be used: " + e.getMessage(), LEVEL_WOULD_DO);
            }
        }
        if (delays.size() > names.size()) {
            throw table.fault("fence_level_delays_ms", "has %d values for %d levels".formatted(delays.size(), names.size()),
                    "one for each level, or fewer,");
        }
        if (levels.stream().map(FenceLevel::label).distinct().count() < levels.size()) {
            throw table.fault("fence", "names a level twice", "each level once");
        }
        plans.put(node, new FencePlan(
                levels,
                table.whole("fence_delay_ms", 0, DELAY_LIMIT_MS, Optional.of(0L)) * TimeBudget.MS,
                table.whole("fence_random_delay_ms", 0, DELAY_LIMIT_MS, Optional.of(0L)) * TimeBudget.MS,
                table.whole("fence_priority", 0, PRIORITY_LIMIT, Optional.of(0L)),
                table.list("unfence", 0, FenceLevel.DEVICES_LIMIT, "a device's name", ConfigReader::methodName),
                table.truth("fixed_host", false)));
    }

    /** The settings of each device that some node has. */
    SortedMap<String, Map<String, String>> settings(ConfigSection top) {
        SortedMap<String, Map<String, String>> settings = new TreeMap<>();
        plans.values().forEach(plan -> plan.devices().forEach(device -> settings.put(device, Map.of())));
        Optional<ConfigSection> tables = top.optionalSection("fence");
        if (tables.isPresent()) {
            for (String device : tables.get().names()) {
                if (!settings.containsKey(device)) {
                    throw tables.get().fault(device, "sets a fence method that no node has", "one of " + settings.keySet());
                }
                settings.put(device, tables.get().section(device).settings());
            }
        }
        return settings;
    }

    /** The plans and the limits. */
    Fencing fencing(ConfigSection top) {
        FenceLimits shipped = FenceLimits.shipped(Math.max(1, plans.size()));
        return new Fencing(plans, Collections.emptySortedMap(),
                top.optionalSection("fencing").map(table -> limits(table, shipped)).orElse(shipped));
    }

    private static FenceLimits limits(ConfigSection table, FenceLimits shipped) {
        long nodes = table.whole("limit_nodes", 0, NodeId.LIMIT, Optional.of((long) shipped.nodes()));
        FenceLimits limits = new FenceLimits(
                nodes == 0 ? FenceLimits.OFF : (int) nodes,
                table.whole("window_ms", 1, WINDOW_LIMIT_MS, Optional.of(shipped.windowNs() / TimeBudget.MS)) * TimeBudget.MS,
                table.whole("priority_delay_ms", 0, DELAY_LIMIT_MS, Optional.of(0L)) * TimeBudget.MS,
                table.whole("drain_ms", 0, DELAY_LIMIT_MS, Optional.of(shipped.drainNs() / TimeBudget.MS)) * TimeBudget.MS,
                table.whole("settle_ms", 0, DELAY_LIMIT_MS, Optional.of(shipped.settleNs() / TimeBudget.MS)) * TimeBudget.MS,
                table.optional("least_evidence", "an evidence class", FencingReader::evidence).orElse(shipped.least()));
        table.end();
        return limits;
    }

    private static EvidenceClass evidence(String label) {
        return EvidenceClass.find(label).orElseThrow(() -> new IllegalArgumentException(
                "it is one of " + Arrays.stream(EvidenceClass.values()).map(EvidenceClass::label).toList()));
    }

}
