package io.muster.daemon;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What {@code /proc} says about a process. */
public final class ProcFile {

    private static final int STATE_FIELD = 3;
    private static final int START_FIELD = 22;

    private ProcFile() {}

    /** When the process started, in clock ticks since boot; empty when it has ended, a zombie counting as ended. */
    public static Optional<Long> startTicks(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            // The second field is the name in parentheses and may itself hold both spaces and parentheses.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            String state = fields[STATE_FIELD - 3];
            return state.equals("Z") || state.equals("X")
                    ? Optional.empty()
                    : Optional.of(Long.parseLong(fields[START_FIELD - 3]));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }
}
