package io.muster.block;

/** A read, write or flush of a disk that did not do what it was asked for. */
public final class DiskFault extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** What kind of trouble; callers decide by this. */
    public enum Kind {
        /** The device reported an error. */
        IO,
        /** No answer in time; it may still happen (rule D9: it does not count, even if it succeeds later). */
        TIMEOUT,
        /** This node may not write now: its gate is shut. Nothing was written. */
        GATE_SHUT,
        /** The storage refuses this node: it is of a former epoch. Nothing was written. */
        FENCED,
        /** Not aligned, or beyond the end. Nothing was read or written. */
        OUT_OF_RANGE,
        /** The device is closed or gone. */
        GONE,
        /** The device or its file system takes no writes. Nothing was written. */
        READ_ONLY,
        /** The storage behind the device has no room for what was written. */
        FULL,
        /** Something else of this machine has claimed the device. Nothing was read or written. */
        IN_USE
    }

    private final Kind kind;

    public DiskFault(Kind kind, String what) {
        super(what);
        this.kind = kind;
    }

    public DiskFault(Kind kind, String what, Throwable cause) {
        super(what, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
