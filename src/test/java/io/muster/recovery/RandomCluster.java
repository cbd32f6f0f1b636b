package io.muster.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.fence.Chain;
import io.muster.fence.FenceCodec;
import io.muster.fence.FenceMessage;
import io.muster.group.GroupCodec;
import io.muster.group.GroupMessage;
import io.muster.ledger.Ballot;
import io.muster.ledger.ClusterState;
import io.muster.ledger.Draft;
import io.muster.ledger.GroupName;
import io.muster.ledger.LedgerEvent;
import io.muster.ledger.LedgerNews;
import io.muster.ledger.Member;
import io.muster.ledger.Phase;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.Codec;
import io.muster.wire.MalformedFrame;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * The three machines on several nodes over one chain of agreed states, driven by a seed: versions reach nodes late or
 * several at once, messages are lost, doubled and late, leaders change, fences fail, hang, lie and end late,
 * participants are slow, fail or never answer. What must always hold is checked in the place where it would break.
 */
final class RandomCluster {

    static final TimeBudget TIMES = TimeBudget.lan();
    static final long MS = TimeBudget.MS;
    static final List<GroupName> GROUPS = List.of(new GroupName("files"), new GroupName("locks"));

    private record Event(long at, long order, Runnable what) {}

    /** A word said by one life about one phase of one generation: what barriers are made of. */
    record Passed(GroupName group, long generation, Phase phase, Incarnation who) {}

    final Prng chance;
    final SortedMap<NodeId, ClusterRunNode> nodes = new TreeMap<>();
    /** Lives that some device called off although they were not: only these may be alive and harmless. */
    final TreeSet<Incarnation> lied = new TreeSet<>();
    final Set<Passed> passed = new HashSet<>();
    final SortedMap<String, Integer> counts = new TreeMap<>();
    final List<String> trace = new LinkedList<>();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private final SortedMap<NodeId, List<String>> methods = new TreeMap<>();
    private final Chain chain;
    private final TreeSet<Incarnation> evictWanted = new TreeSet<>();
    private Optional<ClusterRunNode> leader = Optional.empty();
    private long orders;
    private boolean proposing;
    boolean faults = true;
    long now;
    private long lookAt;

    RandomCluster(long seed) {
        chance = new Prng(seed);
        int size = 2 + chance.nextInt(4);
        chain = Chain.of(size);
        for (int i = 1; i <= size; i++) {
            methods.put(NodeId.of(i), List.of("power", "switch", "manual"));
        }
        for (int i = 1; i <= size; i++) {
            begin(Incarnation.of(i, 1));
        }
        elect();
    }

    /** Runs faults, then heals, then until everything is well. @return what is not well, empty when all is */
    String run() {
        for (int i = 0; i < 60; i++) {
            after(chance.between(0, 120_000) * MS, this::fault);
        }
        runUntil(() -> now > 125_000 * MS, 400_000 * MS);
        faults = false;
        nodes.values().forEach(node -> node.lease(Long.MAX_VALUE));
        restartTheLast();
        after(60_000 * MS, this::evictWhoCannotLeave);
        boolean well = runUntil(() -> now >= lookAt && isWell(), now + 400_000 * MS);
        return well ? "" : problems();
    }

    private boolean isWell() {
        lookAt = now + 100 * MS;
        return problems().isEmpty();
    }

    ClusterState head() {
        return chain.head();
    }

    void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    void after(long delayNs, Runnable what) {
        events.add(new Event(now + delayNs, orders++, () -> {
            what.run();
            proposeSoon();
        }));
    }

    void log(String what) {
        trace.add("%d ms  %s".formatted(now / MS, what));
        if (trace.size() > 400) {
            trace.removeFirst();
        }
    }

    private boolean runUntil(BooleanSupplier done, long until) {
        while (!done.getAsBoolean()) {
            Event next = events.poll();
            if (next == null || next.at() > until) {
                return false;
            }
            now = next.at();
            next.what().run();
        }
        return true;
    }

