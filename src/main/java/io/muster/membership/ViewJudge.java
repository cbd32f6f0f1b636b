package io.muster.membership;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Member;
import io.muster.machine.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Says on the leader who has to go: whoever is gone for certain, and whoever is not in the best set of members that
 * hear each other both ways and have a quorum (rules V1, V2, V5; {@link ViewChoice}).
 *
 * <p>Four kinds of knowledge, in order of weight:
 * <ol>
 *   <li><em>gone</em>: a newer life of the node is heard or asks to join; somebody wants it out; it told no row for
 *       longer than any member may; or this node lost it and nobody else names it. No candidate.
 *   <li><em>silent</em>: this node lost it, others still name it. The link is cut at once, so that a killed member is
 *       out in the next version. It stays a candidate for sets without this node: only when such a set is
 *       <em>better</em>, and stays so for {@code holdNs}, is this node the one that is cut off (V5).
 *   <li><em>one way</em>: it is heard, and its pulses say that it does not hear this node. Its own heartbeat has come
 *       to that verdict, so {@code pauseNs} to correct it is enough. This has to count sooner than what others tell: a
 *       member that is heard one way cannot tell us its row, and must not win by its last one against a healthy one.
 *   <li><em>left out</em>: two others do not hear each other. This counts only after {@code holdNs}: by then this node
 *       knows itself whether one of them has died, and the healthy one is not put out for naming it (V3, hold-down).
 * </ol>
 * A row that is not known is no cut: a new leader, or one that was away, first gives everybody time (V1, staying).
 */
final class ViewJudge {

    record Eviction(Incarnation who, String reason) {}

    /**
     * @param blocked why members that should go stay in; empty when nothing stands against it
     * @param whole   whether all that stay hear each other: nobody comes in while that is not so
     */
    record Verdict(List<Eviction> evictions, Optional<String> blocked, boolean whole) {
        static final Verdict NOTHING = new Verdict(List.of(), Optional.empty(), true);

        static Verdict blocked(String why) {
            return new Verdict(List.of(), Optional.of(why), false);
        }
    }

    private static final long MS = 1_000_000;

    private final Incarnation self;
    private final LinkMatrix matrix;
    private final LocalView local;
    private final Wishes wishes;
    private final ViewSettings settings;
    private final long silenceNs;
    private final long diskNs;
    private final long rowLimitNs;
    private final long holdNs;
    /** Others notice a death, and tell it, within this time of each other. */
    private final long settleNs;
    /** Shorter than {@code holdNs}, and longer than a peer that was told of us may take to say so. */
    private final long oneWayHoldNs;
    private long graceFrom;
    private long contestedSince = Machine.NEVER;
    private long unsettledSince = Machine.NEVER;
    private MatrixSnapshot snapshot = MatrixSnapshot.NONE;

    ViewJudge(
            Incarnation self, TimeBudget times, ViewSettings settings, LinkMatrix matrix, LocalView local,
            Wishes wishes, long now) {
        this.settings = settings;
        this.self = self;
        this.matrix = matrix;
        this.local = local;
        this.wishes = wishes;
        this.silenceNs = times.silenceNs();
        this.diskNs = settings.diskSilenceNs();
        this.rowLimitNs = times.silenceNs() + 4 * times.askNs() + diskNs;
        this.holdNs = times.silenceNs() + 2 * times.pulseNs();
        this.oneWayHoldNs = times.pauseNs();
        this.settleNs = 2 * times.pulseNs();
        this.graceFrom = now;
    }

    /** This node begins to lead, or was away: what it has not heard so far proves nothing. */
    void startAnew(long now) {
        graceFrom = now;
        contestedSince = Machine.NEVER;
        unsettledSince = Machine.NEVER;
    }

    Verdict judge(ClusterState state, long now) {
        Verdict all = judge(state, true, now);
        if (all.blocked().isEmpty() || !all.evictions().isEmpty()) {
            return all;
        }
        // What an operator wants must not stand in the way of what has to be.
        Verdict without = judge(state, false, now);
        return new Verdict(without.evictions(), all.blocked(), without.whole());
    }

