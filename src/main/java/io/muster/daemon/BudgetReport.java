package io.muster.daemon;

import io.muster.base.Inequalities;
import io.muster.base.Inequality;
import io.muster.base.TimeBudget;
import io.muster.runtime.Latencies.Kind;
import io.muster.runtime.Latencies.Measured;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The times of a node with every condition on them, and what was measured against the times: docs/CONTROL.md lists the
 * fields, docs/CONFIG.md the conditions.
 *
 * @param measured empty when no daemon was asked
 */
public record BudgetReport(TimeBudget times, List<Measured> measured) {

    /** Below this factor a margin is marked: twice the load of a bad day would eat it up. */
    public static final double LOW_MARGIN = 2;

    /** What a measured delay has to stay below. */
    private record Limit(String formula, long ns) {}

    public BudgetReport {
        measured = List.copyOf(measured);
    }

    /** {@code holds} is false when an inequality does not hold or a limit was passed. */
    public Map<String, Object> toJson() {
        List<Object> conditions = new ArrayList<>();
        boolean holds = true;
        for (Inequality each : Inequalities.ALL) {
            conditions.add(of(each));
            holds &= each.holds(times);
        }
        List<Object> delays = new ArrayList<>();
        for (Measured each : measured) {
            delays.add(of(each));
            holds &= margin(each) >= 1;
        }
        return Json.object("holds", holds, "inequalities", conditions, "measured", delays);
    }

    private Map<String, Object> of(Inequality each) {
        boolean time = each.unit() == Inequality.Unit.NANOSECONDS;
        return Json.object(
                "name", each.name(), "kind", each.kind().name(), "rule", each.rule(), "formula", each.formula(),
                "left", time ? each.leftOf(times) / 1e6 : (double) each.leftOf(times),
                "right", time ? each.rightOf(times) / 1e6 : (double) each.rightOf(times),
                "unit", time ? "ms" : "ppm", "holds", each.holds(times), "otherwise", each.reason());
    }

    private Map<String, Object> of(Measured each) {
        Limit limit = limit(each.kind());
        Map<String, Object> json = Json.object("what", each.kind().name());
        each.peer().ifPresent(peer -> {
            json.put("peer", peer.toString());
            json.put("link", (long) each.link());
        });
        json.put("count", each.count());
        json.put("median_ms", each.medianNs() / 1e6);
        json.put("max_ms", each.greatestNs() / 1e6);
        json.put("limit", limit.formula());
        json.put("limit_ms", limit.ns() / 1e6);
        json.put("margin", margin(each));
        json.put("low", margin(each) < LOW_MARGIN);
        return json;
    }

    /** How many times as long it might have taken. */
    private double margin(Measured each) {
        return (double) limit(each.kind()).ns() / Math.max(1, each.greatestNs());
    }

    private Limit limit(Kind kind) {
        return switch (kind) {
            case PULSE_GAP -> new Limit("silence", times.silenceNs());
            case LATENESS -> new Limit("pause", times.pauseNs());
            case BEAT_ROUND_TRIP -> new Limit("leader_silence - beat", times.leaderSilenceNs() - times.beatNs());
            case RECORD_WRITE -> new Limit("write_limit", times.writeLimitNs());
            case ELECTION -> new Limit("lease * 7/8 - beat - min(silence + pulse, leader_silence)",
                    times.leaseNs() - times.leaseNs() / 8 - times.beatNs()
                            - Math.min(times.silenceNs() + times.pulseNs(), times.leaderSilenceNs()));
            case LEASE_USED -> new Limit("lease", times.leaseNs());
        };
    }
}
