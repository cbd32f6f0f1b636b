package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.quorum.Electorate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Walks every state of a small ledger whose electorate changes, with the very leaves that the machine uses:
 * {@link AcceptorRecord}, {@link Promises}, {@link Tally}, {@link Draft}. What is asked stays in the world and may be
 * heard never, late, twice and in any order; each ballot has a leader of its own that may stop at any point. So a
 * crash at every write and at every message is among the walks, as in {@link AgreementWalkTest}.
 *
 * <p>Checked in every state: no two leaders ever call different states of one version chosen, all of them are one chain,
 * and any two quorums of consecutive chosen configurations meet (rule Q3). The rules are then left out one at a time,
 * and the walk has to find the break: it would see it.
 */
class VotersWalkTest {

    private static final int NODES = 3;
    /** More than any of these walks has, and not so many that one which got out of hand would eat the machine. */
    private static final int WORLDS_LIMIT = 3_000_000;

    /** What the next version may do: given the chosen state, the events; several alternatives are all tried. */
    private interface Script extends BiFunction<ClusterState, Ballot, List<List<LedgerEvent>>> {}

    /** The two decisions of a leader, as the product takes them; a test of the walk leaves a rule out. */
    private static class Rules {

        Optional<ClusterState> adopted(Promises promises, AcceptorRecord own) {
            return promises.adopted();
        }

        boolean chosen(Tally tally) {
            return tally.chosen();
        }

        NodeSet toAsk(Tally tally) {
            return tally.toAsk();
        }
    }

    private sealed interface Stage {

        record Unborn() implements Stage {}

        record Preparing(Promises promises) implements Stage {}

        record Offering(Tally tally) implements Stage {}

        record Leading(ClusterState chosen) implements Stage {}

        record Stopped() implements Stage {}
    }

    /** Small numbers of records, stages and messages; equal worlds are equal arrays. */
    private record World(int[] parts, long[] said) {

        World with(int index, int id) {
            int[] next = parts.clone();
            next[index] = id;
            return new World(next, said);
        }

        boolean has(int message) {
            return (said[message >>> 6] >>> message & 1) != 0;
        }

        World saying(int message) {
            long[] more = said.clone();
            more[message >>> 6] |= 1L << message;
            return new World(parts, more);
        }

        World forgetting(int message) {
            long[] fewer = said.clone();
            fewer[message >>> 6] &= ~(1L << message);
            return new World(parts, fewer);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof World(int[] otherParts, long[] otherSaid)
                    && Arrays.equals(parts, otherParts) && Arrays.equals(said, otherSaid);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(parts) + Arrays.hashCode(said);
        }
    }

    private record Accept(Ballot ballot, ClusterState state, int to) {}

    /** A leader has counted a quorum; for the check alone. */
    private record Chosen(ClusterState state) {}

    private static final int SAID_WORDS = 8;

    private final Map<Object, Integer> ids = new HashMap<>();
    private final List<Object> things = new ArrayList<>();
    private final Map<Object, Integer> saidIds = new HashMap<>();
    private final List<Object> said = new ArrayList<>();
    private final Map<Object, ClusterState> states = new HashMap<>();
    private final Map<ClusterState, Digest> digests = new IdentityHashMap<>();
    private List<Ballot> ballots = List.of();
    private Script script = (_, _) -> List.of();
    private Rules rules = new Rules();
    private long versions;

    // ---- the promises

    @Test
    @DisplayName("Q2, Q3, S12: shrink 3 to 2 to 1 and go on: no leader without an acceptor of the last configuration")
    void shrink() {
        script = inTurn(change(1, 2), change(1), plain());
        assertThat(walk(electorate(1, 2, 3), 3, States.ballot(1, 1), States.ballot(2, 2))).isGreaterThan(5_000);
        script = inTurn(change(1, 2), change(1));
        assertThat(walk(electorate(1, 2, 3), 2, States.ballot(1, 1), States.ballot(2, 3), States.ballot(3, 2)))
                .isGreaterThan(20_000);
    }

    @Test
    @DisplayName("Q3: a jump from 3 to 1, and back to 3, needs both sets, also when a later leader commits it again")
    void jumps() {
        script = inTurn(change(1), plain());
        assertThat(walk(electorate(1, 2, 3), 2, States.ballot(1, 1), States.ballot(2, 2), States.ballot(3, 3)))
                .isGreaterThan(10_000);
        script = inTurn(change(1, 2, 3), plain());
        assertThat(walk(electorate(1), 2, States.ballot(1, 1), States.ballot(2, 2), States.ballot(3, 1)))
                .isGreaterThan(500);
    }

