package io.muster.heartbeat;

import io.muster.base.Bytes;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.heartbeat.DiskBeatNews.BlockFaulty;
import io.muster.heartbeat.DiskBeatNews.PeerDown;
import io.muster.heartbeat.DiskBeatNews.PeerTold;
import io.muster.heartbeat.DiskBeatNews.PeerUp;
import io.muster.heartbeat.DiskBeatNews.PillTaken;
import io.muster.heartbeat.DiskBlockCodec.Found;
import io.muster.heartbeat.SlotWatch.Shown;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The slots of the other nodes on one disk: what each shows, and what of that was told already. */
final class RegionPeers {

    private static final class Peer {
        final SlotWatch watch;
        Shown toldShown = Shown.UNJUDGED;
        Optional<Incarnation> toldLife = Optional.empty();
        Bytes toldPayload = Bytes.NONE;
        long toldPilledLife;
        Optional<SlotFault> slotFault = Optional.empty();
        Optional<SlotFault> mailFault = Optional.empty();
        long faults;

        Peer(long silenceNs) {
            watch = new SlotWatch(silenceNs);
        }
    }

    private final String disk;
    private final long silenceNs;
    private final SortedMap<NodeId, Peer> peers = new TreeMap<>();
    private NodeSet nodes;

    RegionPeers(String disk, long silenceNs, NodeSet nodes) {
        this.disk = disk;
        this.silenceNs = silenceNs;
        this.nodes = nodes;
        nodes.forEach(node -> peers.put(node, new Peer(silenceNs)));
    }

    NodeSet nodes() {
        return nodes;
    }

    void configured(NodeSet next, Outbox<DiskBeatNews> out) {
        for (NodeId gone : nodes.minus(next)) {
            Peer peer = peers.remove(gone);
            if (peer.toldShown == Shown.UP) {
                out.announce(new PeerDown(disk, gone, peer.toldLife, "it is not configured any more", 0));
            }
        }
        next.minus(nodes).forEach(node -> peers.put(node, new Peer(silenceNs)));
        nodes = next;
    }

    /** This node's own looks had a gap, or its own writes did not get through. */
    void startAnew(long now) {
        for (Peer peer : peers.values()) {
            peer.watch.startAnew(now);
            if (peer.toldShown == Shown.UP) {
                peer.toldShown = Shown.UNJUDGED;
            }
        }
    }

    /** @param sees whether anything may be said of who is up and down */
    void look(NodeId node, Found<DiskSlot> found, int print, long sentAt, long now, boolean sees, Outbox<DiskBeatNews> out) {
        Peer peer = peers.get(node);
        Optional<SlotFault> fault = peer.watch.look(found, print, sentAt, now);
        peer.slotFault = named(node, peer, peer.slotFault, fault, out);
        peer.watch.newest().filter(slot -> slot.pilledLife() > peer.toldPilledLife).ifPresent(slot -> {
            peer.toldPilledLife = slot.pilledLife();
            out.announce(new PillTaken(disk, new Incarnation(node, slot.pilledLife()), slot.intent()));
        });
        if (sees) {
            tell(node, peer, now, out);
        }
    }

    void faultyMail(NodeId node, SlotFault fault, Outbox<DiskBeatNews> out) {
        Peer peer = peers.get(node);
        peer.mailFault = named(node, peer, peer.mailFault, Optional.of(fault), out);
    }

    List<SlotPicture> picture(long now) {
        List<SlotPicture> pictures = new ArrayList<>();
        peers.forEach((node, peer) -> pictures.add(new SlotPicture(
                node, peer.watch.life(), words(peer.watch.shown()), peer.watch.quietNs(now), peer.faults)));
        return pictures;
    }

    void digest(Hash64 into) {
        for (Peer peer : peers.values()) {
            peer.watch.digest(into);
            into.add(peer.toldShown.ordinal()).add(peer.toldPilledLife).add(peer.faults);
        }
    }

    private void tell(NodeId node, Peer peer, long now, Outbox<DiskBeatNews> out) {
        Shown shown = peer.watch.shown();
        Optional<Incarnation> life = peer.watch.life();
        boolean another = shown == Shown.UP && !life.equals(peer.toldLife);
        if (shown != peer.toldShown || another) {
            peer.toldShown = shown;
            peer.toldLife = life;
            switch (shown) {
                case UP -> out.announce(new PeerUp(disk, life.orElseThrow()));
                case DOWN -> out.announce(new PeerDown(disk, node, life, peer.watch.reason(), peer.watch.quietNs(now)));
                case UNJUDGED -> { /* nothing can be said again before there is something to say */ }
            }
        }
        Bytes payload = peer.watch.payload();
        if (shown == Shown.UP && (another || !payload.equals(peer.toldPayload))) {
            peer.toldPayload = payload;
            out.announce(new PeerTold(disk, life.orElseThrow(), payload));
        }
    }

    private Optional<SlotFault> named(
            NodeId node, Peer peer, Optional<SlotFault> before, Optional<SlotFault> now, Outbox<DiskBeatNews> out) {
        Optional<SlotFault> named = now.filter(fault -> fault != SlotFault.EMPTY);
        if (named.isPresent()) {
            peer.faults++;
            if (!named.equals(before)) {
                out.announce(new BlockFaulty(disk, node, named.get(), peer.faults));
            }
        }
        return named;
    }

    private static String words(Shown shown) {
        return switch (shown) {
            case UNJUDGED -> "not judged yet";
            case UP -> "up";
            case DOWN -> "down";
        };
    }
}