    private String problems() {
        StringBuilder text = new StringBuilder();
        // A group without members waits for the next one that joins it.
        head().groups().values().stream().filter(g -> g.phase() != Phase.RUNNING && !g.members().isEmpty())
                .forEach(g -> text.append(g).append('\n'));
        head().departures().values().stream().filter(d -> !d.harmless()).forEach(d -> text.append(d).append('\n'));
        if (leader.isEmpty() || head().members().isEmpty()) {
            text.append("no leader or no members\n");
        }
        for (ClusterRunNode node : members()) {
            text.append(node.problems(head()));
        }
        return text.toString();
    }

    private List<ClusterRunNode> members() {
        return nodes.values().stream().filter(node -> node.alive && head().isMember(node.self)).toList();
    }

    // ------------------------------------------------------------------ faults

    private void fault() {
        List<ClusterRunNode> members = members();
        if (members.isEmpty()) {
            restart();
            return;
        }
        ClusterRunNode one = members.get(chance.nextInt(members.size()));
        GroupName group = GROUPS.get(chance.nextInt(GROUPS.size()));
        switch (chance.nextInt(12)) {
            case 0, 1, 2 -> one.joinWanted(group);
            case 3 -> one.leaveWanted(group);
            case 4, 5 -> {
                if (members.size() > 1) {
                    count("crash");
                    kill(one.self, "crash");
                }
            }
            case 6 -> {
                if (members.size() > 1) {
                    count("cut");
                    evictWanted.add(one.self);
                }
            }
            case 7, 8 -> elect();
            case 9 -> {
                one.lease(now);
                after(chance.between(1, 30_000) * MS, () -> one.lease(Long.MAX_VALUE));
            }
            default -> restart();
        }
    }

    /** A cluster that put out its last node, for not getting through a phase, comes back when a node is started. */
    private void restartTheLast() {
        if (nodes.values().stream().noneMatch(node -> node.alive)) {
            restart();
        }
        after(5_000 * MS, this::restartTheLast);
    }

    /** No limit is set to a leave that nobody waits for: an operator puts the node out in the end. */
    private void evictWhoCannotLeave() {
        members().stream().filter(ClusterRunNode::cannotLeave).forEach(node -> evictWanted.add(node.self));
    }

    private void restart() {
        for (ClusterRunNode node : List.copyOf(nodes.values())) {
            if (!node.alive) {
                begin(new Incarnation(node.self.node(), node.self.life() + 1));
                return;
            }
        }
    }

    private void begin(Incarnation who) {
        ClusterRunNode node = new ClusterRunNode(this, who, methods);
        nodes.put(who.node(), node);
        applySoon(node);
        nodes.values().stream().filter(other -> other != node && other.alive).forEach(other -> {
            other.hears(who);
            node.hears(other.self);
        });
        leader.ifPresent(known -> node.follow(known.ballot.orElseThrow()));
        node.joinWanted(GROUPS.get(0));
        if (chance.chance(0.5)) {
            node.joinWanted(GROUPS.get(1));
        }
    }

    void kill(Incarnation who, String why) {
        ClusterRunNode node = nodes.get(who.node());
        if (!node.self.equals(who) || !node.alive) {
            return;
        }
        log(who + " dies: " + why);
        node.alive = false;
        for (ClusterRunNode other : nodes.values()) {
            after(TIMES.silenceNs() + chance.between(0, 200) * MS, () -> other.loses(who));
        }
        if (leader.filter(l -> l == node).isPresent()) {
            leader = Optional.empty();
            after(TIMES.leaderSilenceNs(), this::elect);
        }
    }

    private void elect() {
        List<ClusterRunNode> able = members();
        if (able.isEmpty()) {
            able = nodes.values().stream().filter(node -> node.alive && head().members().isEmpty()).toList();
        }
        if (able.isEmpty()) {
            after(TIMES.leaderSilenceNs(), this::elect);
            return;
        }
        leader.ifPresent(old -> {
            old.ballot = Optional.empty();
            after(chance.between(0, 500) * MS, () -> {
                if (leader.filter(l -> l == old).isEmpty()) {
                    old.agreed(new LedgerNews.NotLeading("another leads"));
                }
            });
        });
        count("election");
        ClusterRunNode next = able.get(chance.nextInt(able.size()));
        Ballot ballot = new Ballot(chain.ballot.round() + 1, next.self);
        chain.ballot = ballot;
        leader = Optional.of(next);
        next.ballot = Optional.of(ballot);
        applyAll(next);
        log("%s leads in %s".formatted(next.self, ballot));
        next.agreed(new LedgerNews.Leading(ballot));
        for (ClusterRunNode other : nodes.values()) {
            if (other != next) {
                after(chance.between(0, 400) * MS, () -> {
                    if (chain.ballot.equals(ballot)) {
                        other.follow(ballot);
                    }
                });
            }
        }
    }

