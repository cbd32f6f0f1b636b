package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.HostProcess;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Walks every state of two nodes by the policy two-node, with the leaves that the machine uses: {@link AcceptorRecord},
 * {@link Promises}, {@link Tally}, {@link TwoNodes}, {@link Lone}, {@link Draft}. Either node dies and starts again at
 * any point, a bounded number of times; what is offered and what is told chosen is heard late, twice or never, also by a
 * later life; a fence is confirmed at any time after its victim has died, be that long ago. That it is confirmed only
 * then is all that is asked of fence devices.
 *
 * <p>Checked in every state: one value per version among all that anybody called chosen, in one chain (S4). And in
 * every state in which one of two that may go on has just lost the other: it goes on, by itself (S14, T8).
 */
class TwoNodesWalkTest {

    private static final int WORLDS_LIMIT = 3_000_000;

    /** The decisions that a test of the walk leaves out. */
    private static class Rules {

        Optional<Incarnation> enteredWith(Node node, Incarnation self) {
            return node.learned().flatMap(chosen -> new TwoNodes(self).enteredWith(chosen, node.record()));
        }

        AcceptorRecord accepting(AcceptorRecord record, Ballot ballot, ClusterState state) {
            return record.accepting(ballot, state);
        }
    }

    private sealed interface Stage {

        record Idle() implements Stage {}

        record Preparing(Promises promises) implements Stage {}

        record Offering(Tally tally) implements Stage {}

        record Leading(Ballot ballot, ClusterState chosen) implements Stage {}
    }

    /** @param learned what this life knows to be chosen */
    private record Node(AcceptorRecord record, long life, boolean runs, Optional<ClusterState> learned, Stage stage) {

        Node recording(AcceptorRecord next) {
            return new Node(next, life, runs, learned, stage);
        }

        Node at(Stage next) {
            return new Node(record, life, runs, learned, next);
        }

        Node learning(ClusterState chosen) {
            boolean newer = learned.isEmpty() || learned.get().version() < chosen.version();
            return newer ? new Node(record, life, runs, Optional.of(chosen), stage) : this;
        }
    }

    private sealed interface Said {

        record Accept(Ballot ballot, ClusterState state, NodeId to) implements Said {}

        record Chosen(ClusterState state) implements Said {}
    }

    /** Numbers of the two nodes and of what was said; rounds and deaths so far. */
    private record World(int one, int two, int round, int deaths, BigInteger said) {

        int of(NodeId node) {
            return node.number() == 1 ? one : two;
        }

        World with(NodeId node, int id) {
            return node.number() == 1
                    ? new World(id, two, round, deaths, said)
                    : new World(one, id, round, deaths, said);
        }

        World saying(int message) {
            return new World(one, two, round, deaths, said.setBit(message));
        }

        World forgetting(int message) {
            return new World(one, two, round, deaths, said.clearBit(message));
        }

        boolean has(int message) {
            return said.testBit(message);
        }
    }

    private static final NodeId N1 = NodeId.of(1);
    private static final NodeId N2 = NodeId.of(2);
    private static final List<NodeId> BOTH = List.of(N1, N2);

    private final Map<Object, Integer> ids = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<Object, Integer> saidIds = new HashMap<>();
    private final List<Said> said = new ArrayList<>();
    private final Map<Object, ClusterState> states = new HashMap<>();
    private final Map<ClusterState, Digest> digests = new IdentityHashMap<>();
    private Rules rules = new Rules();
    private int rounds;
    private int deaths;
    private long versions;
    private int survived;

    @Test
    @DisplayName("S4, T1 to T5: two nodes, any death at any point, twice: one value per version")
    void twoDeaths() {
        assertThat(walk(3, 2, 3)).isGreaterThan(3_000);
        assertThat(survived).isGreaterThan(100);
    }

    @Test
    @DisplayName("S4, T4: the one is lost, comes back, and then the other is lost")
    void threeDeaths() {
        assertThat(walk(3, 3, 2)).isGreaterThan(5_000);
    }

