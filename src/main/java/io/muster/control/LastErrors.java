package io.muster.control;

import io.muster.base.FaultCode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;

/** The newest refusals, one line each, the newest last: what {@code .last_error} says. */
final class LastErrors {

    static final int LIMIT = 16;
    private static final int LINE_LIMIT = 400;

    private final Deque<String> lines = new ArrayDeque<>();
    private byte[] text = new byte[0];

    synchronized void add(String path, ControlRefusal refusal) {
        String said = "%s %s %s: %s.".formatted(
                Instant.now().truncatedTo(ChronoUnit.SECONDS), FaultCode.TREE_2.label(), path, refusal.reason());
        // What was written is quoted in it: no byte of it may end the line or move a terminal's cursor.
        String line = said.codePoints().limit(LINE_LIMIT)
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
        lines.addLast(line);
        if (lines.size() > LIMIT) {
            lines.removeFirst();
        }
        text = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    synchronized byte[] text() {
        return text;
    }
}
