package io.muster.group;

import io.muster.base.Bytes;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.TimeBudget;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerNews;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Messages to groups, on one node: whatever a member says, all members of that generation are given in the same order,
 * and all survivors the same of it before STOP of the next generation is through; nothing of an older generation is
 * given out from LOCKS of a newer one on. {@link Channel} is one group.
 *
 * <p>It relies on the recovery: STOP may be answered only once {@link #isFlushed} says so.
 */
public final class GroupChannels implements Machine<ChannelInput, ChannelNews> {

    /** The longest message. */
    public static final int CONTENT_LIMIT_BYTES = 4_096;

    /** Messages of a generation that have a position and that not all members have; then the order waits. */
    public static final int WINDOW = 64;

    /** Messages that a node has said to one group and does not know the fate of; then more are refused. */
    public static final int PENDING_LIMIT = 64;

    /** Messages that wait for a position where they are ordered; what does not fit is told again by its sender. */
    static final int WAITING_LIMIT = 256;

    /** Messages that a member keeps; a peer that follows the rules never has it keep more than a window. */
    static final int KEPT_LIMIT = 2 * WINDOW;

    /** What waits for less than this many tellings is on its way and needs no explaining. */
    static final int PATIENCE_TELLINGS = 5;

    private final Incarnation self;
    private final TimeBudget times;
    private final SortedMap<GroupName, Channel> channels = new TreeMap<>();
    private long lastNumber;
    private Outbox<ChannelNews> driver;

    public GroupChannels(Incarnation self, TimeBudget times) {
        this.self = self;
        this.times = times;
    }

    @Override
    public void step(ChannelInput input, long now, Outbox<ChannelNews> out) {
        driver = out;
        switch (input) {
            case ChannelInput.Arrived(Incarnation from, ChannelMessage message) ->
                of(message.group()).ifPresent(channel -> channel.arrived(from, message, now));
            case ChannelInput.Agreed(LedgerNews.Applied(_, ClusterState state, _, _)) -> follow(state, now);
            case ChannelInput.Agreed _ -> { /* who leads is nothing to messages: the lowest member orders them */ }
            case ChannelInput.SendWanted(GroupName group, long ticket, Bytes content) -> {
                if (refusal(group, content).isEmpty()) {
                    channels.get(group).send(ticket, ++lastNumber, content, now);
                }
            }
        }
        tell(now);
    }

    @Override
    public void due(long now, Outbox<ChannelNews> out) {
        driver = out;
        tell(now);
    }

    @Override
    public long deadline() {
        long next = NEVER;
        for (Channel channel : channels.values()) {
            next = Math.min(next, channel.deadline());
        }
        return next;
    }

    /** Why a message is not taken, or empty when it is. */
    public Optional<String> refusal(GroupName group, Bytes content) {
        if (content.length() > CONTENT_LIMIT_BYTES) {
            return Optional.of("a message of %d bytes; at most %d".formatted(content.length(), CONTENT_LIMIT_BYTES));
        }
        if (group.equals(GroupName.NODES)) {
            return Optional.of("group nodes is the membership itself and carries no messages: let the nodes join a group");
        }
        return of(group).isEmpty() ? Optional.of("this node is not in group " + group) : of(group).get().refusal();
    }

    /** The services of this node stop for good in this group (rule R4): nothing of it is told or given out any more. */
    public void leave(GroupName group, Outbox<ChannelNews> out) {
        driver = out;
        of(group).ifPresent(Channel::leave);
    }

    /** Whether this node may be called through STOP of this generation. */
    public boolean isFlushed(GroupName group, long generation) {
        return of(group).filter(channel -> !channel.isFlushed(generation)).isEmpty();
    }

    /** What has waited for so long that people may ask why. */
    public List<ChannelWait> waiting(long now) {
        List<ChannelWait> waits = new ArrayList<>();
        channels.values().forEach(channel -> channel.waiting(now).ifPresent(waits::add));
        return List.copyOf(waits);
    }

    /** Mixes what decides the next steps into a trace hash. */
    public void digest(Hash64 into) {
        into.add(lastNumber);
        channels.values().forEach(channel -> channel.digest(into));
    }

    private Optional<Channel> of(GroupName group) {
        return Optional.ofNullable(channels.get(group));
    }

    private void follow(ClusterState state, long now) {
        channels.entrySet().removeIf(entry -> {
            boolean in = isIn(state, state.groups().get(entry.getKey()));
            if (!in) {
                entry.getValue().gone();
            }
            return !in;
        });
        for (Group group : state.groups().values()) {
            if (isIn(state, group)) {
                channels.computeIfAbsent(group.name(), name -> new Channel(name, self, times, forward))
                        .shown(group, now);
            }
        }
    }

    private boolean isIn(ClusterState state, Group group) {
        return group != null && group.has(self) && state.isMember(self);
    }

    private void tell(long now) {
        channels.values().forEach(channel -> channel.due(now));
    }

    /** To whoever drives this step. */
    private final Outbox<ChannelNews> forward = new Outbox<>() {

        @Override
        public void send(NodeId to, Message message) {
            driver.send(to, message);
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            driver.cast(to, link, message);
        }

        @Override
        public void perform(Effect effect) {
            driver.perform(effect);
        }

        @Override
        public void announce(ChannelNews news) {
            driver.announce(news);
        }
    };
}
