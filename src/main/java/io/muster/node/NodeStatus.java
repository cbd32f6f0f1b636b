package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.heartbeat.LinkPicture;
import io.muster.ledger.ClusterState;
import java.util.List;
import java.util.Optional;

/**
 * An immutable picture of a node for the faces. What is agreed ({@code state}) and what this node alone sees
 * ({@code peers}) are apart (001-4).
 *
 * @param role        {@code leader}, {@code member}, {@code joining}, {@code leaving} or {@code stopped}
 * @param leader      whom this node follows
 * @param state       the newest agreed state this node has applied
 * @param actingForNs how long from now this node may act; 0 when it may not
 * @param peers       the local view
 * @param waits       everything that waits, with its causes
 * @param fences      what this node remembers of fences
 */
public record NodeStatus(
        Incarnation self,
        String role,
        Optional<Incarnation> leader,
        ClusterState state,
        long actingForNs,
        List<Peer> peers,
        List<Wait> waits,
        FencePast fences) {

    /** Without any fence remembered. */
    public NodeStatus(Incarnation self, String role, Optional<Incarnation> leader, ClusterState state, long actingForNs,
            List<Peer> peers, List<Wait> waits) {
        this(self, role, leader, state, actingForNs, peers, waits, FencePast.EMPTY);
    }

    public NodeStatus {
        peers = List.copyOf(peers);
        waits = List.copyOf(waits);
    }

    /**
     * One configured node as this node sees it.
     *
     * @param life     the life heard now, or heard last
     * @param heard    whether its pulses arrive
     * @param hearsUs  whether it says that ours arrive
     * @param silentNs since it was last heard; -1 when never
     * @param links    each link to it
     */
    public record Peer(NodeId node, Optional<Incarnation> life, boolean heard, boolean hearsUs, long silentNs,
            List<LinkPicture> links) {

        public Peer {
            links = List.copyOf(links);
        }

        public Peer(NodeId node, Optional<Incarnation> life, boolean heard, boolean hearsUs, long silentNs) {
            this(node, life, heard, hearsUs, silentNs, List.of());
        }
    }
}
