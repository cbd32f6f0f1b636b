package io.muster.runtime;

import java.util.ArrayList;
import java.util.List;

/** The last steps of a node, kept to be printed when one of them breaks it. For one thread. */
final class StepTrace {

    /** Steps and what they wanted, one line each. */
    static final int LIMIT_LINES = 256;
    static final int LINE_LIMIT = 400;

    private final Object[] what = new Object[LIMIT_LINES];
    private final long[] when = new long[LIMIT_LINES];
    private long count;

    /** Keeps it as it is; text is made of it only when it is asked for. */
    void add(long now, Object happened) {
        int at = (int) (count++ % LIMIT_LINES);
        what[at] = happened;
        when[at] = now;
    }

    /** Oldest first. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (long i = Math.max(0, count - LIMIT_LINES); i < count; i++) {
            int at = (int) (i % LIMIT_LINES);
            String line = "%d.%06d ms %s".formatted(when[at] / 1_000_000, when[at] % 1_000_000, what[at]);
            lines.add(line.length() <= LINE_LIMIT ? line : line.substring(0, LINE_LIMIT) + "…");
        }
        return lines;
    }
}
