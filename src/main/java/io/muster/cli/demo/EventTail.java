package io.muster.cli.demo;

import io.muster.daemon.EventLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Reads on in a node's own event log, from the file: it needs nothing of the node, which may be dead or stopped. */
public final class EventTail {

    private static final int CHUNK_BYTES = 1 << 16;

    private final Path file;
    private final ByteArrayOutputStream half = new ByteArrayOutputStream();
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
    private long offset;

    public EventTail(Path dataFolder) {
        this.file = dataFolder.resolve(EventLog.FILE);
    }

    /** Passes over what is there already, as that of a kept cluster's former time. */
    public void skip() throws IOException {
        more();
    }

    /** The whole lines that came since the last call. */
    public List<TimelineEvent> more() throws IOException {
        List<TimelineEvent> events = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() < offset) {
                // It grew too large, was put aside, and a new one begun.
                offset = 0;
                half.reset();
            }
            while (channel.read(chunk.clear(), offset) > 0) {
                offset += chunk.position();
                for (int i = 0; i < chunk.position(); i++) {
                    if (chunk.get(i) == '\n') {
                        TimelineEvent.parse(half.toString(StandardCharsets.UTF_8)).ifPresent(events::add);
                        half.reset();
                    } else {
                        half.write(chunk.get(i));
                    }
                }
            }
        } catch (NoSuchFileException e) {
            // The node has told nothing yet.
            return List.of();
        }
        return events;
    }
}
