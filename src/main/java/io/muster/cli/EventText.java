package io.muster.cli;

import io.muster.daemon.Json;
import java.util.List;
import java.util.Map;

/** One event as a line for people: time, node, name, then what belongs to it. */
public final class EventText {

    private static final List<String> SHOWN_APART = List.of("t", "mono", "seq", "node", "life", "event", "version", "round");

    private EventText() {}

    public static String line(Map<String, Object> event) {
        StringBuilder text = new StringBuilder("%12.3f ms  %-4s v%-4d %-18s".formatted(
                StatusText.millis(event, "t"), Json.text(event, "node"), Json.number(event, "version", 0),
                Json.text(event, "event")));
        event.forEach((name, value) -> {
            if (!SHOWN_APART.contains(name)) {
                text.append(' ').append(name).append('=').append(
                        value instanceof String words && words.indexOf(' ') >= 0 ? "\"" + words + "\"" : value);
            }
        });
        return text.toString();
    }
}
