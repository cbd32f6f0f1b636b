package io.muster.node;

import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.TimeBudget;
import io.muster.fence.Fencer;
import io.muster.fence.LoneFence;
import io.muster.fence.OpenFence;
import io.muster.group.BarrierWait;
import io.muster.group.ChannelWait;
import io.muster.group.GroupManager;
import io.muster.group.GroupWish;
import io.muster.heartbeat.Heartbeat;
import io.muster.heartbeat.PeerPicture;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.Ledger;
import io.muster.ledger.VotePolicy;
import io.muster.membership.Membership;
import io.muster.membership.VoterKeeper;
import io.muster.recovery.RecoveryCoordinator;
import io.muster.recovery.RecoveryWait;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Everything on this node that waits, each walked to its root: a wish about a group waits for its recovery, that for a
 * fence, that for a device or a person; and all of them for a leader, that for a quorum, that for nodes that are silent.
 */
final class Waits {

    private final NodeConfig config;
    private final Heartbeat heartbeat;
    private final Ledger ledger;
    private final Membership membership;
    private final Fencer fencer;
    private final GroupManager groups;
    private final RecoveryCoordinator recovery;
    private final GroupTalk talk;
    private final VoterKeeper voters;
    private final LoneFence loneFence;

    Waits(NodeConfig config, Layers layers) {
        this.config = config;
        this.heartbeat = layers.heartbeat();
        this.ledger = layers.ledger();
        this.membership = layers.membership();
        this.fencer = layers.fencer();
        this.groups = layers.groups();
        this.recovery = layers.recovery();
        this.talk = layers.talk();
        this.voters = layers.voters();
        this.loneFence = layers.loneFence();
    }

    /** All waits, the widest first. */
    List<Wait> all(PlannedLeave leave, long now) {
        List<Wait> waits = new ArrayList<>();
        Optional<Wait> noLeader = noLeader(now);
        noLeader.ifPresent(waits::add);
        admission(noLeader, now).ifPresent(waits::add);
        membership.blocked().filter(_ -> ledger.leading())
                .ifPresent(why -> waits.add(new Wait(FaultCode.QUORUM_1, why, silentPeers(now))));
        membership.joinObstacles().forEach((node, why) -> {
            if (ledger.leading()) {
                waits.add(new Wait(FaultCode.MEMBER_1, "%s wants to join: %s".formatted(node, why), fencesOf(node, now)));
            }
        });
        fencer.openFences().forEach(open -> waits.add(fence(open, noLeader, now)));
        ledger.state().fences().locked().forEach(who -> waits.add(access(who, noLeader)));
        loneFence.openFence().ifPresent(open -> waits.add(fence(open, Optional.empty(), now)));
        voters.obstacle().filter(_ -> ledger.leading()).ifPresent(why -> waits.add(Wait.root(
                FaultCode.VOTER_1, "a change of the electorate was asked for: " + why)));
        unknownRecords().forEach(node -> waits.add(Wait.root(FaultCode.VOTER_2, ("%s has a vote and does not vote: its"
                + " record is not the one the cluster knows; `muster voter remove %s`, then `muster voter add %s`")
                .formatted(node, node, node))));
        recovery.waiting().forEach(wait -> waits.add(recovery(wait, noLeader, now)));
        ledger.state().groups().values().stream()
                .filter(group -> group.members().isEmpty() && !group.departed().isEmpty())
                .forEach(group -> waits.add(ownerless(group, now)));
        groups.waiting().forEach(wish -> waits.add(wish(wish, noLeader, now)));
        talk.channels.waiting(now).forEach(wait -> waits.add(talk(wait, noLeader, now)));
        talk.barriers.waiting(now).forEach(wait -> waits.add(barrier(wait, noLeader, now)));
        if (leave != PlannedLeave.NOT_WANTED) {
            waits.add(leaving(noLeader, now));
        }
        // Last, because every other wait is nearer to the root: seed 20045, checker EveryWaitNamed.
        if (waits.isEmpty() && membership.isMember() && membership.actUntil() <= now) {
            waits.add(new Wait(FaultCode.QUORUM_1, "%s may not act: it has no lease that its leader %s answered".formatted(
                    config.self(), membership.leader().map(Incarnation::toString).orElse("(none)")), silentPeers(now)));
        }
        return waits;
    }

