package io.muster.fence;

import io.muster.base.Incarnation;
import java.util.Optional;

/**
 * What holds the acts of one fence back just now; evidence is never held.
 *
 * @param newer        a newer life of the node is heard: only devices bound to one life may act (rule F5a)
 * @param limited      why the limiter holds it, while it does (rule F6)
 * @param opensAt      when the limiter lets the next one go, on this node's clock
 * @param suspectUntil several were lost at once: until then this node suspects its own links and not the others
 * @param manyLost     then others act first, and the leader last
 */
record FenceHold(
        Optional<Incarnation> newer, Optional<String> limited, long opensAt, long suspectUntil, boolean manyLost) {

    static final FenceHold NONE = new FenceHold(Optional.empty(), Optional.empty(), 0, Long.MIN_VALUE, false);
}
