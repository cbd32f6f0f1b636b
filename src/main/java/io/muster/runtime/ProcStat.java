package io.muster.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What one line of {@code /proc/PID/stat} says about a process (proc(5)).
 *
 * @param state       the letter of its state; {@code Z} is a zombie
 * @param threadCount threads that have not ended
 * @param startTicks  when it started, in clock ticks since boot
 */
public record ProcStat(long pid, char state, long threadCount, long startTicks) {

    /** Counted from 0 behind the name of the program: the third field of the line is the first of these. */
    private static final int STATE = 0;
    private static final int THREADS = 17;
    private static final int START = 19;

    /**
     * Reads a process's line; empty when there is none to be read, which does not prove that the process is gone
     * (a mount with {@code hidepid} hides the living).
     */
    static Optional<ProcStat> of(long pid) {
        return read(Path.of("/proc", Long.toString(pid), "stat"));
    }

    /** When a process that has not ended was started, in clock ticks since boot: with its number that names it. */
    public static Optional<Long> aliveSince(long pid) {
        return of(pid).filter(stat -> !stat.ended()).map(ProcStat::startTicks);
    }

    static Optional<ProcStat> ofSelf() {
        return read(Path.of("/proc/self/stat"));
    }

    /** The program's name stands in brackets and may itself hold brackets and spaces: the last bracket counts. */
    static Optional<ProcStat> parse(String line) {
        int open = line.indexOf('(');
        int close = line.lastIndexOf(')');
        if (open < 2 || close < open) {
            return Optional.empty();
        }
        String[] fields = line.substring(close + 1).strip().split(" ");
        if (fields.length <= START || fields[STATE].length() != 1) {
            return Optional.empty();
        }
        try {
            return Optional.of(new ProcStat(
                    Long.parseLong(line.substring(0, open).strip()),
                    fields[STATE].charAt(0),
                    Long.parseLong(fields[THREADS]),
                    Long.parseLong(fields[START])));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** A zombie runs nothing any more. Its first thread alone may be one while others go on, so these are counted. */
    boolean ended() {
        return state == 'X' || state == 'Z' && threadCount <= 1;
    }

    private static Optional<ProcStat> read(Path file) {
        try {
            return parse(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