    /** What the last verdict was made of. */
    MatrixSnapshot snapshot() {
        return snapshot;
    }

    void digest(Hash64 into) {
        into.add(graceFrom).add(contestedSince).add(unsettledSince);
    }

    private Verdict judge(ClusterState state, boolean asWished, long now) {
        SortedMap<NodeId, String> reasons = new TreeMap<>();
        NodeSet silent = NodeSet.NONE;
        NodeSet gone = NodeSet.NONE;
        for (Member member : state.members().values()) {
            Optional<String> certain = goneReason(member.who(), asWished, now);
            Optional<String> lost = certain.isPresent() ? Optional.empty() : silentReason(member.who(), now);
            if (certain.isPresent()) {
                reasons.put(member.who().node(), certain.get());
                gone = gone.with(member.who().node());
            } else if (lost.isPresent()) {
                reasons.put(member.who().node(), lost.get());
                silent = silent.with(member.who().node());
            }
        }
        NodeSet members = NodeSet.of(state.members().keySet());
        NodeSet witnesses = members.minus(gone).minus(silent).without(self.node());
        for (NodeId node : silent) {
            if (!namedByAny(witnesses, life(state, node), state)) {
                gone = gone.with(node);
            }
        }
        NodeSet candidates = members.minus(gone);
        snapshot = MatrixSnapshot.of(state, candidates, links(state, candidates, silent, now), matrix, settings);
        if (gone.isEmpty() && snapshot.isClique(candidates)) {
            contestedSince = Machine.NEVER;
            unsettledSince = Machine.NEVER;
            return Verdict.NOTHING;
        }
        Optional<NodeSet> winner = choice(state, candidates, members, now).best();
        if (winner.isEmpty()) {
            return blocked(state, members, candidates, reasons);
        }
        if (candidates.contains(self.node()) && !winner.get().contains(self.node())) {
            return contested(state, winner.get(), reasons, now);
        }
        contestedSince = Machine.NEVER;
        if (unsettled(state, winner.get(), silent.minus(gone), now)) {
            return Verdict.blocked("of %s some have begun not to hear each other; waiting to see whether that stays so"
                    .formatted(winner.get()));
        }
        return new Verdict(evictions(state, winner.get(), reasons, now), Optional.empty(), true);
    }

    private List<Eviction> evictions(
            ClusterState state, NodeSet winner, SortedMap<NodeId, String> reasons, long now) {
        List<Eviction> evictions = new ArrayList<>();
        for (NodeId node : NodeSet.of(state.members().keySet()).minus(winner)) {
            String reason = reasons.getOrDefault(node, "");
            evictions.add(new Eviction(
                    life(state, node), reason.isEmpty() ? leftOutReason(state, node, winner, now) : reason));
        }
        return List.copyOf(evictions);
    }

    private ViewChoice choice(ClusterState state, NodeSet candidates, NodeSet members, long now) {
        ViewChoice choice = new ViewChoice(candidates, snapshot.links(), state.electorate())
                .current(members)
                .keep(NodeSet.of(self.node()));
        for (NodeId node : candidates) {
            choice.weight(node, snapshot.weight(node)).evidence(node, snapshot.evidence(node));
            NodeSet reached = node.equals(self.node())
                    ? outside(state)
                    : matrix.reached(life(state, node), strangers(state), rowLimitNs, now);
            choice.reach(node, reached.union(local.disks().of(node)));
        }
        return candidates.contains(self.node()) ? choice : choice.outside(
                outside(state).union(local.disks().of(self.node())));
    }

    /** Acceptors that are running without being members, in the lives that are known here. */
    private List<Incarnation> strangers(ClusterState state) {
        List<Incarnation> strangers = new ArrayList<>();
        for (NodeId node : state.electorate().acceptors().nodesOnly()) {
            matrix.life(node).filter(who -> !state.isMember(who) && !state.isPast(who)).ifPresent(strangers::add);
        }
        return strangers;
    }

