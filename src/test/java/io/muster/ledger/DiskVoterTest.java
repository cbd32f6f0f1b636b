package io.muster.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.block.DiskLayout;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.quorum.Electorate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A disk as an acceptor (rules D1 to D9): several nodes lead one after the other and against each other with a quorum of the
 * disk alone, and die at every point of a ballot, while the disk tears, loses and delays what was under way.
 */
class DiskVoterTest {

    private static final NodeId D1 = NodeId.ofDisk(1);
    private static final long DISK_RECORD = 0xD15C;
    private static final ClusterState FOUNDED = founded();

    private static ClusterState founded() {
        TreeMap<NodeId, Integer> votes = new TreeMap<>();
        votes.put(D1, 1);
        TreeMap<NodeId, Long> recordIds = new TreeMap<>();
        recordIds.put(D1, DISK_RECORD);
        return ClusterState.founded(States.CLUSTER, Electorate.majorityOf(votes), recordIds);
    }

    @Test
    @DisplayName("D1 to D5: whatever ballots race on one disk and wherever their nodes die, one value is chosen for a version")
    void oneValuePerVersion() {
        int chosen = 0;
        int deaths = 0;
        for (long seed = 0; seed < 1_200; seed++) {
            Race race = new Race(seed);
            race.run();
            chosen += race.chosen.size();
            deaths += race.deaths;
        }
        // Not vacuous: most races choose something, and many nodes die in the middle.
        assertThat(chosen).isGreaterThan(1_200);
        assertThat(deaths).isGreaterThan(600);
    }

    @Test
    @DisplayName("D8, L8: a disk that was replaced under a running node is another acceptor, and vouches for nothing")
    void aReplacedDiskIsAnother() {
        Race race = new Race(1);
        Racer one = race.racers.getFirst();
        one.voter.due(1, one);
        race.settle();
        assertThat(one.voter.recordId()).hasValue(DISK_RECORD);
        race.disk.fill((byte) 0);
        race.acceptor = DISK_RECORD + 1;
        Ballot ballot = new Ballot(7, one.who);
        one.ask(new LedgerMessage.Prepare(ballot));
        race.settle();
        assertThat(one.answers.getLast()).isInstanceOfSatisfying(LedgerMessage.Promise.class, promise -> {
            assertThat(promise.record().recordId()).isEqualTo(DISK_RECORD + 1);
            assertThat(Promises.none(ballot).with(D1, promise.record()).adopted()).isEmpty();
        });
        int before = one.answers.size();
        one.ask(new LedgerMessage.Accept(ballot, States.next(FOUNDED, ballot, States.joined(one.who))));
        race.settle();
        one.ask(new LedgerMessage.Beat(ballot, 1, 0));
        race.settle();
        assertThat(one.answers).hasSize(before);
    }

    @Test
    @DisplayName("D3: while a slot cannot be read in either copy the disk answers nothing; with one good copy it does")
    void aLostSlotSilencesTheDisk() {
        Race race = new Race(2);
        Racer one = race.racers.get(0);
        Racer two = race.racers.get(1);
        one.ask(new LedgerMessage.Prepare(new Ballot(3, one.who)));
        race.settle();
        race.disk.spoil(DiskLayout.ledgerHead(one.who.node(), 0));
        two.ask(new LedgerMessage.Prepare(new Ballot(2, two.who)));
        race.settle();
        assertThat(two.answers.getLast()).isEqualTo(
                new LedgerMessage.Refused(new Ballot(2, two.who), new Ballot(3, one.who)));
        race.disk.spoil(DiskLayout.ledgerHead(one.who.node(), 1));
        int before = two.answers.size();
        two.ask(new LedgerMessage.Prepare(new Ballot(9, two.who)));
        race.settle();
        assertThat(two.answers).hasSize(before);
        assertThat(two.failures.getLast()).contains("n1");
    }

    @Test
    @DisplayName("A1: the disk vouches for a beat only while no slot shows a higher ballot")
    void vouching() {
        Race race = new Race(3);
        Racer one = race.racers.get(0);
        Racer two = race.racers.get(1);
        Ballot first = new Ballot(1, one.who);
        one.ask(new LedgerMessage.Prepare(first));
        race.settle();
        one.ask(new LedgerMessage.Beat(first, 4, 0));
        race.settle();
        assertThat(one.answers.getLast()).isInstanceOfSatisfying(LedgerMessage.BeatHeard.class,
                heard -> assertThat(heard.sequence()).isEqualTo(4));
        two.ask(new LedgerMessage.Prepare(new Ballot(2, two.who)));
        race.settle();
        one.ask(new LedgerMessage.Beat(first, 5, 0));
        race.settle();
        assertThat(one.answers.getLast()).isEqualTo(new LedgerMessage.Refused(first, new Ballot(2, two.who)));
    }

