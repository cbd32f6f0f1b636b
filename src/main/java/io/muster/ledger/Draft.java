package io.muster.ledger;

import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.VersionRange;
import io.muster.wire.ByteWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The next version in the making: each layer that wants something agreed looks at {@link #state()}, which already
 * shows what the layers before it want, and adds its events. This is also the only place that knows what an event
 * does, so a proposer and a replay of events cannot disagree.
 */
public final class Draft {

    /** Joins and evictions stop here, so that the intents, evidence and phases that end them still fit. */
    static final int GROWTH_LIMIT_BYTES = StateCodec.STATE_LIMIT_BYTES / 4 * 3;

    /** More than any entry of the state has beside what its event brings. */
    private static final int ENTRY_BYTES = 128;

    private final ClusterState base;
    private final Ballot ballot;
    private final List<LedgerEvent> events = new ArrayList<>();
    private ClusterState state;
    private int atMostBytes;

    Draft(ClusterState base, Ballot ballot) {
        this.base = base;
        this.ballot = ballot;
        // The version this is drafted from is chosen, so the configuration before it counts no more (rule Q1).
        this.state = base.settled();
    }

    /** The state as it would be with what was added so far, still under the version it is drafted from. */
    public ClusterState state() {
        return state;
    }

    public Ballot ballot() {
        return ballot;
    }

    public boolean isEmpty() {
        return events.isEmpty();
    }

    /** What was added so far, in order. */
    public List<LedgerEvent> events() {
        return List.copyOf(events);
    }

    /** @return why the event does not fit the state, or empty when it was added */
    public Optional<String> add(LedgerEvent event) {
        if (events.size() >= ClusterState.EVENTS_LIMIT) {
            return Optional.of("a version has at most " + ClusterState.EVENTS_LIMIT + " events");
        }
        Optional<String> refusal = refusal(event);
        if (refusal.isPresent()) {
            return refusal;
        }
        ClusterState before = state;
        events.add(event);
        Changed changed = new Changed(state);
        changed.apply(event);
        state = changed.done(List.copyOf(events));
        // A state that does not fit is refused here, when it is proposed, and not found out by an acceptor (rule L13).
        int limitBytes = grows(event) ? GROWTH_LIMIT_BYTES : StateCodec.STATE_LIMIT_BYTES;
        int lengthBytes = lengthAtMost(event) <= limitBytes ? 0 : StateCodec.lengthOf(whole(Digest.NONE));
        if (lengthBytes > limitBytes) {
            events.removeLast();
            state = before;
            return Optional.of("the state would have %d bytes of %d".formatted(lengthBytes, limitBytes));
        }
        return Optional.empty();
    }

    /** A bound that saves encoding the state for each event: an event stands in the list, and once more where it is kept. */
    private int lengthAtMost(LedgerEvent added) {
        ByteWriter event = new ByteWriter();
        EventCodec.encode(added, event);
        if (atMostBytes == 0) {
            atMostBytes = StateCodec.lengthOf(base);
        }
        atMostBytes += 2 * event.length() + ENTRY_BYTES;
        return atMostBytes;
    }

    /** Whether this takes room for good; the others end something, now or later, and need room to do so. */
    private static boolean grows(LedgerEvent event) {
        return switch (event) {
            case LedgerEvent.MemberJoined _, LedgerEvent.MemberEvicted _, LedgerEvent.GroupJoined _ -> true;
            case LedgerEvent.MemberLeft _, LedgerEvent.FenceIntended _, LedgerEvent.FenceEvidenced _,
                    LedgerEvent.FenceVoided _, LedgerEvent.GroupLeft _, LedgerEvent.GroupLost _,
                    LedgerEvent.PhaseReached _, LedgerEvent.MemberDropped _, LedgerEvent.FenceWindowPassed _,
                    LedgerEvent.FencingOpened _, LedgerEvent.AccessWanted _, LedgerEvent.AccessGranted _,
                    LedgerEvent.BarrierPassed _, LedgerEvent.FeaturesTold _, LedgerEvent.FeatureRaised _,
                    LedgerEvent.ElectorateChanged _, LedgerEvent.ElectorateSettled _, LedgerEvent.WentAlone _ -> false;
        };
    }

    /** The whole next version, with its parent named. */
    public ClusterState whole(Digest parent) {
        Invariant.holds(!events.isEmpty(), "a version without events on version %d", base.version());
        return new ClusterState(
                base.cluster(), base.version() + 1, parent, Optional.of(ballot), events, state.electorate(),
                state.recordIds(), state.members(), state.departures(), state.lastLives(), state.cleanLeavers(),
                state.groups(), state.nextIntent(), state.generationFloor(), state.viewChangedAt(), state.lapses(),
                state.fences(), state.barriers(), state.featureLevel(), state.voting());
    }

    /** The state this is drafted from. */
    ClusterState base() {
        return base;
    }

    private Optional<String> refusal(LedgerEvent event) {
        return switch (event) {
            case LedgerEvent.MemberJoined(Incarnation who, _) -> refuseJoin(who);
            case LedgerEvent.MemberLeft(Incarnation who) -> {
                if (!state.isMember(who)) {
                    yield Optional.of(who + " is not a member");
                }
                yield state.groups().values().stream().anyMatch(group -> group.has(who))
                        ? Optional.of(who + " is still in a group")
                        : Optional.empty();
            }
            case LedgerEvent.MemberEvicted(Incarnation who, _) -> {
                if (!state.isMember(who)) {
                    yield Optional.of(who + " is not a member");
                }
                yield unless(state.departures().values().stream().filter(state::ofConcern).count()
                                < ClusterState.DEPARTURES_LIMIT,
                        "%d departed lives are of concern already".formatted(ClusterState.DEPARTURES_LIMIT));
            }
            case LedgerEvent.FenceIntended(long id, Incarnation who, _, _) -> {
                Departure departure = state.departures().get(who);
                yield unless(departure != null && departure.intent().isEmpty() && id == state.nextIntent(),
                        "intent %d against %s does not fit".formatted(id, who));
            }
            case LedgerEvent.FenceEvidenced(long id, Incarnation who, _, _, _) -> {
                if (!hasIntent(who, id) || state.harmless(who)) {
                    yield Optional.of("no open intent %d against %s".formatted(id, who));
                }
                // What was observed before the intent was chosen is no evidence (rule F2). Of two, the one that goes on
                // alone had the intent in its own record instead (rule T8).
                yield unless(events.contains(new LedgerEvent.WentAlone(who))
                        || state.departures().get(who).intent().orElseThrow().agreedAt() <= base.version(),
                        "intent %d against %s is not chosen yet".formatted(id, who));
            }
            case LedgerEvent.FenceVoided(long id, Incarnation who, _) ->
                unless(hasIntent(who, id) && state.harmless(who), "no evidence of intent %d to void".formatted(id));
            case LedgerEvent.GroupJoined(GroupName name, Incarnation who) -> refuseGroupJoin(name, who);
            case LedgerEvent.GroupLeft(GroupName name, Incarnation who) ->
                // A departed life is lost to the group, never left: otherwise nobody would recover from it.
                unless(inGroup(name, who) && state.isMember(who), "%s is no member in group %s".formatted(who, name));
            case LedgerEvent.GroupLost(GroupName name, Incarnation who) ->
                unless(inGroup(name, who) && state.departures().containsKey(who),
                        "%s is not a departed life in group %s".formatted(who, name));
            case LedgerEvent.PhaseReached(GroupName name, long generation, Phase phase) -> {
                Group group = state.groups().get(name);
                if (group == null || group.generation() != generation || group.phase() == Phase.RUNNING
                        || group.phase().next() != phase || group.members().isEmpty()) {
                    yield Optional.of("group %s is not about to reach %s of generation %d".formatted(
                            name, phase, generation));
                }
                if (!group.members().values().stream().allMatch(state::isMember)) {
                    yield Optional.of("group %s has a departed life to lose first".formatted(name));
                }
                yield unless(group.departed().stream().allMatch(state::harmless),
                        "not all departed of group %s are harmless".formatted(name));
            }
            case LedgerEvent.MemberDropped(Incarnation who, _) -> {
                if (!state.isMember(who)) {
                    yield Optional.of(who + " is not a member");
                }
                yield unless(!state.mayHoldDirtyState(who), who + " may hold dirty state and has to be fenced");
            }
            case LedgerEvent.FenceWindowPassed(long upTo) ->
                unless(state.fences().counted().values().stream().anyMatch(intent -> intent <= upTo),
                        "no fence up to intent %d counts".formatted(upTo));
            case LedgerEvent.FencingOpened _ -> Optional.empty();
            case LedgerEvent.AccessWanted(Incarnation who) ->
                unless(state.isMember(who) && !state.fences().locked().contains(who), who + " needs no access");
            case LedgerEvent.AccessGranted(Incarnation who, _, _) ->
                unless(state.fences().locked().contains(who), who + " waits for no access");
            case LedgerEvent.BarrierPassed(BarrierName barrier, long generation, NodeSet members) -> {
                Optional<Group> group = state.group(barrier.group());
                yield unless(group.isPresent() && group.get().generation() == generation && !members.isEmpty()
                                && group.get().phase() == Phase.RUNNING && group.get().nodes().equals(members),
                        "barrier %s is not about to be passed by %s in generation %d".formatted(
                                barrier, members, generation));
            }
            case LedgerEvent.FeaturesTold(Incarnation who, VersionRange features) -> state.isMember(who)
                    ? FeatureLevels.refusal(state, features)
                    : Optional.of(who + " is not a member");
            case LedgerEvent.FeatureRaised(int level) -> FeatureLevels.refusal(state, level);
            case LedgerEvent.ElectorateChanged change -> VotingRules.refuseChange(base, state, events, change);
            case LedgerEvent.ElectorateSettled() ->
                unless(base.voting().previous().isPresent(), "there is no change of the electorate to settle");
            case LedgerEvent.WentAlone(Incarnation lost) -> VotingRules.refuseAlone(state, events, ballot, lost);
        };
    }

    private Optional<String> refuseJoin(Incarnation who) {
        if (state.members().containsKey(who.node())) {
            return Optional.of("%s is a member".formatted(state.members().get(who.node()).who()));
        }
        if (state.lastLives().getOrDefault(who.node(), 0L) >= who.life()) {
            return Optional.of(who + " was a member before");
        }
        // An act against the former life may still hit the new one (rule F7), so the fence has to end first. With
        // nobody in, nobody could end it: the first one in is admitted with the fence open.
        boolean formerOpen = state.departures().values().stream()
                .anyMatch(d -> d.who().node().equals(who.node()) && !d.harmless());
        return unless(!formerOpen || state.members().isEmpty(), "a former life of %s is not harmless".formatted(who));
    }

    private Optional<String> refuseGroupJoin(GroupName name, Incarnation who) {
        if (name.equals(GroupName.NODES)) {
            return Optional.of("group nodes is the membership itself");
        }
        if (!state.isMember(who)) {
            return Optional.of(who + " is not a member");
        }
        if (state.fences().locked().contains(who)) {
            return Optional.of("the access of %s is not switched on yet".formatted(who));
        }
        if (state.voting().witnesses().contains(who.node())) {
            return Optional.of("%s is a witness: it votes and is in no group".formatted(who.node()));
        }
        Group group = state.groups().get(name);
        if (group == null) {
            return unless(state.groups().size() < ClusterState.GROUPS_LIMIT,
                    "there are %d groups already".formatted(ClusterState.GROUPS_LIMIT));
        }
        if (group.members().containsKey(who.node())) {
            return Optional.of("%s is in group %s".formatted(group.members().get(who.node()), name));
        }
        return unless(group.phase() == Phase.RUNNING || group.members().isEmpty(),
                "group %s is recovering".formatted(name));
    }

    private boolean hasIntent(Incarnation who, long id) {
        Departure departure = state.departures().get(who);
        return departure != null && departure.intent().isPresent() && departure.intent().get().id() == id;
    }

    private boolean inGroup(GroupName name, Incarnation who) {
        Group group = state.groups().get(name);
        return group != null && group.has(who);
    }

    private static Optional<String> unless(boolean fits, String refusal) {
        return fits ? Optional.empty() : Optional.of(refusal);
    }

    /** The maps of a state while one event is applied to them. */
    private static final class Changed {

        private final ClusterState from;
        private final long version;
        private final SortedMap<NodeId, Member> members;
        private final SortedMap<Incarnation, Departure> departures;
        private final SortedMap<NodeId, Long> lastLives;
        private final SortedMap<GroupName, Group> groups;
        private final SortedMap<NodeId, Lapse> lapses;
        private NodeSet cleanLeavers;
        private long nextIntent;
        private long generationFloor;
        private Acceptors acceptors;
        private Voting voting;
        private boolean viewChanged;
        private FenceAccount fences;
        private Barriers barriers;
        private int featureLevel;

        Changed(ClusterState from) {
            this.from = from;
            this.version = from.version() + 1;
            this.members = new TreeMap<>(from.members());
            this.departures = new TreeMap<>(from.departures());
            this.lastLives = new TreeMap<>(from.lastLives());
            this.groups = new TreeMap<>(from.groups());
            this.lapses = new TreeMap<>(from.lapses());
            this.cleanLeavers = from.cleanLeavers();
            this.nextIntent = from.nextIntent();
            this.generationFloor = from.generationFloor();
            this.fences = from.fences();
            this.barriers = from.barriers();
            this.featureLevel = from.featureLevel();
            this.acceptors = from.acceptors();
            this.voting = from.voting();
        }

        void apply(LedgerEvent event) {
            fences = fences.after(event, version);
            switch (event) {
                case LedgerEvent.MemberJoined(Incarnation who, var process) -> {
                    members.put(who.node(), new Member(who, process, version));
                    lastLives.put(who.node(), who.life());
                    cleanLeavers = cleanLeavers.without(who.node());
                    viewChanged = true;
                }
                case LedgerEvent.MemberLeft(Incarnation who) -> {
                    members.remove(who.node());
                    cleanLeavers = cleanLeavers.with(who.node());
                    lapses.remove(who.node());
                    viewChanged = true;
                }
                case LedgerEvent.MemberEvicted(Incarnation who, String reason) -> {
                    Member member = members.remove(who.node());
                    departures.put(who, new Departure(who, member.process(), reason, version, Optional.empty()));
                    lapsed(who, true);
                    viewChanged = true;
                }
                case LedgerEvent.MemberDropped(Incarnation who, _) -> {
                    members.remove(who.node());
                    lapsed(who, false);
                    viewChanged = true;
                }
                case LedgerEvent.FenceIntended(long id, Incarnation who, String reason, Ballot begun) -> {
                    nextIntent = id + 1;
                    withIntent(who, new FenceIntent(id, reason, begun, version, Optional.empty()));
                }
                case LedgerEvent.FenceEvidenced(_, Incarnation who, var evidence, String proof, NodeId actor) -> {
                    FenceIntent intent = departures.get(who).intent().orElseThrow();
                    withIntent(who, new FenceIntent(intent.id(), intent.reason(), intent.begun(), intent.agreedAt(),
                            Optional.of(new Evidence(evidence, proof, actor, version))));
                    viewChanged = true;
                }
                case LedgerEvent.FenceVoided(_, Incarnation who, _) -> voided(who);
                case LedgerEvent.GroupJoined(GroupName name, Incarnation who) -> {
                    Group group = groups.getOrDefault(name, new Group(
                            name, generationFloor, Phase.RUNNING, new TreeMap<>(), new TreeSet<>()));
                    TreeMap<NodeId, Incarnation> lives = new TreeMap<>(group.members());
                    lives.put(who.node(), who);
                    regenerate(group, lives, group.departed());
                }
                case LedgerEvent.GroupLeft(GroupName name, Incarnation who) -> {
                    Group group = groups.get(name);
                    regenerate(group, without(group, who), group.departed());
                }
                case LedgerEvent.GroupLost(GroupName name, Incarnation who) -> {
                    Group group = groups.get(name);
                    TreeSet<Incarnation> departed = new TreeSet<>(group.departed());
                    departed.add(who);
                    regenerate(group, without(group, who), departed);
                }
                case LedgerEvent.PhaseReached(GroupName name, long generation, Phase phase) -> {
                    Group group = groups.get(name);
                    SortedSet<Incarnation> departed = phase == Phase.RESUME ? new TreeSet<>() : group.departed();
                    groups.put(name, new Group(name, generation, phase, group.members(), departed));
                    group.departed().stream().filter(who -> !departed.contains(who))
                            .forEach(who -> recovered(who, name));
                }
                case LedgerEvent.FenceWindowPassed _, LedgerEvent.FencingOpened _, LedgerEvent.AccessWanted _,
                        LedgerEvent.AccessGranted _ -> { /* of the account of fences alone */ }
                case LedgerEvent.BarrierPassed(BarrierName barrier, long generation, NodeSet passedBy) ->
                    barriers = barriers.with(barrier, new Barriers.Passage(version, generation, passedBy));
                case LedgerEvent.FeaturesTold(Incarnation who, VersionRange features) -> members.computeIfPresent(
                        who.node(), (_, member) -> new Member(who, member.process(), member.joinedAt(), features));
                case LedgerEvent.FeatureRaised(int level) -> featureLevel = level;
                case LedgerEvent.ElectorateChanged(Acceptors changed, Voting next, _) -> {
                    voting = next.with(Optional.of(acceptors));
                    acceptors = changed;
                }
                case LedgerEvent.ElectorateSettled _ -> { /* every version settles the one before it */ }
                case LedgerEvent.WentAlone(Incarnation lost) -> {
                    voting = voting.with(Optional.of(acceptors));
                    acceptors = VotingRules.without(acceptors, lost.node());
                }
            }
            forgetWhatIsOver();
        }

        ClusterState done(List<LedgerEvent> events) {
            return new ClusterState(
                    from.cluster(), from.version(), from.parent(), from.proposedBy(), events, acceptors.electorate(),
                    acceptors.recordIds(), members, departures, lastLives, cleanLeavers, groups, nextIntent,
                    generationFloor, viewChanged ? version : from.viewChangedAt(), lapses, fences, barriers,
                    featureLevel, voting);
        }

        private void lapsed(Incarnation who, boolean fenced) {
            lapses.compute(who.node(), (_, before) -> before == null
                    ? new Lapse(who.life(), fenced, 1, version)
                    : before.again(who.life(), fenced, version));
        }

        private void recovered(Incarnation who, GroupName group) {
            Departure d = departures.get(who);
            TreeSet<GroupName> by = new TreeSet<>(d.recoveredBy());
            by.add(group);
            departures.put(who, new Departure(who, d.process(), d.reason(), d.evictedAt(), d.intent(), by));
        }

        private void withIntent(Incarnation who, FenceIntent intent) {
            Departure d = departures.get(who);
            departures.put(who, new Departure(
                    who, d.process(), d.reason(), d.evictedAt(), Optional.of(intent), d.recoveredBy()));
        }

        /**
         * Whatever was rebuilt on the word that this life is harmless has to be rebuilt again: also by groups that were
         * through with it, as it may have written since (rule F10).
         */
        private void voided(Incarnation who) {
            FenceIntent intent = departures.get(who).intent().orElseThrow();
            SortedSet<GroupName> recoveredBy = departures.get(who).recoveredBy();
            // Agreed anew in this version: what was observed or acknowledged before it counts no more (rule F4).
            withIntent(who, new FenceIntent(intent.id(), intent.reason(), intent.begun(), version, Optional.empty()));
            viewChanged = true;
            for (Group group : List.copyOf(groups.values())) {
                if (group.departed().contains(who) || recoveredBy.contains(group.name())) {
                    TreeSet<Incarnation> departed = new TreeSet<>(group.departed());
                    departed.add(who);
                    regenerate(group, group.members(), departed);
                }
            }
        }

        private void regenerate(Group group, SortedMap<NodeId, Incarnation> lives, SortedSet<Incarnation> departed) {
            if (lives.isEmpty() && departed.isEmpty()) {
                groups.remove(group.name());
                // A group of that name made later must never meet messages of its own generation from this life.
                generationFloor = Math.max(generationFloor, group.generation());
            } else {
                groups.put(group.name(), new Group(group.name(), group.generation() + 1, Phase.STOP, lives, departed));
            }
        }

        private static SortedMap<NodeId, Incarnation> without(Group group, Incarnation who) {
            TreeMap<NodeId, Incarnation> lives = new TreeMap<>(group.members());
            lives.remove(who.node());
            return lives;
        }

        /**
         * A departure is over when it is harmless and no group has it as a member or to recover from. It is remembered
         * until a newer life of its node is in, so that a sign of life of it voids its evidence even then (rule F10).
         */
        private void forgetWhatIsOver() {
            List<Departure> over = departures.values().stream()
                    .filter(d -> d.harmless() && groups.values().stream()
                            .noneMatch(group -> group.has(d.who()) || group.departed().contains(d.who())))
                    .sorted(Comparator.comparing(Departure::evictedAt).thenComparing(Departure::who))
                    .toList();
            int tooMany = over.size() - ClusterState.REMEMBERED_LIMIT;
            for (Departure departure : over) {
                NodeId node = departure.who().node();
                boolean outlived = members.containsKey(node)
                        || lastLives.getOrDefault(node, 0L) > departure.who().life();
                if (outlived || tooMany > 0) {
                    departures.remove(departure.who());
                    tooMany--;
                }
            }
        }
    }
}
