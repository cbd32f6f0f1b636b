package io.muster.heartbeat;

import io.muster.base.NodeId;

/**
 * One link to one peer as the heartbeat sees it now.
 *
 * @param state    as told last; it follows {@code heard} and {@code hearsUs} by at most a pulse
 * @param heard    whether the peer is heard on it
 * @param hearsUs  whether the peer says that it hears this node on it
 * @param silentNs since it was last heard on it; -1 when never
 * @param losses   how often it fell silent while this node lives
 * @param forNs    how long it is in this state
 */
public record LinkPicture(
        NodeId node, int link, LinkState state, boolean heard, boolean hearsUs, long silentNs, long losses, long forNs) {}
