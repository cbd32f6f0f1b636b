package io.muster.cli;

import io.muster.daemon.ControlClient;
import io.muster.daemon.Json;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The events of a daemon from one of them on, over a connection of its own, for a limited time. */
final class EventStream implements AutoCloseable {

    private final ControlClient connection;
    private final long end;

    /** @param since the number of the last event that is not wanted */
    EventStream(DaemonChoice choice, long since, long answerLimitMs, long limitMs) {
        connection = DaemonFinder.here().connect(choice, false, new PrintWriter(Writer.nullWriter()));
        end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMs);
        connection.ask(Json.object("do", "subscribe", "since", since), answerLimitMs);
    }

    /** The next event, or empty when the time is over or the daemon has ended. */
    Optional<Map<String, Object>> next() {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        Optional<String> line = leftMs <= 0 ? Optional.empty() : connection.nextLine(leftMs);
        try {
            return line.isEmpty() ? Optional.empty() : Optional.of(Json.read(line.get()));
        } catch (Json.NotJson e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
