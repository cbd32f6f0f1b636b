package io.muster.membership;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.heartbeat.HeartbeatNews;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What this node sees with its own heartbeat, apart from what is agreed (001-4): lives heard, lives lost, links. */
public final class LocalView {

    /**
     * A life that was heard and is not any more.
     *
     * @param reason as the heartbeat said it
     * @param lostAt when it said so, by the own clock
     */
    public record Loss(Incarnation who, String reason, long lostAt) {}

    private final SortedMap<NodeId, Incarnation> heard = new TreeMap<>();
    private final SortedMap<NodeId, Loss> losses = new TreeMap<>();
    private final SortedMap<NodeId, Long> oneWaySince = new TreeMap<>();
    private final SortedMap<NodeId, Long> cutOffSince = new TreeMap<>();
    private NodeSet twoWay = NodeSet.NONE;
    private DiskReach disks = DiskReach.NONE;

    LocalView() {}

    /** @return whether others are cut off than before */
    boolean note(DiskReach reach, long now) {
        boolean others = !reach.cutOff().equals(disks.cutOff());
        disks = reach;
        cutOffSince.keySet().removeIf(node -> !reach.cutOff().contains(node));
        reach.cutOff().forEach(node -> cutOffSince.putIfAbsent(node, now));
        return others;
    }

    void note(HeartbeatNews news, long now) {
        switch (news) {
            case HeartbeatNews.PeerHeard(Incarnation who) -> {
                heard.put(who.node(), who);
                losses.remove(who.node());
            }
            case HeartbeatNews.PeerLost(Incarnation who, String reason, long _) -> {
                heard.remove(who.node(), who);
                losses.put(who.node(), new Loss(who, reason, now));
            }
            case HeartbeatNews.LinksChanged(NodeSet oneWay, NodeSet both) -> {
                twoWay = both;
                oneWaySince.keySet().removeIf(node -> !oneWay.minus(both).contains(node));
                oneWay.minus(both).forEach(node -> oneWaySince.putIfAbsent(node, now));
            }
            case HeartbeatNews.SelfPaused _ -> { /* nothing was heard or lost by it */ }
            case HeartbeatNews.LinkChanged _ -> { /* for people: the sum of a peer's links is told apart */ }
        }
    }

    public boolean hears(Incarnation who) {
        return who.equals(heard.get(who.node()));
    }

    /** The life of this node that is heard now. */
    public Optional<Incarnation> life(NodeId node) {
        return Optional.ofNullable(heard.get(node));
    }

    /** When this very life was heard once and then lost. */
    public Optional<Loss> loss(Incarnation who) {
        return Optional.ofNullable(losses.get(who.node())).filter(loss -> loss.who().equals(who));
    }

    /** All lives heard now, by node. */
    public List<Incarnation> lives() {
        return List.copyOf(heard.values());
    }

    /** All lives heard over a link: those that only a disk shows alive are cut off. */
    List<Incarnation> linked() {
        return cutOffSince.isEmpty() ? lives()
                : heard.values().stream().filter(who -> !cutOffSince.containsKey(who.node())).toList();
    }

    /** Since when only a disk shows this node alive; empty when that is not so. */
    Optional<Long> cutOffSince(NodeId node) {
        return Optional.ofNullable(cutOffSince.get(node));
    }

    DiskReach disks() {
        return disks;
    }

    /** Nodes with a two-way link, and the voting disks within reach. */
    public NodeSet twoWay() {
        return twoWay;
    }

    /** Since when this node is heard and says that it does not hear us; empty when that is not so. */
    public Optional<Long> oneWaySince(NodeId node) {
        return Optional.ofNullable(oneWaySince.get(node));
    }

    void digest(Hash64 into) {
        into.add(twoWay.bits());
        cutOffSince.forEach((node, since) -> into.add(node.number()).add(since));
        oneWaySince.forEach((node, since) -> into.add(node.number()).add(since));
        heard.values().forEach(who -> into.add(who.node().number()).add(who.life()));
        losses.values().forEach(loss -> into.add(loss.who().node().number()).add(loss.who().life()).add(loss.lostAt()));
    }
}
