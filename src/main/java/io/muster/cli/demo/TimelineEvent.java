package io.muster.cli.demo;

import io.muster.daemon.Json;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * One line of one node's own event log.
 *
 * @param mono   nanoseconds of the host's monotonic clock, the same for all processes of one host
 * @param seq    its number in that life of that node
 * @param node   as {@code n1}
 * @param fields everything else of the line
 */
public record TimelineEvent(
        long mono, long seq, String node, long life, String event, long version, SequencedMap<String, Object> fields) {

    public TimelineEvent {
        fields = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(fields));
    }

    /** Reads a line; empty for one that is no whole event, as the last one of a killed process may be. */
    public static Optional<TimelineEvent> parse(String line) {
        try {
            Map<String, Object> json = Json.read(line);
            LinkedHashMap<String, Object> fields = new LinkedHashMap<>(json);
            List.of("t", "mono", "seq", "node", "life", "event", "version").forEach(fields::remove);
            return json.get("mono") instanceof Long mono
                    ? Optional.of(new TimelineEvent(mono, Json.number(json, "seq", 0), Json.text(json, "node"),
                            Json.number(json, "life", 0), Json.text(json, "event"), Json.number(json, "version", 0), fields))
                    : Optional.empty();
        } catch (Json.NotJson e) {
            return Optional.empty();
        }
    }

    public String text(String field) {
        return Json.text(fields, field);
    }

    public long number(String field) {
        return Json.number(fields, field, -1);
    }

    public boolean truth(String field) {
        return Json.truth(fields, field);
    }

    /** True when a field that lists lives, as {@code "n1#1 n3#2"}, has this one. */
    public boolean lists(String field, String life) {
        return Arrays.asList(text(field).split(" ")).contains(life);
    }

    /** For output: times count from {@code origin}. */
    public Map<String, Object> toJson(long origin, int round) {
        Map<String, Object> json = Json.object("t", (mono - origin) / 1e6, "node", node, "event", event, "version", version,
                "round", round, "life", life);
        fields.forEach(json::putIfAbsent);
        return json;
    }
}
