package io.muster.group;

import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Proposer;
import io.muster.ledger.Standing;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Keeps this node's wishes about groups until the agreed state shows them, and on the leader turns asks and evictions
 * into events: joins and leaves in the order they arrive, and a loss for each group of an evicted life, in the very
 * version that evicts it. What a group looks like is read from the state alone; the group {@link GroupName#NODES} is
 * the membership (001-3) and is served by {@link ClusterState#group} like any other.
 */
public final class GroupManager implements Machine<GroupInput, GroupNews>, Proposer {

    /** Wishes that may wait on one node. */
    public static final int WISHES_LIMIT = ClusterState.GROUPS_LIMIT;

    /** Asks that the leader keeps; what does not fit is told again. */
    public static final int ASKS_LIMIT = ClusterState.GROUPS_LIMIT * (NodeId.LIMIT - 1);

    private record AskKey(Incarnation from, GroupName group) {}

    private final Incarnation self;
    private final TimeBudget times;
    /** Group to whether this node wants in (true) or out. */
    private final SortedMap<GroupName, Boolean> wishes = new TreeMap<>();
    /** In order of arrival; a newer ask about the same group keeps the place of the older one. */
    private final SequencedMap<AskKey, GroupMessage> asks = new LinkedHashMap<>();
    private Standing standing = Standing.NONE;
    private long askAt;

    public GroupManager(Incarnation self, TimeBudget times, long now) {
        this.self = self;
        this.times = times;
        this.askAt = now;
    }

    @Override
    public void step(GroupInput input, long now, Outbox<GroupNews> out) {
        switch (input) {
            case GroupInput.Arrived(Incarnation from, GroupMessage message) -> take(from, message);
            case GroupInput.Agreed(LedgerNews news) -> agreed(news, now, out);
            case GroupInput.JoinWanted(GroupName group) -> wish(group, true, now);
            case GroupInput.LeaveWanted(GroupName group) -> wish(group, false, now);
        }
        tellWishes(now, out);
    }

    @Override
    public void due(long now, Outbox<GroupNews> out) {
        tellWishes(now, out);
    }

    @Override
    public long deadline() {
        return wishes.isEmpty() || standing.leader().isEmpty() || standing.state().isEmpty() ? NEVER : askAt;
    }

    @Override
    public void wants(Draft draft, long now) {
        for (Group group : List.copyOf(draft.state().groups().values())) {
            for (Incarnation who : group.members().values()) {
                if (draft.state().departures().containsKey(who)) {
                    draft.add(new LedgerEvent.GroupLost(group.name(), who));
                }
            }
        }
        if (standing.state().isEmpty()) {
            return;
        }
        ClusterState state = standing.state().get();
        asks.forEach((key, ask) -> {
            // A draft refuses what does not fit now, as joining a group that recovers (rule R10); the ask stays.
            switch (ask) {
                case GroupMessage.JoinAsk(GroupName group, long generation) when generation == seen(group, state) ->
                    draft.add(new LedgerEvent.GroupJoined(group, key.from()));
                case GroupMessage.LeaveAsk(GroupName group, long generation) when generation == seen(group, state) ->
                    draft.add(new LedgerEvent.GroupLeft(group, key.from()));
                case GroupMessage.JoinAsk _, GroupMessage.LeaveAsk _ -> { /* its sender will see the newer one */ }
            }
        });
    }

    /** Why a wish about this group would not be kept, or empty when it would. */
    public Optional<String> refusal(GroupName group) {
        if (group.equals(GroupName.NODES)) {
            return Optional.of("group nodes is the membership itself; it is neither joined nor left by hand");
        }
        return wishes.containsKey(group) || wishes.size() < WISHES_LIMIT
                ? Optional.empty()
                : Optional.of("%d wishes about groups wait already".formatted(WISHES_LIMIT));
    }

    /** The wishes that wait, and for what. */
    public List<GroupWish> waiting() {
        List<GroupWish> waiting = new ArrayList<>();
        wishes.forEach((group, join) -> waiting.add(new GroupWish(group, join, why(group, join))));
        return List.copyOf(waiting);
    }

    /** Mixes what decides the next steps into a trace hash. */
    public void digest(Hash64 into) {
        into.add(askAt).add(asks.size());
        wishes.forEach((group, join) -> into.add(group.text()).add(join ? 1 : 0));
    }

    private void wish(GroupName group, boolean join, long now) {
        if (refusal(group).isEmpty()) {
            wishes.put(group, join);
            askAt = now;
            standing.state().ifPresent(this::forgetWhatIsShown);
        }
    }

    private void agreed(LedgerNews news, long now, Outbox<GroupNews> out) {
        Standing before = standing;
        standing = standing.after(news);
        if (!standing.leading().equals(before.leading())) {
            asks.clear();
        }
        if (!standing.ballot().equals(before.ballot())) {
            askAt = now;
        }
        switch (news) {
            case LedgerNews.Applied(_, ClusterState state, _, _) -> {
                announce(before.state(), state, out);
                forgetWhatIsShown(state);
                asks.keySet().removeIf(key -> !state.isMember(key.from()));
                asks.entrySet().removeIf(entry -> isShown(
                        state, entry.getKey(), entry.getValue() instanceof GroupMessage.JoinAsk));
                // An ask names the generation it saw: where that moved on, the leader needs a fresh one now.
                boolean moved = wishes.keySet().stream().anyMatch(group ->
                        before.state().isEmpty() || seen(group, before.state().get()) != seen(group, state));
                askAt = moved ? now : askAt;
            }
            case LedgerNews.Leading _, LedgerNews.NotLeading _, LedgerNews.Following _ -> { /* taken in above */ }
            case LedgerNews.Proven _, LedgerNews.RecordFailed _, LedgerNews.LoneNoted _ -> { /* nothing about groups */ }
        }
    }

    /** What changed of the groups that this node is in, or was in. */
    private void announce(Optional<ClusterState> before, ClusterState now, Outbox<GroupNews> out) {
        SortedMap<GroupName, Group> groups = new TreeMap<>(now.groups());
        before.ifPresent(state -> state.groups().forEach(groups::putIfAbsent));
        for (GroupName name : groups.keySet()) {
            Group then = before.map(state -> state.groups().get(name)).orElse(null);
            Group here = now.groups().get(name);
            boolean in = here != null && here.has(self);
            if (in && !here.equals(then)) {
                out.announce(new GroupNews.GroupChanged(here, now.version()));
            } else if (!in && then != null && then.has(self)) {
                out.announce(new GroupNews.GroupClosed(name));
            }
        }
    }

    private void take(Incarnation from, GroupMessage message) {
        boolean ofMember = standing.state().filter(state -> state.isMember(from)).isPresent();
        GroupName group = switch (message) {
            case GroupMessage.JoinAsk ask -> ask.group();
            case GroupMessage.LeaveAsk ask -> ask.group();
        };
        AskKey key = new AskKey(from, group);
        if (standing.leading().isPresent() && ofMember && (asks.containsKey(key) || asks.size() < ASKS_LIMIT)) {
            asks.put(key, message);
        }
    }

    private void tellWishes(long now, Outbox<GroupNews> out) {
        if (now < askAt || wishes.isEmpty() || standing.leader().isEmpty() || standing.state().isEmpty()) {
            return;
        }
        askAt = now + times.askNs();
        Incarnation leader = standing.leader().get();
        for (Map.Entry<GroupName, Boolean> wish : wishes.entrySet()) {
            long generation = seen(wish.getKey(), standing.state().get());
            GroupMessage ask = wish.getValue()
                    ? new GroupMessage.JoinAsk(wish.getKey(), generation)
                    : new GroupMessage.LeaveAsk(wish.getKey(), generation);
            if (leader.equals(self)) {
                take(self, ask);
            } else {
                out.send(leader.node(), ask);
            }
        }
    }

    private void forgetWhatIsShown(ClusterState state) {
        wishes.entrySet().removeIf(wish -> isShown(state, new AskKey(self, wish.getKey()), wish.getValue()));
    }

    private static boolean isShown(ClusterState state, AskKey key, boolean join) {
        Group group = state.groups().get(key.group());
        boolean in = group != null && group.has(key.from());
        return in == join;
    }

    /** The generation that an ask about this group has to name. */
    private static long seen(GroupName name, ClusterState state) {
        Group group = state.groups().get(name);
        return group == null ? state.generationFloor() : group.generation();
    }

    private String why(GroupName group, boolean join) {
        if (standing.state().isEmpty() || !standing.state().get().isMember(self)) {
            return "this node is not a member";
        }
        ClusterState state = standing.state().get();
        if (standing.leader().isEmpty()) {
            return "no leader is known";
        }
        LedgerEvent wanted = join ? new LedgerEvent.GroupJoined(group, self) : new LedgerEvent.GroupLeft(group, self);
        // Asked of a draft that nobody will propose: what fits is known there and nowhere else.
        Optional<String> refusal = state.draft(new Ballot(1, self)).add(wanted);
        Group known = state.groups().get(group);
        if (refusal.isPresent() && known != null && join && !known.members().containsKey(self.node())) {
            return "group %s is recovering generation %d, in %s".formatted(group, known.generation(), known.phase());
        }
        return refusal.orElse("%s was asked and a quorum has to agree".formatted(standing.leader().get().node()));
    }
}
