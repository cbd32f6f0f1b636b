package io.muster.daemon;

import io.muster.base.TimeBudget;
import io.muster.fence.FenceLevel;
import io.muster.fence.FenceLimits;
import io.muster.fence.FencePlan;
import io.muster.fence.Fencing;
import java.util.ArrayList;
import java.util.List;

/** Writes what {@link FencingReader} reads; what is as shipped is left out. */
final class FencingWriter {

    private FencingWriter() {}

    /** The lines of a node's table. */
    static List<String> plan(FencePlan plan) {
        List<String> lines = new ArrayList<>();
        lines.add("fence = " + plan.levels().stream().map(FencingWriter::level).toList());
        if (plan.levels().stream().anyMatch(level -> level.delayNs() > 0)) {
            lines.add("fence_level_delays_ms = " + plan.levels().stream().map(level -> level.delayNs() / TimeBudget.MS)
                    .toList());
        }
        number("fence_delay_ms", plan.delayNs() / TimeBudget.MS, 0, lines);
        number("fence_random_delay_ms", plan.randomDelayNs() / TimeBudget.MS, 0, lines);
        number("fence_priority", plan.priority(), 0, lines);
        if (!plan.unfence().isEmpty()) {
            lines.add("unfence = " + plan.unfence().stream().map(ConfigWriter::quote).toList());
        }
        if (plan.fixedHost()) {
            lines.add("fixed_host = true");
        }
        return lines;
    }

    /** The table {@code [fencing]}, when anything in it is not as shipped. */
    static List<String> limits(Fencing fencing) {
        FenceLimits limits = fencing.limits();
        FenceLimits shipped = FenceLimits.shipped(Math.max(1, fencing.plans().size()));
        List<String> lines = new ArrayList<>();
        number("limit_nodes", limits.nodes() == FenceLimits.OFF ? 0 : limits.nodes(), shipped.nodes(), lines);
        number("window_ms", limits.windowNs() / TimeBudget.MS, shipped.windowNs() / TimeBudget.MS, lines);
        number("priority_delay_ms", limits.priorityDelayNs() / TimeBudget.MS, 0, lines);
        number("drain_ms", limits.drainNs() / TimeBudget.MS, shipped.drainNs() / TimeBudget.MS, lines);
        number("settle_ms", limits.settleNs() / TimeBudget.MS, shipped.settleNs() / TimeBudget.MS, lines);
        if (limits.least() != shipped.least()) {
            lines.add("least_evidence = " + ConfigWriter.quote(limits.least().label()));
        }
        if (!lines.isEmpty()) {
            lines.addFirst("[fencing]");
            lines.addFirst("");
        }
        return lines;
    }

    private static String level(FenceLevel level) {
        List<String> names = level.devices().stream().map(ConfigWriter::quote).toList();
        return names.size() == 1 ? names.getFirst() : names.toString();
    }

    private static void number(String key, long value, long shipped, List<String> lines) {
        if (value != shipped) {
            lines.add("%s = %d".formatted(key, value));
        }
    }
}