    @Test
    @DisplayName("Q4: shrink and regrow with the stale record of the one who was out, leaders crashing at every step")
    void shrinkAndRegrow() {
        script = inTurn(change(1, 2), change(1, 2, 3), plain());
        assertThat(walk(electorate(1, 2, 3), 3, States.ballot(1, 1), States.ballot(2, 3))).isGreaterThan(5_000);
        script = inTurn(change(1), change(1, 2));
        assertThat(walk(electorate(1, 2), 2, States.ballot(1, 1), States.ballot(2, 2), States.ballot(3, 1)))
                .isGreaterThan(1_000);
    }

    @Test
    @DisplayName("Q7: a change of weights is a change of the electorate: consecutive quorums meet")
    void weights() {
        script = inTurn(weighted(3, 1, 1), weighted(1, 1, 3));
        assertThat(walk(electorate(1, 2, 3), 2, States.ballot(1, 1), States.ballot(2, 3), States.ballot(3, 2)))
                .isGreaterThan(20_000);
    }

    // ---- and that the walk would see it

    @Test
    @DisplayName("The walk sees S12: promises of the configuration that the candidate remembers are not enough")
    void withoutIterationItBreaks() {
        rules = new Rules() {
            @Override
            Optional<ClusterState> adopted(Promises promises, AcceptorRecord own) {
                boolean enough = own.state().electorate().isQuorum(NodeSet.of(promises.records().keySet()));
                return enough ? promises.newest() : Optional.empty();
            }
        };
        script = inTurn(change(1), plain());
        assertThatThrownBy(() -> walk(electorate(1, 2, 3), 2, States.ballot(1, 1), States.ballot(2, 2), States.ballot(3, 3)))
                .isInstanceOf(AssertionError.class).hasMessageContaining("two values");
    }

