package io.muster.sim;

/** How a run of the simulator ended; each has an exit code of its own. */
public enum Outcome {
    PASSED(0),
    /** A promise was broken. */
    INVARIANT(3),
    /** Nothing was broken, and the healed cluster did not recover. */
    STUCK(4),
    /** The same seed did something else the second time. */
    NOT_DETERMINISTIC(5),
    /** The product threw what it should never throw. */
    CRASHED(6),
    /** Too little happened for the seeds to mean anything. */
    TOO_WEAK(7);

    private final int exitCode;

    Outcome(int exitCode) {
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