    /**
     * Several links fail at once, and it is not known yet which of them only for want of time: whoever is put out now
     * may be missing in the only set that could have decided. One loss alone is acted on as soon as the others have had
     * the time to say what they have lost themselves; if they have lost the same, it is gone and none of this applies.
     */
    private boolean unsettled(ClusterState state, NodeSet winner, NodeSet silent, long now) {
        for (NodeId node : silent) {
            if (local.loss(life(state, node)).filter(loss -> now - loss.lostAt() < settleNs).isPresent()) {
                return true;
            }
        }
        boolean several = silent.count() > 1;
        for (NodeId one : winner) {
            for (NodeId other : winner) {
                several |= !one.equals(self.node()) && !one.equals(other)
                        && matrix.leftOutForNs(life(state, one), life(state, other), now) > 0;
            }
        }
        if (!several) {
            unsettledSince = Machine.NEVER;
            return false;
        }
        if (unsettledSince == Machine.NEVER) {
            unsettledSince = now;
        }
        return now - unsettledSince < holdNs;
    }

    /** A larger set without this node: it goes itself when that lasts, if it can still have it agreed (V5). */
    private Verdict contested(ClusterState state, NodeSet winner, SortedMap<NodeId, String> reasons, long now) {
        if (contestedSince == Machine.NEVER) {
            contestedSince = now;
        }
        if (now - contestedSince < holdNs) {
            return Verdict.blocked("members %s hear each other and not %s; waiting to see whether that stays so"
                    .formatted(winner, self.node()));
        }
        if (!state.electorate().isQuorum(local.twoWay().with(self.node()))) {
            return Verdict.blocked("members %s hear each other and not %s, which has no quorum to leave by".formatted(
                    winner, self.node()));
        }
        // With it goes whoever else is not in that set: the view that is left has no link missing (001-6).
        reasons.put(self.node(), "it is not in the better set %s with two-way links (matrix %s)".formatted(
                winner, snapshot.id()));
        return new Verdict(evictions(state, winner, reasons, now), Optional.empty(), false);
    }

    private Verdict blocked(
            ClusterState state, NodeSet members, NodeSet candidates, SortedMap<NodeId, String> reasons) {
        StringBuilder text = new StringBuilder(
                "of the members %s no set with two-way links has %d of %d votes".formatted(
                        members, state.electorate().threshold(), state.electorate().total()));
        reasons.forEach((node, reason) -> text.append("; ").append(node).append(": ").append(reason));
        if (candidates.isEmpty()) {
            text.append("; nobody else votes");
        }
        return Verdict.blocked(text.toString());
    }

    private Optional<String> goneReason(Incarnation who, boolean asWished, long now) {
        NodeId node = who.node();
        if (node.equals(self.node()) && !who.equals(self)) {
            return Optional.of("its node runs %s".formatted(self));
        }
        Optional<Incarnation> heard = local.life(node);
        if (heard.isPresent() && heard.get().life() > who.life()) {
            return Optional.of("a newer life %s is heard".formatted(heard.get()));
        }
        Optional<Wishes.Join> join = wishes.join(node);
        if (join.isPresent() && join.get().who().life() > who.life()) {
            return Optional.of("%s asks to join".formatted(join.get().who()));
        }
        Optional<Wishes.Evict> evict = asWished ? wishes.evict(who) : Optional.empty();
        if (evict.isPresent()) {
            return Optional.of("%s (told on %s)".formatted(evict.get().reason(), evict.get().asker()));
        }
        long quietNs = now - Math.max(matrix.toldAt(who), graceFrom);
        return !who.equals(self) && quietNs >= rowLimitNs
                ? Optional.of(silentReason(who, now).orElse(
                        "it has told %s nothing for %d ms".formatted(self.node(), quietNs / MS)))
                : Optional.empty();
    }

    private Optional<String> silentReason(Incarnation who, long now) {
        if (who.equals(self) || local.hears(who)) {
            return Optional.empty();
        }
        Optional<LocalView.Loss> loss = local.loss(who);
        if (loss.isPresent()) {
            return Optional.of(loss.get().reason());
        }
        return now - graceFrom < silenceNs
                ? Optional.empty()
                : Optional.of("not heard by %s on any link for %d ms".formatted(self.node(), (now - graceFrom) / MS));
    }