    @Test
    @DisplayName("The walk sees it when a change is chosen by the new set only")
    void byTheNewSetOnlyItBreaks() {
        rules = new Rules() {
            @Override
            boolean chosen(Tally tally) {
                return tally.state().electorate().isQuorum(tally.accepted());
            }
        };
        script = inTurn(change(1), plain());
        assertThatThrownBy(() -> walk(electorate(1, 2, 3), 1, States.ballot(1, 1), States.ballot(2, 2)))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    @DisplayName("The walk sees it when a later leader commits an adopted change by the new set only")
    void recommittedByTheNewSetOnlyItBreaks() {
        rules = new Rules() {
            @Override
            boolean chosen(Tally tally) {
                boolean own = tally.state().proposedBy().filter(tally.ballot()::equals).isPresent();
                return own ? tally.chosen() : tally.state().electorate().isQuorum(tally.accepted());
            }

            @Override
            Optional<ClusterState> adopted(Promises promises, AcceptorRecord own) {
                Optional<ClusterState> newest = promises.newest();
                return newest.filter(state -> state.electorate().isQuorum(NodeSet.of(promises.records().keySet())));
            }
        };
        script = inTurn(change(1), plain());
        assertThatThrownBy(() -> walk(
                electorate(1, 2, 3), 2, States.ballot(1, 2), States.ballot(2, 1), States.ballot(3, 3)))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    @DisplayName("Q1: the two sets that could both decide are found, and consecutive quorums that do not meet are seen")
    void theCheckSeesQuorumsThatDoNotMeet() {
        ClusterState founded = founded(electorate(1, 2, 3));
        ClusterState other = States.next(founded, States.ballot(1, 1), change(1).apply(founded, States.ballot(1, 1))
                .getFirst().toArray(LedgerEvent[]::new));
        assertThatThrownBy(() -> AgreementChecker.quorumsMeet(founded, other.settled()))
                .isInstanceOf(AssertionError.class).hasMessageContaining("do not meet");
        AgreementChecker.quorumsMeet(founded, other);
    }

    // ---- scripts

    private static Script plain() {
        return (state, _) -> List.of(List.of(States.joined(States.life(1 + (int) state.version(), 7))));
    }

    private static Script change(int... voters) {
        return (state, _) -> List.of(List.of(new LedgerEvent.ElectorateChanged(
                acceptors(electorate(voters)), Voting.of(VotePolicy.FIXED, electorate(voters)), "walked")));
    }

    private static Script weighted(int... votes) {
        TreeMap<NodeId, Integer> map = new TreeMap<>();
        for (int i = 0; i < votes.length; i++) {
            map.put(NodeId.of(i + 1), votes[i]);
        }
        Electorate electorate = Electorate.majorityOf(map);
        return (_, _) -> List.of(List.of(new LedgerEvent.ElectorateChanged(
                acceptors(electorate), Voting.of(VotePolicy.FIXED, electorate), "walked")));
    }

    /** Version i does what the i-th says, or nothing but a plain event: leaders need not want the same. */
    private static Script inTurn(Script... steps) {
        return (state, ballot) -> {
            int index = (int) state.version();
            if (index >= steps.length) {
                return List.of();
            }
            List<List<LedgerEvent>> all = new ArrayList<>(steps[index].apply(state, ballot));
            if (ballot.round() > 1) {
                all.addAll(plain().apply(state, ballot));
            }
            return all;
        };
    }

    private static Electorate electorate(int... voters) {
        NodeSet nodes = NodeSet.NONE;
        for (int voter : voters) {
            nodes = nodes.with(NodeId.of(voter));
        }
        return Electorate.majorityOf(nodes);
    }

    private static Acceptors acceptors(Electorate electorate) {
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        electorate.acceptors().forEach(node -> recordIds.put(node, 100L + node.number()));
        return new Acceptors(electorate, recordIds);
    }

    private static ClusterState founded(Electorate electorate) {
        return ClusterState.founded(States.CLUSTER, electorate, acceptors(electorate).recordIds());
    }

    // ---- the walk

    private int walk(Electorate electorate, long newestVersion, Ballot... walked) {
        ids.clear();
        things.clear();
        saidIds.clear();
        said.clear();
        states.clear();
        digests.clear();
        ballots = List.of(walked);
        versions = newestVersion;
        ClusterState founded = founded(electorate);
        World start = new World(new int[NODES + ballots.size()], new long[SAID_WORDS]);
        for (int node = 0; node < NODES; node++) {
            start = start.with(node, id(States.record(node + 1, founded)));
        }
        for (int i = 0; i < ballots.size(); i++) {
            start = start.with(NODES + i, id(new Stage.Unborn()));
        }
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

    private void successors(World world, Consumer<World> to) {
        for (int i = 0; i < ballots.size(); i++) {
            Ballot ballot = ballots.get(i);
            switch ((Stage) things.get(world.parts()[NODES + i])) {
                case Stage.Unborn _ -> prepare(world, i, ballot).ifPresent(to);
                case Stage.Preparing(Promises promises) -> {
                    for (int node = 0; node < NODES; node++) {
                        hearPrepare(world, node, i, promises, to);
                    }
                }
                case Stage.Leading(ClusterState chosen) when chosen.version() < versions -> {
                    for (List<LedgerEvent> events : script.apply(chosen, ballot)) {
                        Optional<ClusterState> next = proposal(chosen, ballot, events);
                        if (next.isPresent()) {
                            to.accept(offer(world, i, next.get()));
                        }
                    }
                }
                case Stage.Leading _, Stage.Offering _, Stage.Stopped _ -> { /* it waits, or is through */ }
            }
        }
        for (int message = 0; message < said.size(); message++) {
            if (world.has(message) && said.get(message) instanceof Accept(Ballot ballot, ClusterState state, int node)) {
                hearAccept(world, node, ballot, state, to);
            }
        }
    }

    /** L7: the own promise is durable first, also of one without a vote. A later life ends the leader of the former. */
    private Optional<World> prepare(World world, int index, Ballot ballot) {
        int self = ballot.leader().node().number() - 1;
        AcceptorRecord record = record(world, self);
        if (!record.mayPromise(ballot)) {
            return Optional.empty();
        }
        AcceptorRecord promised = record.promising(ballot);
        World after = world.with(self, id(promised));
        for (int i = 0; i < ballots.size(); i++) {
            if (i != index && ballots.get(i).leader().node().equals(ballot.leader().node())
                    && ballots.get(i).compareTo(ballot) < 0) {
                after = after.with(NODES + i, id(new Stage.Stopped()));
            }
        }
        Promises own = Promises.none(ballot);
        own = record.state().knows(NodeId.of(self + 1), record.recordId()) ? own.with(NodeId.of(self + 1), promised) : own;
        return Optional.of(heard(after, index, own));
    }

    private World heard(World world, int index, Promises promises) {
        AcceptorRecord own = record(world, ballots.get(index).leader().node().number() - 1);
        Optional<ClusterState> adopted = rules.adopted(promises, own);
        return adopted.isPresent()
                ? offer(world, index, adopted.get())
                : world.with(NODES + index, id(new Stage.Preparing(promises)));
    }

    /** An answer is heard at once or never. Whoever has no vote by its own record is silent. */
    private void hearPrepare(World world, int node, int index, Promises promises, Consumer<World> to) {
        Ballot ballot = ballots.get(index);
        AcceptorRecord record = record(world, node);
        if (promises.records().containsKey(NodeId.of(node + 1))
                || !record.state().knows(NodeId.of(node + 1), record.recordId())) {
            return;
        }
        boolean promises1 = record.mayPromise(ballot);
        if (promises1 || record.hasPromised(ballot)) {
            AcceptorRecord promised = promises1 ? record.promising(ballot) : record;
            World after = world.with(node, id(promised));
            to.accept(after);
            to.accept(heard(after, index, promises.with(NodeId.of(node + 1), promised)));
        }
    }

    private World offer(World world, int index, ClusterState state) {
        Tally tally = Tally.of(ballots.get(index), state);
        return ask(world.with(NODES + index, id(new Stage.Offering(tally))), tally);
    }

    private World ask(World world, Tally tally) {
        World after = world;
        for (NodeId node : rules.toAsk(tally)) {
            after = after.saying(saidId(new Accept(tally.ballot(), tally.state(), node.number() - 1)));
        }
        return after;
    }

    private void hearAccept(World world, int node, Ballot ballot, ClusterState state, Consumer<World> to) {
        AcceptorRecord record = record(world, node);
        if (!state.knows(NodeId.of(node + 1), record.recordId())) {
            return;
        }
        World after = switch (record.weigh(ballot, state.version())) {
            case NEW -> world.with(node, id(record.accepting(ballot, state)));
            case SAME -> {
                AgreementChecker.check(record.state() == state, "two values: of %s v%d", ballot, state.version());
                yield world;
            }
            case STALE, REFUSED -> null;
        };
        if (after == null) {
            return;
        }
        to.accept(after);
        int index = ballots.indexOf(ballot);
        if (things.get(after.parts()[NODES + index]) instanceof Stage.Offering(Tally tally)
                && tally.state() == state && !tally.accepted().contains(NodeId.of(node + 1))) {
            Tally more = tally.with(NodeId.of(node + 1));
            to.accept(rules.chosen(more)
                    ? claim(after.with(NODES + index, id(new Stage.Leading(state))), state)
                    : ask(after.with(NODES + index, id(new Stage.Offering(more))), more));
        }
    }

    /** Whatever a leader calls chosen is one chain with what any other called chosen before, in whatever order. */
    private World claim(World world, ClusterState state) {
        for (int message = 0; message < said.size(); message++) {
            if (world.has(message) && said.get(message) instanceof Chosen(ClusterState other)) {
                AgreementChecker.check(other.version() != state.version() || other == state,
                        "two values for version %d:\n%s\n%s", state.version(), state, other);
                chain(other, state);
                chain(state, other);
            }
        }
        return world.saying(saidId(new Chosen(state)));
    }

    private void chain(ClusterState parent, ClusterState child) {
        if (child.version() == parent.version() + 1) {
            AgreementChecker.check(child.parent().equals(digest(parent)), "two values: version %d", parent.version());
            AgreementChecker.quorumsMeet(parent, child);
        }
    }

    /** Without what nobody can hear any more: worlds that differ in it are one. */
    private World tidy(World world) {
        World tidy = world;
        for (int message = 0; message < said.size(); message++) {
            if (world.has(message) && said.get(message) instanceof Accept(Ballot ballot, ClusterState state, int node)) {
                AcceptorRecord.Offer offer = record(world, node).weigh(ballot, state.version());
                if (offer == AcceptorRecord.Offer.STALE || offer == AcceptorRecord.Offer.REFUSED) {
                    tidy = tidy.forgetting(message);
                }
            }
        }
        return tidy;
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

    private AcceptorRecord record(World world, int node) {
        return (AcceptorRecord) things.get(world.parts()[node]);
    }

    private Digest digest(ClusterState state) {
        return digests.computeIfAbsent(state, StateCodec::digest);
    }

    private int id(Object thing) {
        return number(ids, things, key(thing), thing, Integer.MAX_VALUE);
    }

    private int saidId(Object thing) {
        return number(saidIds, said, key(thing), thing, SAID_WORDS * Long.SIZE);
    }

    private static int number(Map<Object, Integer> numbers, List<Object> all, Object key, Object thing, int limit) {
        Integer id = numbers.get(key);
        if (id == null) {
            id = all.size();
            AgreementChecker.check(id < limit, "more than %d different things", limit);
            numbers.put(key, id);
            all.add(thing);
        }
        return id;
    }

    private Object key(Object thing) {
        return switch (thing) {
            case AcceptorRecord record ->
                List.of(record.recordId(), record.promised(), record.accepted(), digest(record.state()));
            case Stage.Preparing(Promises promises) ->
                List.of(promises.ballot(), promises.records().values().stream().map(this::key).toList());
            case Stage.Offering(Tally tally) -> List.of(tally.ballot(), digest(tally.state()), tally.accepted());
            case Stage.Leading(ClusterState chosen) -> digest(chosen);
            case Accept(Ballot ballot, ClusterState state, int to) -> List.of(ballot, digest(state), to);
            case Chosen(ClusterState state) -> List.of("chosen", digest(state));
            default -> thing;
        };
    }
}
