package io.muster.ledger;

import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All that the cluster has agreed on, at one version. It changes by {@link Draft} only, one version at a time; each
 * version names its parent by digest and lists the events that made it out of the parent (rules L1, L10).
 *
 * @param cluster    which ledger this is
 * @param version    0 when founded
 * @param parent     digest of the state of {@code version - 1}
 * @param proposedBy the ballot that first proposed this version; empty for version 0
 * @param events     what this version changed
 * @param electorate who decides
 * @param recordIds  the random id of each acceptor's record: a record with another id is another acceptor (rule L8)
 * @param members    who is in, by node
 * @param departures lives that are out and still of concern, and harmless ones that are remembered: see {@link Draft}
 * @param lastLives  the highest life of each node that was ever a member: a lower one is never admitted again
 * @param cleanLeavers nodes whose highest life left as planned: not evicted, and nothing of it to fence
 * @param groups     by name
 * @param nextIntent number of the next fence intent
 * @param generationFloor no new group starts at or below this: the highest generation of any group that ended
 * @param viewChangedAt the last version that changed members or their safety
 * @param lapses     by node: how it went out last without leaving as planned, and how often lately (rule V4)
 * @param fences    what is kept about fences beyond the open ones
 * @param barriers   that were passed
 * @param featureLevel what all of the cluster understands ({@link FeatureLevels}); never falls
 * @param voting     what else is agreed about voting, with the configuration before a change (rules Q1, Q7)
 */
