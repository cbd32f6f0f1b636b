package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.NodeId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Walks every state of a small ledger, with the very leaves that the machine uses: {@link AcceptorRecord},
 * {@link Promises}, {@link Tally}. Three acceptors; each ballot is led by its own leader, which may stop at any point.
 *
 * <p>What is asked (prepare, accept) stays in the world: it may be delivered never, late, twice, and in any order. An
 * answer is heard at once or never: to hear it later changes nothing, as what the leader does next may be delivered as
 * late as one likes. A crash between a write and its answer is an answer that is never heard; what a torn write leaves
 * is the record before or the one after ({@link RecordFileTest}); so a crash adds nothing else.
 */
class AgreementWalkTest {

    private static final int ACCEPTORS = 3;

    /** What stays in the world. */
    private sealed interface Said {

        /** A leader offers a state to everybody. */
        record Accept(Ballot ballot, ClusterState state) implements Said {}

        /** An acceptor has accepted a state: for the check alone. */
        record Accepted(Ballot ballot, long version, Digest state, int from) implements Said {}

        /** A quorum has accepted a state: for the check alone. */
        record Chosen(long version, Digest state) implements Said {}
    }

    private sealed interface Stage {

        record Unborn() implements Stage {}

        record Preparing(Promises promises) implements Stage {}

        record Offering(Tally tally, boolean recommit) implements Stage {}

        record Leading(ClusterState chosen) implements Stage {}
    }

    /** Ids of three records and up to four stages, and the set of what was said. */
    private record World(long parts, long said, long saidMore) {

        int part(int index) {
            return (int) (parts >>> 9 * index) & 511;
        }

        World with(int index, int id) {
            return new World(parts & ~(511L << 9 * index) | (long) id << 9 * index, said, saidMore);
        }

        boolean has(int message) {
            return ((message < 64 ? said : saidMore) >>> message & 1) != 0;
        }

        World forgetting(int message) {
            return message < 64
                    ? new World(parts, said & ~(1L << message), saidMore)
                    : new World(parts, said, saidMore & ~(1L << message));
        }

        World saying(int message) {
            return message < 64
                    ? new World(parts, said | 1L << message, saidMore)
                    : new World(parts, said, saidMore | 1L << message);
        }
    }

    /** Gives equal things one small number; what makes them equal is a short key, as states are slow to hash. */
    private static final class Ids<T> {

        private final Map<Object, Integer> ids = new HashMap<>();
        private final List<T> things = new ArrayList<>();
        private final int limit;

        Ids(int limit) {
            this.limit = limit;
        }

        int of(Object key, T thing) {
            Integer id = ids.get(key);
            if (id == null) {
                id = things.size();
                assertThat(id).isLessThan(limit);
                ids.put(key, id);
                things.add(thing);
            }
            return id;
        }

        int size() {
            return things.size();
        }

        T get(int id) {
            return things.get(id);
        }
    }

    private final ClusterState founded = States.founded(ACCEPTORS);
    private final Ids<Object> parts = new Ids<>(512);
    private final Ids<Said> said = new Ids<>(128);
    /** Each state there is, once: the same object is the same state. */
    private final Map<Object, ClusterState> proposals = new HashMap<>();
    private final Map<ClusterState, Digest> digests = new IdentityHashMap<>();
    private List<Ballot> ballots = List.of();
    private long versions;

    @Test
    @DisplayName("L2 to L7: two ballots, versions 0 to 3: one value per version in every state")
    void twoBallotsFourVersions() {
        assertThat(walk(List.of(States.ballot(1, 1), States.ballot(2, 2)), 3)).isGreaterThan(10_000);
    }

    @Test
    @DisplayName("L2 to L7: three ballots of two proposers, one restarted, versions 0 to 2: one value per version")
    void threeBallotsThreeVersions() {
        assertThat(walk(List.of(States.ballot(1, 1), States.ballot(2, 2), new Ballot(3, States.life(1, 2))), 2))
                .isGreaterThan(40_000);
    }

    @Test
    @DisplayName("L2 to L7: four ballots of three proposers, versions 0 and 1: one value per version in every state")
    void fourBallotsTwoVersions() {
        assertThat(walk(List.of(States.ballot(1, 1), States.ballot(2, 2), States.ballot(3, 3),
                new Ballot(4, States.life(1, 2))), 1)).isGreaterThan(200_000);
    }