    // ------------------------------------------------------------------ agreement

    private void proposeSoon() {
        if (!proposing && leader.isPresent()) {
            proposing = true;
            events.add(new Event(now + chance.between(100, 3_000) * 1_000, orders++, () -> {
                proposing = false;
                leader.ifPresent(this::propose);
            }));
        }
    }

    private void propose(ClusterRunNode node) {
        ClusterState before = head();
        Draft draft = chain.draft();
        for (Member member : before.members().values()) {
            if (node.lost.contains(member.who()) || evictWanted.contains(member.who())) {
                draft.add(new LedgerEvent.MemberEvicted(member.who(), "silent"));
            }
        }
        nodes.values().stream().filter(n -> n.alive && !before.isMember(n.self) && !before.isPast(n.self))
                .forEach(n -> draft.add(new LedgerEvent.MemberJoined(n.self, HostProcess.UNKNOWN)));
        node.wants(draft);
        if (draft.isEmpty()) {
            return;
        }
        chain.append(draft);
        after(0, () -> { /* there may be more to agree on */ });
        head().events().forEach(event -> chosen(event, before));
        applyAll(node);
        nodes.values().forEach(this::applySoon);
        if (node.alive && !head().isMember(node.self)) {
            elect();
        }
    }

    private void chosen(LedgerEvent event, ClusterState before) {
        log("v%d %s".formatted(head().version(), event));
        switch (event) {
            case LedgerEvent.FenceEvidenced(long id, Incarnation who, _, _, _) -> {
                count("evidence");
                // Rule F7: no act against this life is still running that could hit the next one.
                for (ClusterRunNode node : nodes.values()) {
                    assertThat(node.alive && !lied.contains(node.self) && node.acting.containsValue(id))
                            .as("%s still acts for intent %d when its evidence is agreed", node.self, id).isFalse();
                }
                assertThat(alive(who) && !lied.contains(who)).as("%s is alive and evidenced", who).isFalse();
                if (lied.contains(who) && alive(who)) {
                    after(chance.between(0, 3_000) * MS, () -> members().forEach(node -> node.hears(who)));
                }
            }
            case LedgerEvent.FenceVoided _ -> count("voided");
            case LedgerEvent.FeaturesTold _, LedgerEvent.FeatureRaised _ -> { }
            case LedgerEvent.GroupLeft(GroupName group, Incarnation who) -> {
                count("left");
                ClusterRunNode node = nodes.get(who.node());
                assertThat(node.self.equals(who) && node.alive && !node.service.isDrained(group))
                        .as("%s left %s undrained", who, group).isFalse();
                if (node.self.equals(who)) {
                    node.service.left(group);
                }
            }
            case LedgerEvent.MemberEvicted(Incarnation who, String reason) -> {
                count(reason.startsWith("RECOVERY-2") ? "late member" : "eviction");
                evictWanted.remove(who);
            }
            case LedgerEvent.GroupLost(GroupName group, Incarnation who) ->
                assertThat(before.isMember(who) || !before.harmless(who)).as("%s lost from %s", who, group).isTrue();
            case LedgerEvent.PhaseReached(GroupName group, _, Phase phase) -> {
                count("reached " + phase);
                assertThat(before.groups().get(group).departed()).as("harmless before %s of %s", phase, group)
                        .allMatch(before::harmless);
            }
            case LedgerEvent.MemberJoined _, LedgerEvent.MemberLeft _, LedgerEvent.FenceIntended _,
                    LedgerEvent.GroupJoined _, LedgerEvent.MemberDropped _, LedgerEvent.FenceWindowPassed _,
                    LedgerEvent.FencingOpened _, LedgerEvent.AccessWanted _, LedgerEvent.AccessGranted _,
                    LedgerEvent.BarrierPassed _ -> {
                        /* nothing to check */
                    }
            case LedgerEvent.ElectorateChanged _, LedgerEvent.ElectorateSettled _, LedgerEvent.WentAlone _ -> { }
        }
    }

