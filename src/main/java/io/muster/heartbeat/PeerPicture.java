package io.muster.heartbeat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Optional;

/**
 * One peer as the heartbeat sees it now.
 *
 * @param life     the life heard now, or heard last; empty when none was heard yet
 * @param heard    whether it is heard on some link
 * @param hearsUs  whether it says that it hears this node, on a link on which it is heard
 * @param silentNs since it was last heard on any link; -1 when never
 */
public record PeerPicture(NodeId node, Optional<Incarnation> life, boolean heard, boolean hearsUs, long silentNs) {}