    @Test
    @DisplayName("The walk sees S4: to go alone after having learned a version, entered or not, forks")
    void withoutEnteringItForks() {
        rules = new Rules() {
            @Override
            Optional<Incarnation> enteredWith(Node node, Incarnation self) {
                // T1 left out: a life that booted and read its record goes alone against whomever that names.
                ClusterState state = node.record().state();
                NodeId other = self.node().equals(N1) ? N2 : N1;
                return node.record().alone() || state.electorate().votes().size() < 2
                        ? Optional.empty()
                        : Optional.ofNullable(state.members().get(other)).map(Member::who);
            }
        };
        assertThatThrownBy(() -> walk(4, 3, 3)).isInstanceOf(AssertionError.class).hasMessageContaining("two values");
    }

    @Test
    @DisplayName("The walk sees it when the right to go on alone is not ended by the version that both accept (T4)")
    void aRightThatDoesNotEndIsSeen() {
        rules = new Rules() {
            @Override
            AcceptorRecord accepting(AcceptorRecord record, Ballot ballot, ClusterState state) {
                AcceptorRecord next = record.accepting(ballot, state);
                return new AcceptorRecord(
                        next.recordId(), next.promised(), next.accepted(), next.state(), record.lone());
            }

            @Override
            Optional<Incarnation> enteredWith(Node node, Incarnation self) {
                return node.learned().flatMap(chosen -> new TwoNodes(self).enteredWith(chosen, new AcceptorRecord(
                        0, node.record().promised(), node.record().accepted(), node.record().state())));
            }
        };
        assertThatThrownBy(() -> walk(4, 3, 5)).isInstanceOf(AssertionError.class).hasMessageContaining("n2 waits");
    }

    // ---- the walk

    private int walk(int mostRounds, int mostDeaths, long newestVersion) {
        rounds = mostRounds;
        deaths = mostDeaths;
        versions = newestVersion;
        World start = start();
        HashSet<World> seen = new HashSet<>(List.of(start));
        ArrayDeque<World> next = new ArrayDeque<>(List.of(start));
        while (!next.isEmpty()) {
            successors(next.poll(), successor -> {
                World tidy = tidy(successor);
                if (seen.add(tidy)) {
                    next.add(tidy);
                }
            });
            assertThat(seen.size()).isLessThan(WORLDS_LIMIT);
        }
        return seen.size();
    }

    /** Version 1 was chosen in the first ballot, led by n1: both are in, and n2 was told so. */
    private World start() {
        ids.clear();
        nodes.clear();
        saidIds.clear();
        said.clear();
        states.clear();
        digests.clear();
        survived = 0;
        TreeMap<NodeId, Long> recordIds = new TreeMap<>(Map.of(N1, 101L, N2, 102L));
        Electorate electorate = Electorate.majorityOf(NodeSet.of(N1, N2));
        ClusterState founded = ClusterState.founded(
                States.CLUSTER, electorate, recordIds, Voting.of(VotePolicy.TWO_NODE, electorate));
        Ballot first = States.ballot(1, 1);
        ClusterState in = proposal(founded, first, List.of(joined(N1, 1), joined(N2, 1))).orElseThrow();
        World world = new World(0, 0, 1, 0, BigInteger.ZERO);
        for (NodeId node : BOTH) {
            AcceptorRecord record = States.record(node.number(), founded).promising(first).accepting(first, in);
            world = put(world, node, new Node(record, 1, true, Optional.of(in),
                    node.equals(N1) ? new Stage.Leading(first, in) : new Stage.Idle()));
        }
        return world.saying(saidId(new Said.Chosen(in)));
    }

    private void successors(World world, Consumer<World> to) {
        for (NodeId self : BOTH) {
            Node node = node(world, self);
            if (!node.runs()) {
                to.accept(put(world, self,
                        new Node(node.record(), node.life() + 1, true, Optional.empty(), new Stage.Idle())));
                continue;
            }
            if (world.deaths() < deaths) {
                World dead = dies(world, self);
                survivorGoesOn(dead, other(self));
                to.accept(dead);
            }
            campaign(world, self).ifPresent(to);
            goAlone(world, self).ifPresent(to);
            switch (node.stage()) {
                case Stage.Preparing(Promises promises) -> hearPromise(world, self, promises, to);
                case Stage.Leading(Ballot ballot, ClusterState chosen) when chosen.version() < versions -> {
                    for (List<LedgerEvent> events : wanted(world, self, chosen)) {
                        Optional<ClusterState> next = proposal(chosen, ballot, events);
                        if (next.isPresent()) {
                            to.accept(offer(world, self, Tally.of(ballot, next.get(), node.record().lone())));
                        }
                    }
                }
                case Stage.Leading _, Stage.Offering _, Stage.Idle _ -> { /* it waits */ }
            }
            for (int message = 0; message < said.size(); message++) {
                if (world.has(message)) {
                    hear(world, self, said.get(message)).forEach(to);
                }
            }
        }
    }

