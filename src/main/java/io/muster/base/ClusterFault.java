package io.muster.base;

/** The world is wrong: an operating error with a stable code and a sentence that says what happened and what to do. */
public final class ClusterFault extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final FaultCode code;

    /** @param sentence what happened, with which values, and what would do */
    public ClusterFault(FaultCode code, String sentence) {
        super(code.label() + " " + sentence);
        this.code = code;
    }

    public ClusterFault(FaultCode code, String sentence, Throwable cause) {
        super(code.label() + " " + sentence, cause);
        this.code = code;
    }

    public FaultCode code() {
        return code;
    }
}
