package io.muster.control;

import java.util.Optional;

/**
 * Where the tree has its picture from, and who carries out what is written into it. All methods may be called by any thread
 * and do not wait for the node.
 */
public interface ControlSource {

    /** The newest picture; the same object as long as nothing has changed. */
    ControlView view();

    /** @return why not; otherwise the next {@link #view} shows it */
    Optional<ControlRefusal> setMode(HeartbeatMode mode);

    /** Makes an empty region. @return why not; otherwise the next {@link #view} shows it */
    Optional<ControlRefusal> makeRegion(String name);

    /** Takes a region away. @return why not; otherwise the next {@link #view} lacks it */
    Optional<ControlRefusal> removeRegion(String name);
}