    private World dies(World world, NodeId self) {
        Node node = node(world, self);
        World after = put(world, self,
                new Node(node.record(), node.life(), false, Optional.empty(), new Stage.Idle()));
        return new World(after.one(), after.two(), after.round(), after.deaths() + 1, after.said());
    }

    private Optional<World> campaign(World world, NodeId self) {
        if (world.round() >= rounds || !(node(world, self).stage() instanceof Stage.Idle)) {
            return Optional.empty();
        }
        return lead(world, self, node(world, self).record().promising(
                new Ballot(world.round() + 1, life(world, self))));
    }

    private Optional<World> lead(World world, NodeId self, AcceptorRecord promised) {
        Ballot ballot = promised.promised().orElseThrow();
        Promises own = Promises.none(ballot, promised.lone()).with(self, promised);
        World after = put(world, self, node(world, self).recording(promised));
        after = new World(after.one(), after.two(), (int) ballot.round(), after.deaths(), after.said());
        return Optional.of(heard(after, self, own));
    }

    /** The fence of a life that does not run is confirmed, now or long after. */
    private Optional<World> goAlone(World world, NodeId self) {
        Node node = node(world, self);
        Optional<Incarnation> entered = rules.enteredWith(node, life(world, self))
                .filter(victim -> !runs(world, victim));
        if (world.round() >= rounds || entered.isEmpty()) {
            return Optional.empty();
        }
        Ballot ballot = new Ballot(world.round() + 1, life(world, self));
        long intent = node.record().state().nextIntent();
        return lead(put(world, self, node.at(new Stage.Idle())), self, node.record().aloneSince(new Lone(entered.get(), intent,
                Optional.of(new Lone.Since(ballot, EvidenceClass.PROCESS_ENDED, "gone")))));
    }

    private void hearPromise(World world, NodeId self, Promises promises, Consumer<World> to) {
        NodeId from = other(self);
        Node node = node(world, from);
        AcceptorRecord record = node.record();
        if (!node.runs() || promises.records().containsKey(from) || !record.state().knows(from, record.recordId())) {
            return;
        }
        boolean promises1 = record.mayPromise(promises.ballot());
        if (promises1 || record.hasPromised(promises.ballot())) {
            AcceptorRecord promised = promises1 ? record.promising(promises.ballot()) : record;
            // Whoever promises another's ballot leads no more in an own one below.
            World after = put(world, from, node.recording(promised).at(new Stage.Idle()));
            to.accept(after);
            to.accept(heard(after, self, promises.with(from, promised)));
        }
    }

    private World heard(World world, NodeId self, Promises promises) {
        return promises.adopted()
                .map(adopted -> offer(world, self, Tally.of(promises.ballot(), adopted, promises.lone())))
                .orElseGet(() -> put(world, self, node(world, self).at(new Stage.Preparing(promises))));
    }

    private World offer(World world, NodeId self, Tally tally) {
        World after = put(world, self, node(world, self).at(new Stage.Offering(tally)));
        for (NodeId each : tally.toAsk()) {
            after = after.saying(saidId(new Said.Accept(tally.ballot(), tally.state(), each)));
        }
        return after;
    }

    private List<World> hear(World world, NodeId self, Said message) {
        return switch (message) {
            case Said.Chosen(ClusterState state) -> List.of(put(world, self, node(world, self).learning(state)));
            case Said.Accept(Ballot ballot, ClusterState state, NodeId to) when to.equals(self) ->
                hearAccept(world, self, ballot, state);
            case Said.Accept _ -> List.of();
        };
    }