    /** By what this node knows: of itself always, of others when they told it, as they tell the leader. */
    private NodeSet unknownRecords() {
        boolean own = ledger.state().electorate().votesOf(config.self().node()) > 0
                && !ledger.state().acceptors().knows(config.self().node(), ledger.record().recordId());
        return own ? voters.strangers().with(config.self().node()) : voters.strangers();
    }

    /** Nobody leads, or this node does not know who: then nothing can be agreed. */
    private Optional<Wait> noLeader(long now) {
        if (ledger.following().isPresent() || ledger.leading()) {
            return Optional.empty();
        }
        ClusterState newest = ledger.newestKnown();
        var electorate = newest.electorate();
        NodeSet reachable = ledger.reachableVoters();
        boolean enough = ledger.missingVoters().isEmpty();
        String what = enough
                ? "no leader is known; %d of %d votes are reachable, %d are needed: one is being elected".formatted(
                        electorate.votesOf(reachable), electorate.total(), electorate.threshold())
                : "no leader and no quorum: %d of %d votes are reachable (%s), %d are needed".formatted(
                        electorate.votesOf(reachable), electorate.total(), reachable, electorate.threshold());
        List<Wait> because = new ArrayList<>();
        if (!ledger.votes()) {
            because.add(Wait.root(FaultCode.DATA_5, "this node does not vote: its record is not the one the cluster knows"));
        }
        if (!enough) {
            // Whoever was taken out of the voters before waits for those who were left, and nobody else will do (Q6).
            because.add(Wait.root(FaultCode.QUORUM_1, ("the last voters this node knows of are %s, as of version %d; missing: %s"
                    + " (if they are lost for good: `muster ledger revive`)").formatted(
                            newest.voters(), newest.version(), ledger.missingVoters())));
            because.addAll(silentPeers(now));
        }
        return Optional.of(new Wait(FaultCode.QUORUM_1, what, because));
    }

    private Optional<Wait> admission(Optional<Wait> noLeader, long now) {
        return membership.joining().map(joining -> new Wait(
                FaultCode.MEMBER_1,
                "%s is not a member: it has asked %s to be admitted for %s".formatted(
                        config.self(), joining.asked().map(Incarnation::toString).orElse("nobody yet"),
                        span(now - joining.since())),
                noLeader.map(List::of).orElseGet(() -> fencesOf(config.self().node(), now))));
    }

    private Wait fence(OpenFence open, Optional<Wait> noLeader, long now) {
        List<Wait> because = new ArrayList<>();
        switch (open.waitingFor()) {
            case QUORUM, ACTOR -> noLeader.ifPresent(because::add);
            case LEADER -> {
                noLeader.ifPresent(because::add);
                membership.leader().ifPresent(leader -> because.add(Wait.root(
                        FaultCode.FENCE_3, "the leader %s tries it: ask `muster why --node %s`".formatted(
                                leader, leader.node()))));
            }
            case DEVICE, PAUSE -> because.add(Wait.root(FaultCode.FENCE_1, tryOf(open, now)));
            case DELAY -> because.add(Wait.root(open.code(), "it begins in " + span(Math.max(0, open.nextTryAt() - now))));
            case LIMITER -> because.add(Wait.root(open.code(), open.nextTryAt() > now
                    ? "the limiter lets the next one go in " + span(open.nextTryAt() - now)
                    : "the limiter lets the next one go as soon as that is agreed"));
            case NEWER_LIFE -> because.add(Wait.root(open.code(),
                    "a newer life of %s is heard, which its devices would hit".formatted(open.victim().node())));
            case PERSON -> {
                if (!open.lastAnswer().isEmpty()) {
                    because.add(Wait.root(FaultCode.FENCE_1, tryOf(open, now)));
                }
                because.add(Wait.root(FaultCode.FENCE_2, "a person has to confirm that %s is off: `muster fence ack %s`"
                        .formatted(open.victim(), open.victim().node())));
            }
        }
        return new Wait(open.code(), open.fact(), because);
    }

