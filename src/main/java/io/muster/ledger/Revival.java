package io.muster.ledger;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Rule Q6: the voters that a cluster needs are lost for good, and a person says so. Out of the record of the one acceptor
 * that is left comes the record of a new ledger, in which it decides alone. Pure; nothing else in the program makes one
 * acceptor out of several.
 *
 * <p>What the person's word does, and what it does not:
 * <ol>
 * <li>It stands in for the votes of the lost, once and for ever: every message and record of the old ledger is refused
 *     from then on, so a lost acceptor that comes back after all finds nobody to agree with.
 * <li>It is no evidence. Every life of another node that was ever let in counts as departed and has to be made harmless,
 *     and every group waits for all of them: versions that the lost had chosen and this record does not know may have let
 *     them into any of its groups.
 * <li>Versions, generations and intents go on far above those of the old ledger, so that whatever was stamped with a number
 *     in a version that is not known here is older than anything the new ledger stamps.
 * </ol>
 */
public final class Revival {

    /** The new ledger's numbers begin at the next multiple of this: the lost had not chosen so many unknown versions. */
    static final long STRIDE = 1L << 20;

    private Revival() {}

    /**
     * @param record  what the new ledger begins with, under its old id; empty when it is refused
     * @param refusal why this may not be done, and what can be done instead
     */
    public record Result(Optional<AcceptorRecord> record, Optional<String> refusal) {

        private static Result refused(String why) {
            return new Result(Optional.empty(), Optional.of(why));
        }
    }

    /**
     * Gives the lost up.
     *
     * @param lost   all other acceptors of the record's last configurations, by name, as the person gave them
     * @param ledger drawn at random, never 0 and never one that was used
     * @param person who says that they are lost
     */
    public static Result of(AcceptorRecord record, NodeId self, NodeSet lost, long ledger, String person) {
        ClusterState state = record.state();
        if (!state.knows(self, record.recordId())) {
            return Result.refused(("%s had no vote in version %d, so its record may be far behind: revive on one of %s that is"
                    + " left").formatted(self, state.version(), state.voters()));
        }
        if (state.decidedBy(NodeSet.of(self)) || record.alone()) {
            return Result.refused("%s decides alone in version %d already: start it".formatted(self, state.version()));
        }
        NodeSet others = state.voters().without(self);
        if (!lost.minus(others).isEmpty()) {
            return Result.refused("%s had no vote beside %s in version %d, whose voters are %s: name those that are lost"
                    .formatted(lost.minus(others), self, state.version(), state.voters()));
        }
        if (!lost.equals(others)) {
            NodeSet left = others.minus(lost);
            return Result.refused(state.decidedBy(left.with(self))
                    ? "%s and %s decide without %s: start them, and remove the lost with `muster voter remove`"
                            .formatted(self, left, lost)
                    : ("%s voted too and must be named as well: one record alone begins the new ledger; take the newest of those"
                            + " left (`muster ledger show`), the other nodes come back with `muster ledger fresh`")
                            .formatted(left));
        }
        return new Result(Optional.of(revived(record, self, ledger, person)), Optional.empty());
    }

    private static AcceptorRecord revived(AcceptorRecord record, NodeId self, long ledger, String person) {
        ClusterState state = record.state();
        long version = above(state.version());
        Ballot ballot = new Ballot(record.promised().map(Ballot::round).orElse(0L) + 1,
                new Incarnation(self, Math.max(1, state.lastLives().getOrDefault(self, 1L))));
        SortedMap<Incarnation, Departure> departures = departures(state, self, version,
                LedgerEvent.bounded("given up with the ledger before by " + person));
        TreeMap<NodeId, Member> members = new TreeMap<>(state.members());
        members.keySet().removeIf(node -> !node.equals(self));
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        recordIds.put(self, record.recordId());
        ClusterState next = new ClusterState(
                state.cluster(), version, StateCodec.digest(state), Optional.of(ballot), Collections.emptyList(),
                Electorate.majorityOf(NodeSet.of(self)), recordIds, members, departures, state.lastLives(), NodeSet.NONE,
                groups(state, departures), above(state.nextIntent()), above(state.generationFloor()), version,
                state.lapses(), state.fences(), state.barriers(), state.featureLevel(), voting(state, self, ledger));
        return new AcceptorRecord(record.recordId(), Optional.of(ballot), Optional.of(ballot), next);
    }

    /** The policy two-node needs two: a person sets it again when there are two. */
    private static Voting voting(ClusterState state, NodeId self, long ledger) {
        Voting before = state.voting();
        TreeMap<NodeId, Integer> wanted = new TreeMap<>();
        wanted.put(self, 1);
        VotePolicy policy = before.policy() == VotePolicy.TWO_NODE ? VotePolicy.FIXED : before.policy();
        return new Voting(policy, 1, wanted, before.witnesses(), ledger, Optional.empty());
    }

    /** Also of nodes that had left cleanly, as far as is known here: they may have come back in a version that is lost. */
    private static SortedMap<Incarnation, Departure> departures(
            ClusterState state, NodeId self, long version, String reason) {
        TreeMap<Incarnation, Departure> departures = new TreeMap<>(state.departures());
        state.lastLives().forEach((node, life) -> {
            Incarnation last = new Incarnation(node, life);
            Departure known = departures.get(last);
            if (node.equals(self) || known != null && !known.harmless()) {
                return;
            }
            HostProcess process = state.isMember(last) ? state.members().get(node).process()
                    : known == null ? HostProcess.UNKNOWN : known.process();
            departures.put(last, new Departure(last, process, reason, version, Optional.empty()));
        });
        return departures;
    }

    private static SortedMap<GroupName, Group> groups(ClusterState state, SortedMap<Incarnation, Departure> departures) {
        TreeMap<GroupName, Group> groups = new TreeMap<>();
        state.groups().forEach((name, group) -> {
            TreeSet<Incarnation> departed = new TreeSet<>(group.departed());
            departures.values().stream().filter(departure -> !departure.harmless()).map(Departure::who).forEach(departed::add);
            group.members().values().forEach(departed::remove);
            groups.put(name, new Group(name, above(group.generation()), Phase.STOP, group.members(), departed));
        });
        return groups;
    }

    private static long above(long number) {
        return (number / STRIDE + 1) * STRIDE;
    }
}