    private List<World> hearAccept(World world, NodeId self, Ballot ballot, ClusterState state) {
        Node node = node(world, self);
        if (!state.knows(self, node.record().recordId())) {
            return List.of();
        }
        boolean own = ballot.leader().equals(life(world, self));
        World after = switch (node.record().weigh(ballot, state.version())) {
            case NEW -> put(world, self, node.recording(rules.accepting(node.record(), ballot, state))
                    .at(own ? node.stage() : new Stage.Idle()));
            case SAME -> world;
            case STALE, REFUSED -> null;
        };
        if (after == null) {
            return List.of();
        }
        List<World> all = new ArrayList<>(List.of(after));
        NodeId leader = ballot.leader().node();
        if (runs(after, ballot.leader()) && node(after, leader).stage() instanceof Stage.Offering(Tally tally)
                && tally.ballot().equals(ballot) && tally.state() == state && !tally.accepted().contains(self)) {
            Tally more = tally.with(self);
            all.add(more.chosen() ? chosen(after, leader, more) : offer(after, leader, more));
        }
        return all;
    }

    private World chosen(World world, NodeId leader, Tally tally) {
        ClusterState state = tally.state();
        for (int message = 0; message < said.size(); message++) {
            if (world.has(message) && said.get(message) instanceof Said.Chosen(ClusterState other)) {
                AgreementChecker.check(other.version() != state.version() || other == state,
                        "two values for version %d:\n%s\n%s", state.version(), state, other);
                AgreementChecker.check(other.version() != state.version() - 1 || state.parent().equals(digest(other)),
                        "two values: version %d has another parent than the chosen one", state.version());
                AgreementChecker.check(other.version() != state.version() + 1 || other.parent().equals(digest(state)),
                        "two values: version %d has another parent than the chosen one", other.version());
            }
        }
        return put(world, leader, node(world, leader).learning(state).at(new Stage.Leading(tally.ballot(), state)))
                .saying(saidId(new Said.Chosen(state)));
    }

    /** What the layers above would want of the next version. */
    private List<List<LedgerEvent>> wanted(World world, NodeId self, ClusterState chosen) {
        NodeId other = other(self);
        Node node = node(world, self);
        List<LedgerEvent> events = new ArrayList<>();
        Optional<Lone> lone = node.record().lone().filter(Lone::alone)
                .filter(_ -> chosen.electorate().votes().size() == 2);
        if (lone.isPresent()) {
            Incarnation lost = lone.get().other();
            events.add(new LedgerEvent.WentAlone(lost));
            if (chosen.isMember(lost)) {
                events.add(new LedgerEvent.MemberEvicted(lost, "gone"));
                events.add(new LedgerEvent.FenceIntended(chosen.nextIntent(), lost, "gone",
                        lone.get().since().orElseThrow().ballot()));
                events.add(new LedgerEvent.FenceEvidenced(
                        chosen.nextIntent(), lost, EvidenceClass.PROCESS_ENDED, "gone", self));
            }
            return List.of(events);
        }
        for (NodeId each : BOTH) {
            Node there = node(world, each);
            Member member = chosen.members().get(each);
            boolean in = member != null && member.who().equals(life(world, each));
            if (member != null && !in) {
                events.add(new LedgerEvent.MemberLeft(member.who()));
            }
            if (!in && there.runs()) {
                events.add(joined(each, there.life()));
            }
        }
        if (!events.isEmpty()) {
            return List.of(events);
        }
        if (!chosen.electorate().votes().containsKey(other) && chosen.members().containsKey(other)) {
            Electorate both = Electorate.majorityOf(NodeSet.of(N1, N2));
            return List.of(List.of(new LedgerEvent.ElectorateChanged(
                    new Acceptors(both, new TreeMap<>(Map.of(N1, 101L, N2, 102L))),
                    Voting.of(VotePolicy.TWO_NODE, both), "back")));
        }
        return List.of(List.of(new LedgerEvent.GroupJoined(States.DATA, life(world, self))));
    }

