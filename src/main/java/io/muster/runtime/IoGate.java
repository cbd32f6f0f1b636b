package io.muster.runtime;

/** Whether this node may act: open until a moment, closed by time alone, without anybody's help (rule A4). */
public final class IoGate {

    private volatile long until = Long.MIN_VALUE;
    private volatile boolean shut;

    /** No lock, no allocation. @param now of the node's {@link MonotonicClock} */
    public boolean open(long now) {
        return now < until && !shut;
    }

    /** Later or earlier than before; what the node last said holds. */
    void openUntil(long until) {
        this.until = until;
    }

    /** For the rest of this life. */
    void shut() {
        shut = true;
    }
}