    private boolean namedByAny(NodeSet witnesses, Incarnation who, ClusterState state) {
        for (NodeId witness : witnesses) {
            if (matrix.hears(life(state, witness), who)) {
                return true;
            }
        }
        return false;
    }

    private long[] links(ClusterState state, NodeSet candidates, NodeSet silent, long now) {
        long[] links = new long[NodeId.LIMIT];
        for (NodeId one : candidates) {
            for (NodeId other : candidates) {
                if (one.number() < other.number() && linked(life(state, one), life(state, other), silent, now)) {
                    links[one.number()] |= 1L << other.number();
                    links[other.number()] |= 1L << one.number();
                }
            }
        }
        return links;
    }

    private boolean linked(Incarnation one, Incarnation other, NodeSet silent, long now) {
        boolean oneSilent = silent.contains(one.node());
        boolean otherSilent = silent.contains(other.node());
        if (oneSilent || otherSilent) {
            // A link to whom this node has lost stands only on the fresh word of somebody it hears.
            return !one.equals(self) && !other.equals(self)
                    && (oneSilent || matrix.hears(one, other))
                    && (otherSilent || matrix.hears(other, one))
                    && matrix.leftOutForNs(one, other, now) == 0
                    && matrix.leftOutForNs(other, one, now) == 0;
        }
        return !heldDown(one, other, now) && !heldDown(other, one, now);
    }

    /** {@code from} has not heard {@code to} for so long that it is not for want of time to notice a death. */
    private boolean heldDown(Incarnation from, Incarnation to, long now) {
        if (to.equals(self) || from.equals(self)) {
            // Whoever has died looks alive on a disk for a while, by rows that are older than the cut (rule V5a).
            NodeId other = to.equals(self) ? from.node() : to.node();
            Optional<Long> since = local.cutOffSince(other);
            if (since.isPresent() && now - Math.max(since.get(), graceFrom) >= diskNs) {
                return true;
            }
        }
        if (to.equals(self)) {
            Optional<Long> since = local.oneWaySince(from.node());
            if (since.isPresent() && now - Math.max(since.get(), graceFrom) >= oneWayHoldNs) {
                return true;
            }
        }
        return !from.equals(self) && now - graceFrom >= holdNs && matrix.leftOutForNs(from, to, now) >= holdNs;
    }

    /** Who votes and is within reach without being a member: lives that want in. Those put out are about to end. */
    private NodeSet outside(ClusterState state) {
        NodeSet outside = state.isMember(self) ? NodeSet.NONE : NodeSet.of(self.node());
        for (NodeId node : local.twoWay().nodesOnly()) {
            Optional<Incarnation> heard = local.life(node);
            if (heard.isPresent() && !state.isMember(heard.get()) && !state.isPast(heard.get())) {
                outside = outside.with(node);
            }
        }
        return outside;
    }

    private String leftOutReason(ClusterState state, NodeId node, NodeSet winner, long now) {
        Incarnation who = life(state, node);
        for (NodeId other : winner) {
            Incarnation them = life(state, other);
            if (heldDown(them, who, now)) {
                return "not heard by %s for %d ms (matrix %s)".formatted(
                        other, matrix.leftOutForNs(them, who, now) / MS, snapshot.id());
            }
            if (heldDown(who, them, now)) {
                long sinceAt = them.equals(self)
                        ? local.oneWaySince(node).or(() -> local.cutOffSince(node)).orElse(now) : now;
                return "it has not heard %s for %d ms (matrix %s)".formatted(
                        other, Math.max(now - sinceAt, matrix.leftOutForNs(who, them, now)) / MS, snapshot.id());
            }
        }
        return "it is not in the best set %s with two-way links (matrix %s)".formatted(winner, snapshot.id());
    }

    private static Incarnation life(ClusterState state, NodeId node) {
        return state.members().get(node).who();
    }
}
