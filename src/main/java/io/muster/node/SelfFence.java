package io.muster.node;

import io.muster.base.FaultCode;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.GroupName;
import io.muster.ledger.Revival;
import io.muster.machine.Machine;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Takes this node out by itself: the gate is shut for good and the node ends, so that the others may recover it. It is
 * one mechanism for whoever finds that this node may not go on (003-32); losing the quorum's word is only one cause.
 *
 * <p>Most users tell a verdict at once, by {@link Verdict}. One is watched here: a group from which this node has
 * withdrawn, and whose participants do not stop. Their IO cannot be called drained by anybody (rule R4), so after the
 * phase limit nothing is left but to end the process that holds it.
 */
final class SelfFence {

    /** Who found that this node may not go on. */
    enum Cause {
        /** The quorum has put this life out, or goes on without it. */
        OUT(FaultCode.MEMBER_2),
        /** The own disk failed: what was promised can be kept no more. */
        OWN_DISK(FaultCode.DATA_4),
        /** A participant can neither go on nor stop. */
        CANNOT_STOP(FaultCode.RECOVERY_1),
        /** Somebody goes on in another ledger of this cluster (rule Q6b). */
        OTHER_LEDGER(FaultCode.VOTER_3),
        /** Somebody who fences this life has put a pill into its mail (rule B7). */
        PILL(FaultCode.DISK_5),
        /** Another daemon writes where only this life may (rule B5). */
        NOT_ALONE(FaultCode.DISK_5);

        private final FaultCode code;

        Cause(FaultCode code) {
            this.code = code;
        }

        FaultCode code() {
            return code;
        }
    }

    /** Why this node takes itself out. */
    record Verdict(Cause cause, String reason) {}

    private final Incarnation self;
    private final TimeBudget times;
    private final SortedMap<GroupName, Long> withdrawnAt = new TreeMap<>();
    private final SortedMap<NodeId, NodeInput.OtherLedger> others = new TreeMap<>();

    SelfFence(Incarnation self, TimeBudget times) {
        this.self = self;
        this.times = times;
    }

    /** This node gave a group up: from here on its participants have the phase limit to stop. */
    void withdrawn(GroupName group, long now) {
        withdrawnAt.putIfAbsent(group, now);
    }

    /** A group that this node is out of is drained, by its own word. */
    void agreed(ClusterState state) {
        withdrawnAt.keySet().removeIf(group ->
                state.groups().get(group) == null || !state.groups().get(group).has(self));
    }

    /** @param unstopped groups of which some participant has not answered yet */
    Optional<Verdict> due(Collection<GroupName> unstopped, long now) {
        withdrawnAt.entrySet().removeIf(entry -> now >= limitOf(entry.getValue()) && !unstopped.contains(entry.getKey()));
        return withdrawnAt.entrySet().stream().filter(entry -> now >= limitOf(entry.getValue())).findFirst()
                .map(entry -> new Verdict(Cause.CANNOT_STOP, ("its participants of group %s have failed and have not"
                        + " stopped for %d ms").formatted(entry.getKey(), times.phaseLimitNs() / TimeBudget.MS)));
    }

    /**
     * A peer of another ledger lives, so two sides could act: the one whose ledger was begun earlier ends, and when they were
     * begun side by side both do. The later one goes on; it has fenced, or waits to fence, what it knew of.
     *
     * @param own ledger of this node
     */
    Optional<Verdict> met(NodeInput.OtherLedger other, long own) {
        others.put(other.who().node(), other);
        return Revival.count(own) > Revival.count(other.ledger())
                ? Optional.empty()
                : Optional.of(new Verdict(Cause.OTHER_LEDGER, ("%s goes on in ledger %016x of this cluster, and this node keeps"
                        + " to %016x: voters were given up (muster ledger revive)").formatted(other.who(), other.ledger(), own)));
    }

    /** The ledger of a peer that keeps to another one than this node. */
    Optional<NodeInput.OtherLedger> otherLedger(NodeId peer) {
        return Optional.ofNullable(others.get(peer));
    }

    long deadline() {
        long next = Machine.NEVER;
        for (long since : withdrawnAt.values()) {
            next = Math.min(next, limitOf(since));
        }
        return next;
    }

    private long limitOf(long since) {
        return since + times.phaseLimitNs();
    }
}
