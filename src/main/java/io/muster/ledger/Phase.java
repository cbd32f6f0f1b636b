package io.muster.ledger;

/**
 * How far the services of a group are in coming back. A group is {@code RUNNING} when nothing is to be recovered; any
 * change of its members begins a new generation at {@code STOP}.
 */
public enum Phase {
    /** Stop granting, replaying, serving; begins at once with the loss. */
    STOP,
    /** Rebuild lock masters; from here on all departed are harmless. */
    LOCKS,
    /** Make torn stripes consistent. */
    STRIPES,
    /** Replay the journals of the departed. */
    JOURNALS,
    /** Grant and serve again. */
    RESUME,
    /** Everybody is through RESUME. */
    RUNNING;

    /** @throws IllegalStateException for {@link #RUNNING} */
    public Phase next() {
        if (this == RUNNING) {
            throw new IllegalStateException("nothing follows RUNNING");
        }
        return values()[ordinal() + 1];
    }
}