    /** Rule F11: a member that is in no group yet, and cannot be. */
    private Wait access(Incarnation who, Optional<Wait> noLeader) {
        String answer = fencer.accessAnswer(who);
        List<Wait> because = new ArrayList<>(noLeader.map(List::of).orElse(List.of()));
        if (!answer.isEmpty()) {
            because.add(Wait.root(FaultCode.FENCE_1, "last answer: " + answer));
        } else if (!ledger.leading()) {
            membership.leader().ifPresent(leader -> because.add(Wait.root(FaultCode.FENCE_7,
                    "the leader %s switches it on: ask `muster why --node %s`".formatted(leader, leader.node()))));
        }
        return new Wait(FaultCode.FENCE_7, "%s joins no group before its access is switched on".formatted(who), because);
    }

    private static String tryOf(OpenFence open, long now) {
        String head = "try %d by method \"%s\" on %s".formatted(open.attempt(), open.method().orElse("none"),
                open.actor().map(NodeId::toString).orElse("no node"));
        String answer = open.lastAnswer().isEmpty() ? "no answer yet" : "last answer: " + open.lastAnswer();
        String next = open.nextTryAt() > now ? "; next try in " + span(open.nextTryAt() - now) : "";
        return "%s; %s%s".formatted(head, answer, next);
    }

    private Wait recovery(RecoveryWait wait, Optional<Wait> noLeader, long now) {
        List<Wait> because = new ArrayList<>(noLeader.map(List::of).orElse(List.of()));
        TreeSet<Incarnation> unharmed = new TreeSet<>(wait.unharmed());
        fencer.openFences().stream().filter(open -> unharmed.contains(open.victim()))
                .forEach(open -> because.add(fence(open, Optional.empty(), now)));
        wait.participants().forEach(name -> because.add(Wait.root(FaultCode.RECOVERY_1,
                "participant \"%s\" of this node has not answered %s of group %s for %s".formatted(
                        name, wait.phase(), wait.group(), span(now - wait.since())))));
        wait.members().ifPresent(missing -> missing.without(config.self().node()).forEach(node ->
                because.add(Wait.root(FaultCode.RECOVERY_2, "%s is not through %s of group %s: `muster why --node %s`"
                        .formatted(node, wait.phase(), wait.group(), node)))));
        if (because.isEmpty() && !ledger.leading()) {
            membership.leader().ifPresent(leader -> because.add(Wait.root(FaultCode.RECOVERY_2,
                    "this node is through; the leader knows who is not: `muster why --node %s`".formatted(leader.node()))));
        }
        FaultCode code = unharmed.isEmpty() ? FaultCode.RECOVERY_2 : FaultCode.FENCE_3;
        return new Wait(code, wait.fact(), because);
    }

    private Wait wish(GroupWish wish, Optional<Wait> noLeader, long now) {
        List<Wait> because = new ArrayList<>(recoveryOf(wish.group(), noLeader, now));
        if (because.isEmpty()) {
            (membership.isMember() ? noLeader : admission(noLeader, now)).ifPresent(because::add);
        }
        return new Wait(FaultCode.GROUP_1, "%s group %s: %s".formatted(
                wish.join() ? "joining" : "leaving", wish.group(), wish.why()), because);
    }

    /** Of a group that this node is not in, only the agreed state tells why it recovers. */
    private List<Wait> recoveryOf(GroupName name, Optional<Wait> noLeader, long now) {
        ClusterState state = ledger.state();
        var group = state.groups().get(name);
        if (group == null) {
            return List.of();
        }
        for (RecoveryWait wait : recovery.waiting()) {
            if (wait.group().equals(name)) {
                return List.of(recovery(wait, noLeader, now));
            }
        }
        List<Wait> because = new ArrayList<>();
        fencer.openFences().stream().filter(open -> group.departed().contains(open.victim()))
                .forEach(open -> because.add(fence(open, Optional.empty(), now)));
        return because;
    }

