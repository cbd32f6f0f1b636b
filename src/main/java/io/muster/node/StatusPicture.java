package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.fence.Fencer;
import io.muster.heartbeat.Heartbeat;
import io.muster.heartbeat.LinkPicture;
import io.muster.heartbeat.PeerPicture;
import io.muster.ledger.Ledger;
import io.muster.membership.Membership;
import java.util.List;
import java.util.Optional;

/** Makes the picture of a node for the faces out of what its layers show. */
final class StatusPicture {

    private StatusPicture() {}

    static NodeStatus of(
            NodeConfig config, Layers layers, List<Wait> waits, PlannedLeave leave, boolean stopped, long now) {
        Heartbeat heartbeat = layers.heartbeat();
        Ledger ledger = layers.ledger();
        Membership membership = layers.membership();
        Fencer fencer = layers.fencer();
        List<LinkPicture> links = heartbeat.links(now);
        List<NodeStatus.Peer> peers = heartbeat.picture(now).stream().map(picture -> peer(picture, links)).toList();
        Optional<Incarnation> leader = ledger.leading() ? Optional.of(config.self()) : membership.leader();
        return new NodeStatus(config.self(), role(ledger, membership, leave, stopped), leader, ledger.state(),
                Math.max(0, membership.actUntil() - now), peers, waits,
                new FencePast(now, fencer.history().tries(), fencer.history().facts()));
    }

    private static String role(Ledger ledger, Membership membership, PlannedLeave leave, boolean stopped) {
        boolean leaving = !stopped && leave != PlannedLeave.NOT_WANTED;
        if (!leaving && (stopped || membership.out())) {
            return "stopped";
        }
        if (leaving) {
            return "leaving";
        }
        if (!membership.isMember()) {
            return "joining";
        }
        return ledger.leading() ? "leader" : "member";
    }

    private static NodeStatus.Peer peer(PeerPicture picture, List<LinkPicture> links) {
        return new NodeStatus.Peer(
                picture.node(), picture.life(), picture.heard(), picture.hearsUs(), picture.silentNs(),
                links.stream().filter(link -> link.node().equals(picture.node())).toList());
    }
}
