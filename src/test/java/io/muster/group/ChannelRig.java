package io.muster.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.fence.Chain;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.EvidenceClass;
import io.muster.ledger.Group;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Phase;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.sim.check.SameMessagesSameOrder;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The channels of one group on several nodes over a chain of agreed states: versions reach nodes late or several at
 * once, messages are lost, doubled, late and overtake each other, nodes die in any phase, leave and come in. A phase is
 * reached when every member of the generation has said that it is through, and not before; nothing else is promised.
 */
final class ChannelRig {

    static final GroupName GROUP = new GroupName("files");
    static final TimeBudget TIMES = TimeBudget.lan();
    static final long MS = TimeBudget.MS;

    private record Event(long at, long order, Runnable what) {}

    final Chain chain = new Chain(new io.muster.ledger.Ballot(1, Incarnation.of(1, 1)));
    final SortedMap<NodeId, Node> nodes = new TreeMap<>();
    final SameMessagesSameOrder checker = new SameMessagesSameOrder();
    final SortedMap<String, Integer> counts = new TreeMap<>();
    final List<String> trace = new ArrayList<>();
    final Prng chance;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private long orders;
    private long tickets;
    /** Chance that a message is lost, and that it comes twice; most of the time it takes. */
    double loss;
    double doubled;
    /** As a stream does while it lasts; otherwise messages overtake each other. */
    boolean inOrder = true;
    private final TreeMap<String, Long> lastAt = new TreeMap<>();
    long slowNs = 2 * MS;
    long applyNs = 2 * MS;
    long now;

    ChannelRig(long seed) {
        chance = new Prng(seed);
    }

    /** One life of one node. */
    final class Node {

        final Incarnation self;
        final GroupChannels channels;
        final List<ChannelNews.Delivered> delivered = new ArrayList<>();
        final List<ChannelNews.Settled> settled = new ArrayList<>();
        final List<Held> held = new ArrayList<>();
        int applied;
        boolean alive = true;
        boolean leaving;
        boolean stalled;

        Node(Incarnation self) {
            this.self = self;
            this.channels = new GroupChannels(self, TIMES);
        }

        ClusterState state() {
            return chain.states.get(applied);
        }

        Optional<Group> group() {
            return Optional.ofNullable(state().groups().get(GROUP)).filter(group -> group.has(self));
        }

        void apply(int to) {
            LedgerNews.Applied news = new LedgerNews.Applied(
                    state(), chain.states.get(to), chain.states.get(to).events(), to > applied + 1);
            applied = to;
            group().filter(group -> group.phase() != Phase.STOP && !leaving).ifPresent(group -> checker.stopIsPassed(
                    self, GROUP, group.generation(), List.copyOf(group.members().values())));
            if (group().isEmpty()) {
                leaving = false;
            }
            channels.step(new ChannelInput.Agreed(news), now, outbox);
            List<Held> all = List.copyOf(held);
            held.clear();
            all.forEach(one -> arrived(one.from, one.message));
            sayThrough();
        }

        /** As the recovery does: through STOP only when the channels say so. */
        void sayThrough() {
            group().filter(group -> group.phase() != Phase.RUNNING && !leaving).ifPresent(group -> {
                if (group.phase() != Phase.STOP || channels.isFlushed(GROUP, group.generation())) {
                    after(delay(), () -> through(self, group.generation(), group.phase()));
                }
            });
        }

        void arrived(Incarnation from, ChannelMessage message) {
            if (!alive || state().isPast(from)) {
                return;
            }
            Group group = state().groups().get(GROUP);
            long known = group == null ? state().generationFloor() : group.generation();
            if (message.generation() > known) {
                held.add(new Held(from, message));
            } else if (message.generation() == known && group != null) {
                channels.step(new ChannelInput.Arrived(from, message), now, outbox);
                rearm();
            }
        }