    /** All its members died: what they left is recovered by whoever joins next, and by nobody before. */
    private Wait ownerless(Group group, long now) {
        List<Wait> because = new ArrayList<>();
        fencer.openFences().stream().filter(open -> group.departed().contains(open.victim()))
                .forEach(open -> because.add(fence(open, Optional.empty(), now)));
        return new Wait(FaultCode.RECOVERY_3, ("group %s has no member left; what %s left behind is recovered when a node"
                + " joins it: `muster group join %s`").formatted(group.name(), group.departed(), group.name()), because);
    }

    private Wait leaving(Optional<Wait> noLeader, long now) {
        List<Wait> because = new ArrayList<>(noLeader.map(List::of).orElse(List.of()));
        PlannedLeave.groupsOf(config.self(), ledger.state()).forEach(group -> because.add(new Wait(
                FaultCode.GROUP_1, "still in group " + group, recoveryOf(group, noLeader, now))));
        if (membership.out()) {
            because.add(Wait.root(FaultCode.VOTER_1, "it stays for its vote until a version takes it out of the voters"));
        } else if (ledger.state().voting().policy() == VotePolicy.FIXED && !ledger.missingVoters().isEmpty()) {
            because.add(Wait.root(FaultCode.QUORUM_1, "with policy fixed a leave needs a quorum of all voters, so the last"
                    + " ones cannot leave: stop them instead, and the next start fences these lives"));
        }
        return new Wait(FaultCode.MEMBER_1, "%s is leaving as planned".formatted(config.self()), because);
    }

    /** Messages wait for the group to run, or for members that have not got them. */
    private Wait talk(ChannelWait wait, Optional<Wait> noLeader, long now) {
        List<Wait> because = new ArrayList<>(wait.recovering() ? recoveryOf(wait.group(), noLeader, now) : List.of());
        wait.on().without(config.self().node()).forEach(node -> because.add(Wait.root(FaultCode.GROUP_3,
                "%s has not answered: `muster why --node %s`".formatted(node, node))));
        return new Wait(FaultCode.GROUP_3, wait.fact(), because);
    }

    private Wait barrier(BarrierWait wait, Optional<Wait> noLeader, long now) {
        List<Wait> because = new ArrayList<>(noLeader.map(List::of).orElse(List.of()));
        if (!wait.running()) {
            because.addAll(wait.barrier().group().equals(GroupName.NODES)
                    ? fencer.openFences().stream().map(open -> fence(open, Optional.empty(), now)).toList()
                    : recoveryOf(wait.barrier().group(), noLeader, now));
        }
        wait.missing().forEach(node -> because.add(Wait.root(FaultCode.GROUP_3,
                "%s has not entered: `muster barrier %s %s --node %s`".formatted(
                        node, wait.barrier().group(), wait.barrier().text(), node))));
        return new Wait(FaultCode.GROUP_3, wait.fact(), because);
    }

    private List<Wait> fencesOf(NodeId node, long now) {
        return fencer.openFences().stream().filter(open -> open.victim().node().equals(node))
                .map(open -> fence(open, Optional.empty(), now)).toList();
    }

    private List<Wait> silentPeers(long now) {
        List<Wait> silent = new ArrayList<>();
        for (PeerPicture peer : heartbeat.picture(now)) {
            if (!peer.heard()) {
                silent.add(Wait.root(FaultCode.QUORUM_1, peer.silentNs() < 0
                        ? "%s was never heard since this node started: start it, or check its links".formatted(peer.node())
                        : "%s was last heard %s ago".formatted(peer.node(), span(peer.silentNs()))));
            } else if (!peer.hearsUs()) {
                silent.add(Wait.root(FaultCode.QUORUM_1,
                        "%s is heard but does not hear this node: check the way to it".formatted(peer.node())));
            }
        }
        return silent;
    }

    private static String span(long ns) {
        long ms = ns / TimeBudget.MS;
        return ms < 1_000 ? ms + " ms" : "%d.%d s".formatted(ms / 1_000, ms % 1_000 / 100);
    }
}
