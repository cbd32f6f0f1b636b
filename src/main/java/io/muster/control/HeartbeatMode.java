package io.muster.control;

import java.util.List;
import java.util.Optional;

/** What may put a node up or down in a region; the words of the file {@code heartbeat_mode}. */
public enum HeartbeatMode {

    /** Writes and reads of a shared disk; regions come with the disks. */
    DISK("disk"),
    /** Pulses on links alone; there are no regions. */
    NETWORK("network"),
    /** Something outside this program, by links in the regions. */
    USER("user");

    public static final List<HeartbeatMode> ALL = List.of(values());

    private final String word;

    HeartbeatMode(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    /** The mode of exactly this word. Null is nobody's word (003-29). */
    public static Optional<HeartbeatMode> of(String word) {
        return ALL.stream().filter(mode -> mode.word.equals(word)).findFirst();
    }
}