        void send(String text) {
            Bytes content = Bytes.copyOf(text.getBytes(StandardCharsets.UTF_8));
            if (channels.refusal(GROUP, content).isEmpty()) {
                count("sent");
                channels.step(new ChannelInput.SendWanted(GROUP, ++tickets, content), now, outbox);
                rearm();
            } else {
                count("refused");
            }
        }

        void rearm() {
            long at = channels.deadline();
            if (alive && !stalled && at != Long.MAX_VALUE) {
                after(Math.max(0, at - now), () -> {
                    if (alive && !stalled && channels.deadline() <= now) {
                        channels.due(now, outbox);
                        rearm();
                    }
                });
            }
        }

        final Outbox<ChannelNews> outbox = new Outbox<>() {

            @Override
            public void send(NodeId to, Message message) {
                post(Node.this, to, (ChannelMessage) message);
            }

            @Override
            public void cast(NodeId to, int link, Message message) {
                throw new AssertionError("messages to groups do not travel as datagrams");
            }

            @Override
            public void perform(Effect effect) {
                throw new AssertionError("channels perform nothing");
            }

            @Override
            public void announce(ChannelNews news) {
                trace.add("%d ms %s %s".formatted(now / MS, self, news));
                switch (news) {
                    case ChannelNews.Delivered said -> {
                        delivered.add(said);
                        count("delivered");
                        checker.given(self, said.group().text(), said.generation(), said.position(),
                                said.sender().toString(), said.number(),
                                new String(said.content().toArray(), StandardCharsets.UTF_8));
                    }
                    case ChannelNews.Settled told -> {
                        settled.add(told);
                        count(told.fate().toString());
                        checker.settled(self, told.group().text(), told.number(),
                                told.fate().name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'),
                                told.generation(), told.position());
                    }
                    case ChannelNews.Flushed _ -> sayThrough();
                }
            }
        };
    }

    record Held(Incarnation from, ChannelMessage message) {}

    // ---- the world

    Node start(int number) {
        Node former = nodes.get(NodeId.of(number));
        Node node = new Node(Incarnation.of(number, former == null ? 1 : former.self.life() + 1));
        nodes.put(node.self.node(), node);
        agree(new LedgerEvent.MemberJoined(node.self, HostProcess.UNKNOWN));
        return node;
    }

    Node node(int number) {
        return nodes.get(NodeId.of(number));
    }

    Optional<Group> head() {
        return Optional.ofNullable(chain.head().groups().get(GROUP));
    }

    /** @return whether the group let it in */
    boolean join(Node node) {
        Draft draft = chain.draft();
        if (!node.alive || node.leaving || node.applied + 1 < chain.states.size()
                || draft.add(new LedgerEvent.GroupJoined(GROUP, node.self)).isPresent()) {
            return false;
        }
        append(draft);
        return true;
    }

    /** Stopped for good and drained, then out, some time later. */
    void leave(Node node) {
        if (node.alive && !node.leaving && node.group().isPresent()) {
            count("leave");
            node.leaving = true;
            node.channels.leave(GROUP, node.outbox);
            after(delay() + chance.nextLong(50 * MS), () -> {
                if (head().filter(group -> group.has(node.self)).isPresent() && node.alive) {
                    agree(new LedgerEvent.GroupLeft(GROUP, node.self));
                }
            });
        }
    }

    /** Dead at once; put out, lost and made harmless after a while, in one or several versions. */
    void kill(Node node, long noticedNs) {
        if (!node.alive) {
            return;
        }
        count("death in " + head().map(group -> group.phase().toString()).orElse("nothing"));
        trace.add("%d ms %s dies".formatted(now / MS, node.self));
        node.alive = false;
        after(noticedNs, () -> {
            Draft draft = chain.draft();
            draft.add(new LedgerEvent.MemberEvicted(node.self, "dead"));
            if (head().filter(group -> group.has(node.self)).isPresent()) {
                draft.add(new LedgerEvent.GroupLost(GROUP, node.self));
            }
            long intent = chain.head().nextIntent();
            draft.add(new LedgerEvent.FenceIntended(intent, node.self, "dead", chain.ballot));
            append(draft);
            agree(new LedgerEvent.FenceEvidenced(intent, node.self, EvidenceClass.POWER_OFF, "off", NodeId.of(1)));
            phase();
        });
    }