    /** T8: whoever may go on alone, or is alone already, has the next version chosen by itself, whatever is in flight. */
    private void survivorGoesOn(World world, NodeId self) {
        Node node = node(world, self);
        boolean may = node.runs() && (node.record().alone() || rules.enteredWith(node, life(world, self))
                .filter(victim -> !runs(world, victim)).isPresent());
        if (!may || world.round() >= rounds) {
            return;
        }
        World lone = new World(world.one(), world.two(), world.round(), deaths, BigInteger.ZERO);
        lone = node.record().alone()
                ? lead(put(lone, self, node.at(new Stage.Idle())), self,
                        node.record().promising(new Ballot(world.round() + 1, life(world, self)))).orElseThrow()
                : goAlone(lone, self).orElseThrow();
        AgreementChecker.check(node(lone, self).stage() instanceof Stage.Offering, "%s waits: %s", self, node(lone, self));
        Tally tally = ((Stage.Offering) node(lone, self).stage()).tally();
        lone = hearAccept(lone, self, tally.ballot(), tally.state()).getLast();
        AgreementChecker.check(node(lone, self).stage() instanceof Stage.Leading, "%s waits: %s", self, node(lone, self));
        survived++;
    }

    /** Without what nobody can hear any more: worlds that differ in it are one. */
    private World tidy(World world) {
        World tidy = world;
        for (int message = world.said().getLowestSetBit(); message >= 0 && message < said.size(); message++) {
            if (world.has(message) && said.get(message) instanceof Said.Accept(Ballot ballot, ClusterState state, NodeId to)) {
                AcceptorRecord.Offer offer = node(world, to).record().weigh(ballot, state.version());
                if (offer == AcceptorRecord.Offer.STALE || offer == AcceptorRecord.Offer.REFUSED) {
                    tidy = tidy.forgetting(message);
                }
            }
        }
        return tidy;
    }

    private static NodeId other(NodeId self) {
        return self.equals(N1) ? N2 : N1;
    }

    private Incarnation life(World world, NodeId node) {
        return new Incarnation(node, node(world, node).life());
    }

    private boolean runs(World world, Incarnation who) {
        return node(world, who.node()).runs() && node(world, who.node()).life() == who.life();
    }

    private static LedgerEvent joined(NodeId node, long life) {
        return new LedgerEvent.MemberJoined(new Incarnation(node, life), HostProcess.UNKNOWN);
    }

    private Optional<ClusterState> proposal(ClusterState chosen, Ballot ballot, List<LedgerEvent> events) {
        Object key = List.of(digest(chosen), ballot, events);
        if (!states.containsKey(key)) {
            Draft draft = chosen.draft(ballot);
            events.forEach(draft::add);
            states.put(key, draft.isEmpty() ? null : draft.whole(digest(chosen)));
        }
        return Optional.ofNullable(states.get(key));
    }

    private Node node(World world, NodeId node) {
        return nodes.get(world.of(node));
    }

    private World put(World world, NodeId self, Node node) {
        Object facts = List.of(node.life(), node.runs(), node.learned().map(this::digest), key(node.record()));
        Object key = List.of(facts, switch (node.stage()) {
            case Stage.Idle idle -> idle;
            case Stage.Preparing(Promises promises) ->
                List.of(promises.ballot(), promises.records().values().stream().map(this::key).toList(), promises.lone());
            case Stage.Offering(Tally tally) -> List.of(tally.ballot(), digest(tally.state()), tally.accepted(), tally.lone());
            case Stage.Leading(Ballot ballot, ClusterState chosen) -> List.of(ballot, digest(chosen));
        });
        return world.with(self, ids.computeIfAbsent(List.of(self, key), _ -> {
            nodes.add(node);
            return nodes.size() - 1;
        }));
    }

    private int saidId(Said message) {
        Object key = switch (message) {
            case Said.Accept(Ballot ballot, ClusterState state, NodeId to) -> List.of(ballot, digest(state), to);
            case Said.Chosen(ClusterState state) -> digest(state);
        };
        return saidIds.computeIfAbsent(key, _ -> {
            said.add(message);
            return said.size() - 1;
        });
    }

    private Object key(AcceptorRecord record) {
        return List.of(record.promised(), record.accepted(), digest(record.state()), record.lone());
    }

    private Digest digest(ClusterState state) {
        return digests.computeIfAbsent(state, StateCodec::digest);
    }
}
