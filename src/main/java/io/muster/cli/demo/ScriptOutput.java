package io.muster.cli.demo;

import io.muster.cli.EventText;
import io.muster.cli.WaitText;
import io.muster.daemon.Json;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Tells a script's course: as JSON, one object a line, or as a timeline for people. Times of round 0 count from the
 * start of the first process, those of every other round from its signal.
 */
final class ScriptOutput {

    private final PrintWriter out;
    private final boolean json;

    ScriptOutput(PrintWriter out, boolean json) {
        this.out = out;
        this.json = json;
    }

    void formed(List<TimelineEvent> log, long startedAt) {
        title("The cluster forms (times from the start of the first process)");
        events(log, startedAt, Long.MAX_VALUE, startedAt, 0);
    }

    /** What was told, when it did not go as it should before any round. */
    void broken(List<TimelineEvent> log, long startedAt, String why) {
        events(log.subList(Math.max(0, log.size() - 40), log.size()), startedAt, Long.MAX_VALUE, startedAt, 0);
        if (!json) {
            out.println(why);
        }
    }

    void round(Round round, List<TimelineEvent> log, Map<String, Object> summary, List<String> broken) {
        title("Round %d: %s to %s, the %s (times from the signal)".formatted(
                round.number(), round.signal(), round.victim(), round.victimRole()));
        events(log, round.signalledAt(), Long.MAX_VALUE, round.signalledAt(), round.number());
        if (json) {
            out.println(Json.write(summary));
            return;
        }
        broken.forEach(each -> out.println("  DID NOT HOLD: " + each));
        out.println("  heartbeat lost after %.1f ms, dead on all survivors after %.1f ms, groups recovered after %.1f ms, %s"
                .formatted((Double) summary.get("detect_ms"), (Double) summary.get("dead_ms"), (Double) summary.get("total_ms"),
                        (Double) summary.get("rejoin_ms") < 0
                                ? "not back"
                                : "back as %s after %.0f ms".formatted(round.comeback(), (Double) summary.get("rejoin_ms"))));
    }

    void why(Map<String, Object> waits) {
        if (json) {
            out.println(Json.write(Json.object("event", "why", "waits", waits)));
        } else {
            out.println("What the nodes wait for: " + Json.write(waits));
        }
    }

    /** What one node says it waits for, down to the root. */
    void why(String node, List<Map<String, Object>> waits) {
        if (json) {
            out.println(Json.write(Json.object("event", "why", "node", node, "waits", waits)));
            return;
        }
        title("muster why --node " + node);
        WaitText.chains(waits).forEach(out::println);
    }

    /** What a person does. */
    void act(String command, Map<String, Object> fields) {
        if (json) {
            out.println(Json.write(fields));
            return;
        }
        title("A person looks, sees that it is off, and says so:");
        out.println("  " + command);
    }

    void summary(Map<String, Object> summary) {
        if (json) {
            out.println(Json.write(summary));
            return;
        }
        title(Json.truth(summary, "ok") ? "Everything held" : "NOT everything held");
        if (summary.get("quorum_ms") instanceof Double quorum) {
            out.println("  %s nodes in one view %.0f ms after the first process was started".formatted(
                    summary.get("nodes"), quorum));
        }
        out.println("  worst of all rounds: detect %.1f ms, fence %.1f ms, recover %.1f ms, in all %.1f ms".formatted(
                (Double) summary.get("detect_ms"), (Double) summary.get("fence_ms"), (Double) summary.get("recover_ms"),
                (Double) summary.get("total_ms")));
    }

    private void title(String text) {
        if (!json) {
            out.println();
            out.println(text);
        }
    }

    private void events(List<TimelineEvent> log, long from, long until, long origin, int round) {
        log.stream()
                .filter(event -> event.mono() >= from && event.mono() < until)
                .sorted(Comparator.comparingLong(TimelineEvent::mono).thenComparingLong(TimelineEvent::seq))
                .map(event -> event.toJson(origin, round))
                .forEach(event -> out.println(json ? Json.write(event) : EventText.line(event)));
    }
}
