package io.muster.ledger;

import java.util.Locale;
import java.util.Optional;

/** How it is known that a departed life can hurt nothing any more; strongest first (rule F3). */
public enum EvidenceClass {
    /** The storage refused the old epoch and reported the drain. */
    STORAGE_REFUSED,
    /** The power state was read back as off, after the intent. */
    POWER_OFF,
    /** The process is known to be gone, seen on its own host. */
    PROCESS_ENDED,
    /** The reservation key is gone and commands were aborted. */
    RESERVATION_REMOVED,
    /** A person said so, and is recorded. */
    ACKNOWLEDGED,
    /** A watchdog contract known beforehand was waited out. */
    ASSUMED,
    /** The host of the node runs another boot: the process's kernel is gone, and what it sent was waited for (F5). */
    SUPERSEDED;

    /** The class as people and devices write it: {@code process-ended}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<EvidenceClass> find(String label) {
        for (EvidenceClass value : values()) {
            if (value.label().equals(label)) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }
}