    private int walk(List<Ballot> walked, long newestVersion) {
        ballots = walked;
        versions = newestVersion;
        World start = new World(0, 0, 0);
        for (int node = 0; node < ACCEPTORS; node++) {
            start = start.with(node, id(States.record(node + 1, founded)));
        }
        for (int i = 0; i < ballots.size(); i++) {
            start = start.with(ACCEPTORS + i, id(new Stage.Unborn()));
        }
        HashSet<World> seen = new HashSet<>(List.of(start));
        ArrayDeque<World> next = new ArrayDeque<>(List.of(start));
        while (!next.isEmpty()) {
            World world = next.poll();
            successors(world, successor -> {
                World tidy = tidy(successor);
                if (seen.add(tidy)) {
                    next.add(tidy);
                }
            });
        }
        return seen.size();
    }

    private void successors(World world, Consumer<World> to) {
        for (int i = 0; i < ballots.size(); i++) {
            Ballot ballot = ballots.get(i);
            if (parts.get(world.part(ACCEPTORS + i)) instanceof Stage.Unborn) {
                prepare(world, i, ballot).ifPresent(to);
            } else {
                for (int node = 0; node < ACCEPTORS; node++) {
                    hearPrepare(world, node, i, to);
                }
            }
            if (parts.get(world.part(ACCEPTORS + i)) instanceof Stage.Leading(ClusterState chosen)
                    && chosen.version() < versions) {
                to.accept(offer(world, i, proposal(chosen, ballot), false));
            }
        }
        for (int message = 0; message < said.size(); message++) {
            if (world.has(message) && said.get(message) instanceof Said.Accept(Ballot ballot, ClusterState state)) {
                for (int node = 0; node < ACCEPTORS; node++) {
                    hearAccept(world, node, ballot, state, to);
                }
            }
        }
    }

    /** L7: the own promise is durable first. A later life of the same node ends the leader of the former. */
    private Optional<World> prepare(World world, int index, Ballot ballot) {
        int self = ballot.leader().node().number() - 1;
        AcceptorRecord record = record(world, self);
        if (!record.mayPromise(ballot)) {
            return Optional.empty();
        }
        AcceptorRecord promised = record.promising(ballot);
        World after = set(world, self, promised);
        for (int i = 0; i < index; i++) {
            if (ballots.get(i).leader().node().equals(ballot.leader().node())) {
                after = after.with(ACCEPTORS + i, id(new Stage.Preparing(Promises.none(ballots.get(i)))));
            }
        }
        Promises own = Promises.none(ballot).with(NodeId.of(self + 1), promised);
        return Optional.of(after.with(ACCEPTORS + index, id(new Stage.Preparing(own))));
    }

    private void hearPrepare(World world, int node, int index, Consumer<World> to) {
        Ballot ballot = ballots.get(index);
        AcceptorRecord record = record(world, node);
        boolean promises = record.mayPromise(ballot);
        if (promises || record.hasPromised(ballot)) {
            AcceptorRecord promised = promises ? record.promising(ballot) : record;
            World after = set(world, node, promised);
            to.accept(after);
            hearPromise(after, index, node, promised).ifPresent(to);
        }
    }

    private Optional<World> hearPromise(World world, int index, int from, AcceptorRecord record) {
        if (!(parts.get(world.part(ACCEPTORS + index)) instanceof Stage.Preparing(Promises promises))
                || promises.records().isEmpty()) {
            return Optional.empty();
        }
        Promises more = promises.with(NodeId.of(from + 1), record);
        return Optional.of(more.adopted()
                .map(adopted -> offer(world, index, adopted, true))
                .orElseGet(() -> world.with(ACCEPTORS + index, id(new Stage.Preparing(more)))));
    }

    private World offer(World world, int index, ClusterState state, boolean recommit) {
        Ballot ballot = ballots.get(index);
        return world.with(ACCEPTORS + index, id(new Stage.Offering(Tally.of(ballot, state), recommit)))
                .saying(id(new Said.Accept(ballot, state)));
    }

    private void hearAccept(World world, int node, Ballot ballot, ClusterState state, Consumer<World> to) {
        AcceptorRecord record = record(world, node);
        World after = switch (record.weigh(ballot, state.version())) {
            case NEW -> count(set(world, node, record.accepting(ballot, state)), ballot, state, node);
            case SAME -> {
                AgreementChecker.check(record.state() == state, "L7: two states for %s v%d", ballot, state.version());
                yield world;
            }
            case STALE, REFUSED -> null;
        };
        if (after != null) {
            to.accept(after);
            hearAccepted(after, ballot, state.version(), node).ifPresent(to);
        }
    }