    /** The bytes of a disk; blocks are 4 KiB, what was never written is zero. */
    private static final class Disk {
        private final TreeMap<Long, byte[]> blocks = new TreeMap<>();

        byte[] read(long offset, int length) {
            byte[] bytes = new byte[length];
            blocks.subMap(offset, offset + length).forEach((at, block) ->
                    System.arraycopy(block, 0, bytes, (int) (at - offset), block.length));
            return bytes;
        }

        void write(long offset, byte[] bytes) {
            for (int at = 0; at < bytes.length; at += DiskLayout.BLOCK_BYTES) {
                blocks.put(offset + at, Arrays.copyOfRange(bytes, at, at + DiskLayout.BLOCK_BYTES));
            }
        }

        /** Of each block some sectors only. */
        void tear(long offset, byte[] bytes, Prng chance) {
            byte[] torn = read(offset, bytes.length);
            for (int at = 0; at < bytes.length; at += 512) {
                if (chance.chance(0.5)) {
                    System.arraycopy(bytes, at, torn, at, 512);
                }
            }
            write(offset, torn);
        }

        void spoil(long offset) {
            byte[] bytes = read(offset, DiskLayout.BLOCK_BYTES);
            bytes[7] ^= 0x55;
            write(offset, bytes);
        }

        void fill(byte value) {
            blocks.values().forEach(block -> Arrays.fill(block, value));
        }
    }

    /** Nodes that all want to lead, with a quorum of the disk alone. */
    private static final class Race {
        private final Prng chance;
        private final Disk disk = new Disk();
        private final List<Racer> racers = new ArrayList<>();
        private final List<Effect.WriteDisk> ghosts = new ArrayList<>();
        private final TreeMap<Long, Digest> chosen = new TreeMap<>();
        private long acceptor = DISK_RECORD;
        private long round = 1;
        private int deaths;

        Race(long seed) {
            chance = new Prng(seed);
            for (int node = 1; node <= 3; node++) {
                racers.add(new Racer(this, Incarnation.of(node, 1)));
            }
        }

        void run() {
            for (int step = 0; step < 190; step++) {
                int at = chance.nextInt(racers.size());
                Racer racer = racers.get(at);
                if (!ghosts.isEmpty() && chance.chance(0.1)) {
                    Effect.WriteDisk ghost = ghosts.removeFirst();
                    disk.write(ghost.offset(), ghost.bytes().toArray());
                } else if (racer.pending.isPresent() && deaths < 4 && chance.chance(0.05)) {
                    deaths++;
                    racer.dies(chance);
                    racers.set(at, new Racer(this, new Incarnation(racer.who.node(), racer.who.life() + 1)));
                } else if (racer.pending.isPresent()) {
                    racer.carryOut(chance.chance(0.03));
                } else if (round < 9 && chance.chance(0.5)) {
                    racer.race(new Ballot(racer.idle() && chance.chance(0.3) ? round : ++round, racer.who));
                } else {
                    racer.askAgain();
                }
            }
        }

        void settle() {
            for (int i = 0; i < 100; i++) {
                racers.stream().filter(racer -> racer.pending.isPresent()).forEach(racer -> racer.carryOut(false));
            }
        }

        void chose(ClusterState state) {
            Digest digest = StateCodec.digest(state);
            Digest before = chosen.putIfAbsent(state.version(), digest);
            assertThat(before == null || before.equals(digest)).as("version %d has two values", state.version()).isTrue();
        }

    }

    /** A node with its use of the disk, and what a leader does with the answers. */
    private static final class Racer implements Outbox<DiskVoterNews> {
        private final Race race;
        private final Incarnation who;
        private final DiskVoter voter;
        private final List<LedgerMessage> answers = new ArrayList<>();
        private final List<String> failures = new ArrayList<>();
        private Optional<Effect.OnDisk> pending = Optional.empty();
        private Optional<LedgerMessage> asked = Optional.empty();
        private Optional<ClusterState> leads = Optional.empty();
        private long now = 1;

        Racer(Race race, Incarnation who) {
            this.race = race;
            this.who = who;
            this.voter = new DiskVoter(who, D1, "q", FOUNDED, (Bytes _, ClusterId _) -> OptionalLong.of(race.acceptor),
                    1_000, 10, 0);
        }

        boolean idle() {
            return asked.isEmpty();
        }

        void race(Ballot ballot) {
            leads = Optional.empty();
            ask(new LedgerMessage.Prepare(ballot));
        }

        void ask(LedgerMessage message) {
            asked = Optional.of(message);
            now += 100;
            voter.due(now, this);
            voter.step(new DiskVoterInput.Asked(message), now, this);
        }

        void askAgain() {
            asked.ifPresent(this::ask);
        }