    boolean alive(Incarnation who) {
        ClusterRunNode node = nodes.get(who.node());
        return node.alive && node.self.equals(who);
    }

    private void applySoon(ClusterRunNode node) {
        after(chance.between(0, faults ? 500 : 20) * MS, () -> {
            if (node.alive && node.applied < head().version()) {
                long to = faults && chance.chance(0.2) ? head().version() : node.applied + 1;
                node.apply(chain.states.get((int) node.applied), chain.states.get((int) to));
                applySoon(node);
            }
        });
    }

    private void applyAll(ClusterRunNode node) {
        while (node.alive && node.applied < head().version()) {
            node.apply(chain.states.get((int) node.applied), chain.states.get((int) node.applied + 1));
        }
    }

    // ------------------------------------------------------------------ messages and devices

    void post(ClusterRunNode from, NodeId to, Message message) {
        Message copy = throughBytes(message);
        if (faults && chance.chance(0.15)) {
            return;
        }
        int copies = faults && chance.chance(0.1) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            long delayNs = faults && chance.chance(0.1) ? chance.between(1, 20_000) * MS : chance.between(1, 60) * MS;
            after(delayNs, () -> nodes.get(to).arrived(from.self, copy));
        }
    }

    void fence(ClusterRunNode actor, Effect.Fence act) {
        // Rules F1 and F8, from the actor's own sight and from the truth.
        ClusterState seen = chain.states.get((int) actor.applied);
        assertThat(seen.isMember(actor.self)).as("%s acts as a member", actor.self).isTrue();
        assertThat(now).as("%s acts in its lease", actor.self).isLessThan(actor.actUntil);
        assertThat(seen.departures().get(act.victim()).intent().orElseThrow().id()).isEqualTo(act.intent());
        assertThat(actor.acting.containsValue(act.intent())).as("one act for an intent at a time").isFalse();
        actor.acting.put(act.ticket(), act.intent());
        count("act");
        int dice = faults ? chance.nextInt(20) : 0;
        long soon = chance.between(2, 200) * MS;
        if (dice < 8) {
            ends(actor, act, soon, Optional.of("power-off"), "off, read back", true);
        } else if (dice < 13) {
            ends(actor, act, soon, Optional.empty(), "connection refused", false);
        } else if (dice < 15) {
            ends(actor, act, act.timeLimitNs(), Optional.empty(), "no answer", false);
        } else if (dice < 17) {
            long lateNs = act.timeLimitNs() + chance.between(1, 20_000) * MS;
            ends(actor, act, lateNs, Optional.of("power-off"), "late", true);
        } else if (dice < 19) {
            count("lie");
            lied.add(act.victim());
            ends(actor, act, soon, Optional.of("power-off"), "believe me", false);
        } else {
            ends(actor, act, soon, Optional.of("surely-gone"), "a word nobody knows", false);
        }
    }

    private void ends(ClusterRunNode actor, Effect.Fence act, long delayNs, Optional<String> evidence, String proof,
            boolean kills) {
        after(delayNs, () -> {
            if (actor.alive) {
                if (kills) {
                    kill(act.victim(), "fenced by " + actor.self);
                }
                actor.acting.remove(act.ticket());
                actor.completed(new Completion.FenceEnded(act.ticket(), evidence, proof));
            }
        });
    }

    /** Messages go through their bytes, so that a codec that loses something shows here too. */
    private static Message throughBytes(Message message) {
        try {
            return switch (message) {
                case FenceMessage m -> copy(new FenceCodec(), m);
                case GroupMessage m -> copy(new GroupCodec(), m);
                case RecoveryMessage m -> copy(new RecoveryCodec(), m);
                default -> throw new AssertionError("unknown message " + message);
            };
        } catch (MalformedFrame e) {
            throw new AssertionError(message.toString(), e);
        }
    }

    private static <M extends Message> M copy(Codec<M> codec, M message) throws MalformedFrame {
        ByteWriter bytes = new ByteWriter();
        codec.encode(message, bytes);
        ByteReader reader = new ByteReader(bytes.toArray());
        M copy = codec.decode(reader);
        reader.end();
        return copy;
    }
}
