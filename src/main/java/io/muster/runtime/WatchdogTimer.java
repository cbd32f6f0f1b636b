package io.muster.runtime;

import java.util.Optional;

/** What ends this node when nobody holds it back: a device of the kernel, or a process of its own. Of one thread at a time. */
interface WatchdogTimer {

    /** Begins; from here on the time runs. Nothing of the node may run before. */
    void arm(long now);

    /**
     * Holds it back once more.
     *
     * @param vouchedAt when the node's machine vouched for itself, on {@link Native#bootTimeNs}
     * @param now       the same clock, read after that
     */
    void pet(long vouchedAt, long now);

    /** Why it would not end this node in time any more; empty while it would. Asked once a period, before it is held back. */
    Optional<String> trouble();

    /** Stops it for good: this node holds nothing that could hurt anybody. */
    void release();

    /** Lets it run out: what this node leaves behind is not known to be done with. */
    void abandon();

    /** For people: what it is. */
    String about();
}