        void carryOut(boolean fails) {
            Effect.OnDisk effect = pending.orElseThrow();
            pending = Optional.empty();
            Completion.OfDisk end = switch (effect) {
                case Effect.ReadDisk read when fails -> new Completion.DiskFailed(read.ticket(), "slow");
                case Effect.ReadDisk read -> new Completion.DiskRead(
                        read.ticket(), Bytes.owning(race.disk.read(read.offset(), read.length())));
                case Effect.WriteDisk write -> {
                    if (fails && race.chance.chance(0.5)) {
                        race.disk.tear(write.offset(), write.bytes().toArray(), race.chance);
                    } else {
                        race.disk.write(write.offset(), write.bytes().toArray());
                    }
                    yield fails ? new Completion.DiskFailed(write.ticket(), "slow")
                            : new Completion.DiskWritten(write.ticket());
                }
            };
            voter.step(new DiskVoterInput.Completed(end), ++now, this);
        }

        /** What is under way is done, lost, torn, or lands in the next life (one ghost at most, rule D5). */
        void dies(Prng chance) {
            if (pending.orElseThrow() instanceof Effect.WriteDisk write) {
                switch (chance.nextInt(4)) {
                    case 0 -> race.disk.write(write.offset(), write.bytes().toArray());
                    case 1 -> race.disk.tear(write.offset(), write.bytes().toArray(), chance);
                    case 2 -> race.ghosts.add(write);
                    default -> { /* lost */ }
                }
            }
        }

        @Override
        public void announce(DiskVoterNews news) {
            switch (news) {
                case DiskVoterNews.Answered(LedgerMessage message) -> {
                    answers.add(message);
                    answered(message);
                }
                case DiskVoterNews.Failed(String why) -> failures.add(why);
                case DiskVoterNews.Opened _ -> { /* seen by its record */ }
            }
        }

        private void answered(LedgerMessage message) {
            switch (message) {
                case LedgerMessage.Promise(Ballot ballot, AcceptorRecord record) when asksFor(ballot) -> {
                    Optional<ClusterState> adopted = Promises.none(ballot).with(D1, record).adopted();
                    // What nobody accepted may be anything: a version of its own. Otherwise the adopted one, again.
                    if (adopted.isEmpty()) {
                        return;
                    }
                    ClusterState state = adopted.get();
                    ClusterState offer = record.accepted().isEmpty() ? following(state, ballot) : state;
                    asked = Optional.of(new LedgerMessage.Accept(ballot, offer));
                }
                case LedgerMessage.Accepted(Ballot ballot, long version) when asked.filter(open ->
                        open instanceof LedgerMessage.Accept(Ballot own, ClusterState state)
                                && own.equals(ballot) && state.version() == version).isPresent() -> {
                    ClusterState state = ((LedgerMessage.Accept) asked.get()).state();
                    race.chose(state);
                    asked = state.version() > 4 ? Optional.empty()
                            : Optional.of(new LedgerMessage.Accept(ballot, following(state, ballot)));
                }
                case LedgerMessage.Refused _ -> asked = Optional.empty();
                default -> { /* of an earlier request */ }
            }
        }

        private boolean asksFor(Ballot ballot) {
            return asked.filter(open -> open instanceof LedgerMessage.Prepare(Ballot own) && own.equals(ballot)).isPresent();
        }

        private static ClusterState following(ClusterState state, Ballot ballot) {
            Incarnation life = new Incarnation(NodeId.of(10), state.lastLives().getOrDefault(NodeId.of(10), 0L) + 1);
            return state.members().containsKey(NodeId.of(10))
                    ? States.next(state, ballot, new LedgerEvent.MemberLeft(state.members().get(NodeId.of(10)).who()))
                    : States.next(state, ballot, States.joined(life));
        }

        @Override
        public void perform(Effect effect) {
            assertThat(pending).as("one effect at a time").isEmpty();
            pending = Optional.of((Effect.OnDisk) effect);
        }

        @Override
        public void send(NodeId to, Message message) {
            throw new AssertionError("a disk voter sends nothing");
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            throw new AssertionError("a disk voter casts nothing");
        }
    }

    @Test
    @DisplayName("disks are voters beside nodes: sets of both walk nodes first, and no set of nodes on the wire holds a disk")
    void disksInSets() throws Exception {
        NodeSet both = NodeSet.of(D1, NodeId.of(64), NodeId.of(2));
        assertThat(both).containsExactly(NodeId.of(2), NodeId.of(64), D1).hasToString("{n2 n64 d1}");
        assertThat(both.count()).isEqualTo(3);
        assertThat(both.without(D1)).isEqualTo(both.nodesOnly());
        assertThat(both.minus(both.nodesOnly())).isEqualTo(both.disksOnly()).isEqualTo(NodeSet.of(D1));
        assertThat(both.containsAll(NodeSet.of(D1))).isTrue();
        assertThat(NodeSet.of(NodeId.of(1)).containsAll(NodeSet.of(D1))).isFalse();
        assertThat(NodeId.parseVoter("d8")).isEqualTo(NodeId.ofDisk(8));
    }
}
