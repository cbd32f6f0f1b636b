package io.muster.heartbeat;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Optional;

/**
 * What a method of heartbeat says of one of its regions, whichever method it is (003-4, 003-6, 003-17): the network is one region
 * of the method {@code network}, each shared disk one of {@code disk}, and an outside stack may say it of regions of its own.
 */
public sealed interface RegionEvent {

    String region();

    /** This life is up there. Another life of its node is not any more. */
    record Up(String region, Incarnation who) implements RegionEvent {}

    /**
     * Nobody of this node is up there.
     *
     * @param silentNs since it was heard there last, or for how long it was waited for
     */
    record Down(String region, NodeId node, String reason, long silentNs) implements RegionEvent {}

    /** This node does not see the region itself: it says nothing of anybody, and whoever was up there is doubtful. */
    record Blind(String region, String why) implements RegionEvent {}

    /** It sees the region again. */
    record Sees(String region) implements RegionEvent {}
}
