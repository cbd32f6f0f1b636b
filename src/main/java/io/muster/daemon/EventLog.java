package io.muster.daemon;

import io.muster.base.Incarnation;
import io.muster.node.NodeEvent;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a node told, as lines: appended to {@code events.jsonl} in its data folder, and the newest kept in memory for
 * those who listen on the control socket. The node's thread only takes the time and queues; a thread of this log
 * writes. Each reader has a place of its own in the memory, so that a slow one costs nobody anything: it learns how
 * many lines it missed.
 *
 * <p>A line: {@code {"t":12.345,"mono":…,"seq":7,"node":"n1","life":2,"event":"heartbeat.lost","version":9,…}} where
 * {@code t} is milliseconds since the daemon's start, {@code mono} the nanoseconds of this host's monotonic clock, and
 * {@code seq} counts from 1 in each life.
 */
public final class EventLog implements AutoCloseable {

    public static final String FILE = "events.jsonl";

    /** Lines kept for listeners; also the most that can wait for the disk. */
    public static final int KEPT_LIMIT = 8_192;

    /** A file that has grown to this many bytes is put aside as {@code events.1.jsonl}; an older one is dropped. */
    public static final long FILE_LIMIT_BYTES = 64L << 20;

    private final Path file;
    private final Incarnation self;
    private final long startedAt;
    private final ArrayDeque<Line> kept = new ArrayDeque<>();
    private final Thread writer;
    private long lastSeq;
    private long writtenSeq;
    private boolean closed;
    private boolean failing;

    private record Line(long seq, NodeEvent event, long at) {}

    /** Lines for one listener. @param lost lines that were dropped before the first of these */
    public record Batch(long lost, List<String> lines, long lastSeq, boolean closed) {}

    /** @param startedAt the daemon's start on {@link System#nanoTime()} */
    public EventLog(Path folder, Incarnation self, long startedAt) {
        this.file = folder.resolve(FILE);
        this.self = self;
        this.startedAt = startedAt;
        endTornLine();
        this.writer = Thread.ofPlatform().daemon().name("events").start(this::writeOn);
    }

    /** Called by the node's thread; takes the time and never waits for the disk. */
    public void add(NodeEvent event) {
        add(event, System.nanoTime());
    }

    synchronized void add(NodeEvent event, long at) {
        if (closed) {
            return;
        }
        lastSeq++;
        kept.addLast(new Line(lastSeq, event, at));
        if (kept.size() > KEPT_LIMIT) {
            kept.removeFirst();
        }
        notifyAll();
    }

    public synchronized long lastSeq() {
        return lastSeq;
    }

    /** Of the newest event; 0 before the first. */
    public synchronized long lastVersion() {
        return kept.isEmpty() ? 0 : kept.getLast().event().version();
    }

    /** Waits for lines after {@code seq} and returns them, at most {@code limit}; empty only when the log was closed. */
    public Batch after(long seq, int limit) throws InterruptedException {
        return after(seq, limit, Long.MAX_VALUE);
    }

    /** As {@link #after(long, int)}, but comes back empty after {@code waitMs}; 0 does not wait at all. */
    public Batch after(long seq, int limit, long waitMs) throws InterruptedException {
        List<Line> lines = new ArrayList<>();
        long lost;
        boolean ended;
        synchronized (this) {
            if (lastSeq <= seq && !closed && waitMs > 0) {
                do {
                    wait(waitMs == Long.MAX_VALUE ? 0 : waitMs);
                } while (waitMs == Long.MAX_VALUE && lastSeq <= seq && !closed);
            }
            long first = kept.isEmpty() ? lastSeq + 1 : kept.getFirst().seq();
            lost = Math.max(0, first - 1 - seq);
            for (Line line : kept) {
                if (line.seq() > seq && lines.size() < limit) {
                    lines.add(line);
                }
            }
            ended = closed;
        }
        long last = lines.isEmpty() ? seq + lost : lines.getLast().seq();
        return new Batch(lost, lines.stream().map(this::render).toList(), last, ended);
    }

    /** Writes what is still to be written, for at most a second. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            writer.join(1_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A life that was killed in a write leaves half a line: it must not swallow the first one of this life. */
    private void endTornLine() {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            if (channel.size() > 0 && channel.read(last, channel.size() - 1) == 1 && last.get(0) != '\n') {
                channel.write(ByteBuffer.wrap(new byte[] {'\n'}), channel.size());
            }
        } catch (IOException e) {
            warn(e);
        }
    }

    private String render(Line line) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("t", (line.at() - startedAt) / 1e6);
        object.put("mono", line.at());
        object.put("seq", line.seq());
        object.put("node", self.node().toString());
        object.put("life", self.life());
        object.put("event", line.event().name());
        object.put("version", line.event().version());
        line.event().fields().forEach(object::putIfAbsent);
        return Json.write(object);
    }

    private void writeOn() {
        try {
            while (true) {
                Batch batch = after(writtenSeq, KEPT_LIMIT);
                if (batch.lines().isEmpty() && batch.closed()) {
                    return;
                }
                write(batch);
                writtenSeq = batch.lastSeq();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A log that cannot be written is no reason to stop a node: its listeners still hear it. */
    private void write(Batch batch) {
        try {
            if (Files.exists(file) && Files.size(file) > FILE_LIMIT_BYTES) {
                Files.move(file, file.resolveSibling("events.1.jsonl"), StandardCopyOption.REPLACE_EXISTING);
            }
            try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                if (batch.lost() > 0) {
                    out.write(Json.write(Json.object("node", self.node().toString(), "life", self.life(),
                            "event", "events.lost", "lost", batch.lost())) + "\n");
                }
                for (String line : batch.lines()) {
                    out.write(line);
                    out.write('\n');
                }
            }
            failing = false;
        } catch (IOException e) {
            warn(e);
        }
    }

    /** Once in a row, or a full disk would be told to itself without end. */
    private void warn(IOException e) {
        if (failing) {
            return;
        }
        failing = true;
        System.getLogger(EventLog.class.getName()).log(System.Logger.Level.WARNING,
                "events could not be written to {0}: {1}", file, e.getMessage());
    }
}