    private final java.util.TreeSet<String> passed = new java.util.TreeSet<>();

    private void through(Incarnation who, long generation, Phase phase) {
        passed.add(who + " " + generation + " " + phase);
        phase();
    }

    private void phase() {
        Optional<Group> group = head();
        if (group.isEmpty() || group.get().phase() == Phase.RUNNING || group.get().members().isEmpty()) {
            return;
        }
        String wanted = group.get().generation() + " " + group.get().phase();
        boolean all = group.get().members().values().stream().allMatch(who -> passed.contains(who + " " + wanted));
        if (all && group.get().departed().stream().allMatch(chain.head()::harmless)) {
            agree(new LedgerEvent.PhaseReached(GROUP, group.get().generation(), group.get().phase().next()));
        }
    }

    void agree(LedgerEvent... what) {
        Draft draft = chain.draft();
        for (LedgerEvent event : what) {
            assertThat(draft.add(event)).as("%s", event).isEmpty();
        }
        append(draft);
    }

    private void append(Draft draft) {
        chain.append(draft);
        trace.add("%d ms v%d %s".formatted(now / MS, chain.head().version(), chain.head().events()));
        checker.chosen(chain.ballot, chain.head());
        nodes.values().forEach(this::applySoon);
    }

    private void applySoon(Node node) {
        after(chance.nextLong(applyNs), () -> {
            int last = chain.states.size() - 1;
            if (node.alive && !node.stalled && node.applied < last) {
                // A member in step sees every phase it takes part in; who lags may get the newest at once.
                node.apply(chance.nextInt(4) == 0 ? last : node.applied + 1);
                node.rearm();
                applySoon(node);
            }
        });
    }

    void stall(Node node, long forNs) {
        node.stalled = true;
        after(forNs, () -> {
            node.stalled = false;
            applySoon(node);
            node.rearm();
        });
    }

    private void post(Node from, NodeId to, ChannelMessage message) {
        if (message instanceof ChannelMessage.Copy) {
            count("copied");
        }
        if (chance.chance(loss)) {
            count("lost");
            return;
        }
        int copies = chance.chance(doubled) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            ChannelMessage copy = throughBytes(message);
            String way = from.self + ">" + to;
            long at = inOrder ? Math.max(now + delay(), lastAt.getOrDefault(way, 0L)) : now + delay();
            lastAt.merge(way, at, Math::max);
            after(at - now, () -> receive(from, to, copy));
        }
    }

    private void receive(Node from, NodeId to, ChannelMessage message) {
        Node target = nodes.get(to);
        if (target.stalled) {
            after(5 * MS, () -> receive(from, to, message));
        } else {
            target.arrived(from.self, message);
        }
    }

    private long delay() {
        return 100_000 + chance.nextLong(slowNs);
    }

    void after(long delayNs, Runnable what) {
        events.add(new Event(now + delayNs, orders++, what));
    }

    void runFor(long spanNs) {
        long until = now + spanNs;
        while (!events.isEmpty() && events.peek().at() <= until) {
            Event next = events.poll();
            now = next.at();
            next.what().run();
        }
        now = until;
    }

    void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private static ChannelMessage throughBytes(ChannelMessage message) {
        try {
            ByteWriter bytes = new ByteWriter();
            new ChannelCodec().encode(message, bytes);
            ByteReader reader = new ByteReader(bytes.toArray());
            ChannelMessage copy = new ChannelCodec().decode(reader);
            reader.end();
            assertThat(copy).isEqualTo(message);
            return copy;
        } catch (MalformedFrame e) {
            throw new AssertionError(message.toString(), e);
        }
    }
}
