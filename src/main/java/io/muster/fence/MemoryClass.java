package io.muster.fence;

/** What a method needs at the moment of failure; methods that would start a program then are told apart (000-31). */
public enum MemoryClass {
    /** Runs inside the daemon, from memory that is there already. */
    IN_PROCESS,
    /** A helper that was started and locked in memory beforehand. */
    PREPARED_HELPER,
    /** Starts a program when it is needed. */
    AGENT
}