public record ClusterState(
        ClusterId cluster,
        long version,
        Digest parent,
        Optional<Ballot> proposedBy,
        List<LedgerEvent> events,
        Electorate electorate,
        SortedMap<NodeId, Long> recordIds,
        SortedMap<NodeId, Member> members,
        SortedMap<Incarnation, Departure> departures,
        SortedMap<NodeId, Long> lastLives,
        NodeSet cleanLeavers,
        SortedMap<GroupName, Group> groups,
        long nextIntent,
        long generationFloor,
        long viewChangedAt,
        SortedMap<NodeId, Lapse> lapses,
        FenceAccount fences,
        Barriers barriers,
        int featureLevel,
        Voting voting) {

    public static final int GROUPS_LIMIT = 64;
    /** Departed lives that are not harmless, or not recovered from by all their groups. */
    public static final int DEPARTURES_LIMIT = 128;
    /** Departed lives beyond those, that are only remembered; at most one of a node, the oldest are forgotten. */
    public static final int REMEMBERED_LIMIT = 16;
    public static final int EVENTS_LIMIT = 512;
    /** Versions lie at or below this: what comes from outside can never make ours wrap around. */
    public static final long VERSION_LIMIT = 1L << 62;

    public ClusterState {
        events = List.copyOf(events);
        recordIds = Collections.unmodifiableSortedMap(new TreeMap<>(recordIds));
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        departures = Collections.unmodifiableSortedMap(new TreeMap<>(departures));
        lastLives = Collections.unmodifiableSortedMap(new TreeMap<>(lastLives));
        groups = Collections.unmodifiableSortedMap(new TreeMap<>(groups));
        lapses = Collections.unmodifiableSortedMap(new TreeMap<>(lapses));
    }

    /** Version 0: made once, by an explicit act (rule Q8). */
    public static ClusterState founded(ClusterId cluster, Electorate electorate, SortedMap<NodeId, Long> recordIds) {
        return founded(cluster, electorate, recordIds, Voting.of(VotePolicy.FIXED, electorate));
    }

    /** Version 0, with a policy. */
    public static ClusterState founded(
            ClusterId cluster, Electorate electorate, SortedMap<NodeId, Long> recordIds, Voting voting) {
        return new ClusterState(
                cluster, 0, Digest.NONE, Optional.empty(), List.of(), electorate, recordIds,
                Collections.emptySortedMap(), Collections.emptySortedMap(), Collections.emptySortedMap(), NodeSet.NONE,
                Collections.emptySortedMap(), 1, 0, 0, Collections.emptySortedMap(), FenceAccount.EMPTY, Barriers.NONE,
                FeatureLevels.FIRST, voting);
    }

    /** Whether both are versions of one ledger: lost voters that were given up begin a new one (rule Q6). */
    boolean isOf(ClusterState other) {
        return cluster.equals(other.cluster()) && voting.ledger() == other.voting().ledger();
    }

    /** The configuration of this version. */
    public Acceptors acceptors() {
        return new Acceptors(electorate, recordIds);
    }

    /** The configurations that have to agree on this version: its own and, if it changes that, the one before. */
    public List<Acceptors> configurations() {
        List<Acceptors> configurations = new ArrayList<>();
        configurations.add(acceptors());
        voting.previous().ifPresent(configurations::add);
        return List.copyOf(configurations);
    }

    /** Everybody with a vote about this version. */
    public NodeSet voters() {
        NodeSet voters = electorate.acceptors();
        return voting.previous().map(before -> before.nodes().union(voters)).orElse(voters);
    }

    /** Whether these acceptors decide about this version, in each of its configurations (rules Q2, Q3). */
    public boolean decidedBy(NodeSet acceptors) {
        return electorate.isQuorum(acceptors)
                && voting.previous().filter(before -> !before.electorate().isQuorum(acceptors)).isEmpty();
    }

    /** Acceptors that this version adds; none when it does not change who votes (rule Q4). */
    NodeSet newcomers() {
        return voting.previous().map(before -> acceptors().newcomersAfter(before)).orElse(NodeSet.NONE);
    }

    /** Whether this record votes about this version (rule L8). */
    boolean knows(NodeId node, long recordId) {
        Long known = recordIds.get(node);
        return known != null && known == recordId && electorate.votes().containsKey(node)
                || voting.previous().filter(before -> before.knows(node, recordId)).isPresent();
    }

    public boolean isMember(Incarnation who) {
        Member member = members.get(who.node());
        return member != null && member.who().equals(who);
    }

    /** True when this life was a member once and is not any more. */
    public boolean isPast(Incarnation who) {
        return !isMember(who) && lastLives.getOrDefault(who.node(), 0L) >= who.life();
    }

    /** True when every life that left without a word has been made harmless. */
    public boolean safe() {
        return departures.values().stream().allMatch(Departure::harmless);
    }

    public boolean harmless(Incarnation who) {
        Departure departure = departures.get(who);
        return departure == null ? isPast(who) : departure.harmless();
    }

    /**
     * Whether this life, were it to go out now without a word, could have left something half-done behind, or could
     * still do harm: only then does it have to be fenced (rule F9). It can when
     * <ol>
     *   <li>a group has it as a member: it may have locks, open journals and writes under way;
     *   <li>a group still has to recover from it, or it has gone already and is not harmless;
     *   <li>a fence is open: any member may be an actor of it, and an act that comes late hits a new life (rule F7).
     * </ol>
     * A group that it has left is none of them: that was agreed only after its own gate for it was shut and drained
     * (rule R4), as with a planned leave.
     */
    public boolean mayHoldDirtyState(Incarnation who) {
        boolean departed = departures.containsKey(who) && ofConcern(departures.get(who));
        boolean mayAct = departures.values().stream().anyMatch(d -> d.intent().isPresent() && !d.harmless());
        return departed || mayAct || groups.values().stream().anyMatch(
                group -> group.has(who) || group.departed().contains(who));
    }

    /** Whether this departure is not over: it is not harmless, or a group has still to recover from it. */
    public boolean ofConcern(Departure departure) {
        return !departure.harmless() || groups.values().stream().anyMatch(
                group -> group.has(departure.who()) || group.departed().contains(departure.who()));
    }

    /** Whether some departure is not over. */
    public boolean recovering() {
        return departures.values().stream().anyMatch(this::ofConcern);
    }

    public View view() {
        TreeMap<NodeId, Incarnation> lives = new TreeMap<>();
        members.forEach((node, member) -> lives.put(node, member.who()));
        return new View(viewChangedAt, lives, safe());
    }

    /**
     * A group by name. The group {@link GroupName#NODES} is the membership itself (001-3): its generation is the
     * view's version, and it is in STOP while a departed life is not harmless.
     */
    public Optional<Group> group(GroupName name) {
        if (name.equals(GroupName.NODES)) {
            View view = view();
            return Optional.of(new Group(
                    name, view.version(), view.safe() ? Phase.RUNNING : Phase.STOP, view.members(), new TreeSet<>(
                            departures.values().stream().filter(d -> !d.harmless()).map(Departure::who).toList())));
        }
        return Optional.ofNullable(groups.get(name));
    }

    /** The same, with the change of the electorate in it taken as chosen: what the next version is drafted from. */
    ClusterState settled() {
        return voting.previous().isEmpty()
                ? this
                : new ClusterState(
                        cluster, version, parent, proposedBy, events, electorate, recordIds, members, departures,
                        lastLives, cleanLeavers, groups, nextIntent, generationFloor, viewChangedAt, lapses, fences,
                        barriers, featureLevel, voting.with(Optional.empty()));
    }

    /** A draft of the next version. */
    public Draft draft(Ballot ballot) {
        return new Draft(this, ballot);
    }
}