    private Optional<World> hearAccepted(World world, Ballot ballot, long version, int from) {
        int index = ballots.indexOf(ballot);
        if (!(parts.get(world.part(ACCEPTORS + index)) instanceof Stage.Offering(Tally tally, boolean recommit))
                || tally.state().version() != version) {
            return Optional.empty();
        }
        Tally more = tally.with(NodeId.of(from + 1));
        Stage after = more.chosen() ? new Stage.Leading(more.state()) : new Stage.Offering(more, recommit);
        return Optional.of(world.with(ACCEPTORS + index, id(after)));
    }

    /** Counts for the check, apart from any leader: who has accepted what, ever, and what is chosen by that. */
    private World count(World world, Ballot ballot, ClusterState state, int node) {
        long version = state.version();
        Digest digest = digest(state);
        World after = world.saying(id(new Said.Accepted(ballot, version, digest, node)));
        int votes = 0;
        for (int other = 0; other < ACCEPTORS; other++) {
            votes += after.has(id(new Said.Accepted(ballot, version, digest, other))) ? 1 : 0;
        }
        if (!state.electorate().isQuorum(States.nodes(votes))) {
            return after;
        }
        for (int message = 0; message < said.size(); message++) {
            if (after.has(message) && said.get(message) instanceof Said.Chosen(long other, Digest twin)) {
                AgreementChecker.check(other != version || twin.equals(digest), "two values for version %d", version);
            }
        }
        return after.saying(id(new Said.Chosen(version, digest)));
    }

    /** Without what nobody can hear any more and the check has no use for: worlds that differ in it are one. */
    private World tidy(World world) {
        World tidy = world;
        for (int message = 0; message < said.size(); message++) {
            boolean over = world.has(message) && switch (said.get(message)) {
                case Said.Accept(Ballot ballot, ClusterState state) ->
                    nobodyAccepts(world, ballot, state.version(), true);
                case Said.Accepted(Ballot ballot, long version, Digest state, _) ->
                    world.has(id(new Said.Chosen(version, state))) || nobodyAccepts(world, ballot, version, false);
                case Said.Chosen _ -> false;
            };
            tidy = over ? tidy.forgetting(message) : tidy;
        }
        return tidy;
    }

    private boolean nobodyAccepts(World world, Ballot ballot, long version, boolean norAgain) {
        for (int node = 0; node < ACCEPTORS; node++) {
            AcceptorRecord.Offer offer = record(world, node).weigh(ballot, version);
            if (offer == AcceptorRecord.Offer.NEW || norAgain && offer == AcceptorRecord.Offer.SAME) {
                return false;
            }
        }
        return true;
    }

    private AcceptorRecord record(World world, int node) {
        return (AcceptorRecord) parts.get(world.part(node));
    }

    private World set(World world, int node, AcceptorRecord record) {
        AgreementChecker.check(!record(world, node).newerThan(record), "L3: n%d falls back to %s", node + 1, record);
        return world.with(node, id(record));
    }

    private ClusterState proposal(ClusterState chosen, Ballot ballot) {
        return proposals.computeIfAbsent(List.of(digest(chosen), ballot), _ -> {
            Draft draft = chosen.draft(ballot);
            draft.add(States.joined(States.life(1 + (int) chosen.version(), 1)));
            return draft.whole(digest(chosen));
        });
    }

    private Digest digest(ClusterState state) {
        return digests.computeIfAbsent(state, StateCodec::digest);
    }

    private int id(Object part) {
        return parts.of(key(part), part);
    }

    private int id(Said message) {
        return said.of(key(message), message);
    }

    private Object key(Object part) {
        return switch (part) {
            case AcceptorRecord(long recordId, var promised, var accepted, var state, _) ->
                List.of(recordId, promised, accepted, digest(state));
            case Stage.Preparing(Promises promises) ->
                List.of(promises.ballot(), promises.records().values().stream().map(this::key).toList());
            case Stage.Offering(Tally tally, boolean recommit) ->
                List.of(tally.ballot(), digest(tally.state()), tally.accepted(), recommit);
            case Stage.Leading(ClusterState chosen) -> digest(chosen);
            case Stage.Unborn unborn -> unborn;
            case Said.Accept(Ballot ballot, ClusterState state) -> List.of(ballot, digest(state));
            case Said.Accepted accepted -> accepted;
            case Said.Chosen chosen -> chosen;
            default -> throw new AssertionError(part);
        };
    }
}
