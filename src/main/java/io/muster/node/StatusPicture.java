package io.muster.node;

import io.muster.base.Incarnation;
import io.muster.heartbeat.Heartbeat;
import io.muster.heartbeat.PeerPicture;
import io.muster.ledger.Ledger;
import io.muster.membership.Membership;
import java.util.List;
import java.util.Optional;

/** Makes the picture of a node for the faces out of what its layers show. */
final class StatusPicture {

    private StatusPicture() {}

    static NodeStatus of(
            NodeConfig config, Heartbeat heartbeat, Ledger ledger, Membership membership, List<Wait> waits,
            PlannedLeave leave, boolean stopped, long now) {
        List<NodeStatus.Peer> peers = heartbeat.picture(now).stream().map(StatusPicture::peer).toList();
        Optional<Incarnation> leader = ledger.leading() ? Optional.of(config.self()) : membership.leader();
        return new NodeStatus(config.self(), role(ledger, membership, leave, stopped), leader, ledger.state(),
                Math.max(0, membership.actUntil() - now), peers, waits);
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

    private static NodeStatus.Peer peer(PeerPicture picture) {
        return new NodeStatus.Peer(
                picture.node(), picture.life(), picture.heard(), picture.hearsUs(), picture.silentNs());
    }
}
