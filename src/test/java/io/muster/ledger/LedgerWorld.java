package io.muster.ledger;

import io.muster.base.Bytes;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.base.Prng;
import io.muster.base.TimeBudget;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Message;
import io.muster.machine.Outbox;
import io.muster.wire.ByteReader;
import io.muster.wire.ByteWriter;
import io.muster.wire.MalformedFrame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A few ledgers on virtual time, with a network that loses, doubles and delays, links that can be cut one way, and
 * files that lose, tear and keep what is written when a process or the power dies. Every message goes through the
 * codec; a checker watches everything. The same seed makes the same run.
 */
final class LedgerWorld {

    static final TimeBudget TIMES = TimeBudget.lan();
    static final long MS = TimeBudget.MS;
    private static final int SECTOR = 128;

    private record Event(long at, long order, Runnable run) {}

    final AgreementChecker checker = new AgreementChecker();
    final TreeMap<NodeId, Host> hosts = new TreeMap<>();
    final Prng chance;
    final Hash64 trace = new Hash64();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private final NodeSet nodes;
    private final LedgerCodec codec = new LedgerCodec();
    long now;
    /** Chances and spans of the faults of this run; all 0 when healed. */
    double loss;
    double doubling;
    double late;
    long slowWriteNs;
    /** Whether leaders propose of their own accord. */
    boolean proposing = true;
    /** Whether a leader evicts a living member now and then. */
    double evicting;
    /** What a leader wants beside the membership, when that wants nothing. */
    Consumer<Draft> wish = _ -> { };
    private long order;

    LedgerWorld(long seed, int nodeCount, int voters) {
        chance = new Prng(seed);
        nodes = States.nodes(nodeCount);
        ClusterState founded = States.founded(voters);
        nodes.forEach(node -> hosts.put(node, new Host(node, RecordFile.founding(
                AcceptorRecord.founding(100 + node.number(), founded)))));
        hosts.values().forEach(Host::boot);
        linksChanged();
    }

    void at(long delayNs, Runnable run) {
        events.add(new Event(now + delayNs, order++, run));
    }

    void runFor(long spanNs) {
        long until = now + spanNs;
        while (!events.isEmpty() && events.peek().at() <= until) {
            Event event = events.poll();
            now = event.at();
            event.run().run();
        }
        now = until;
    }

    /** Heartbeats find out about a changed link or death some time later, each node in its own time. */
    void linksChanged() {
        for (Host host : hosts.values()) {
            at(chance.between(MS, 40 * MS), host::lookAround);
        }
    }

    Optional<Host> leader() {
        return hosts.values().stream()
                .filter(host -> host.ledger.isPresent() && host.ledger.get().leading())
                .max(Comparator.comparing(host -> host.ledger.get().following().orElseThrow()));
    }

    boolean allApplied(long version) {
        return hosts.values().stream().allMatch(host ->
                host.ledger.isPresent() && host.ledger.get().state().version() >= version);
    }

    /** Ends all faults; every host runs, once its pause is over. */
    void heal() {
        loss = 0;
        doubling = 0;
        late = 0;
        slowWriteNs = 0;
        evicting = 0;
        for (Host host : hosts.values()) {
            host.deafTo = NodeSet.NONE;
            if (host.ledger.isEmpty()) {
                host.boot();
            }
        }
        linksChanged();
    }

    /** One node: its process, its file in the cache and on the medium. */
    final class Host implements Outbox<LedgerNews> {

        final NodeId node;
        Optional<Ledger> ledger = Optional.empty();
        NodeSet deafTo = NodeSet.NONE;
        long pausedUntil;
        long life;
        private final byte[][] cache = new byte[2][];
        private final byte[][] medium = new byte[2][];
        private AcceptorRecord onMedium;
        private Optional<Effect.Write> inFlight = Optional.empty();
        private long epoch;
        private long dueAt = Long.MAX_VALUE;
        private boolean thinking;
        private int writes;
        private int diesAtWrite;
        private Runnable dying = () -> { };
        private int sends;
        private int diesAtSend;
        private Runnable dyingAtSend = () -> { };

        Host(NodeId node, byte[] file) {
            this.node = node;
            for (int pair = 0; pair < 2; pair++) {
                cache[pair] = Arrays.copyOfRange(
                        file, (int) RecordFile.offsetOf(pair), (int) RecordFile.offsetOf(pair) + 8192);
                medium[pair] = cache[pair].clone();
            }
            readMedium();
        }

        Incarnation self() {
            return new Incarnation(node, life);
        }

        /** While the write with this number, counted from now, is in flight, something happens. */
        void atWrite(int number, Runnable run) {
            diesAtWrite = writes + number;
            dying = run;
        }

        /** Instead of the message with this number, counted from now, something happens. */
        void atSend(int number, Runnable run) {
            diesAtSend = sends + number;
            dyingAtSend = run;
        }

        void boot() {
            epoch++;
            life++;
            readMedium();
            RecordFile.Loaded loaded = load(cache);
            ledger = Optional.of(new Ledger(self(), nodes, TIMES, loaded, chance.fork("n"), now));
            dueAt = Long.MAX_VALUE;
            thinking = false;
            schedule();
            linksChanged();
        }

        /** The process dies; with {@code power}, what was in the cache only is lost too. */
        void die(boolean power) {
            // A killed process may have handed over all, some or nothing; the medium may have any part of that.
            die(power, chance.chance(0.5) ? -1L : chance.nextLong(), chance.nextLong());
        }

        /**
         * Dies with a write in flight of which these sectors were handed to the cache, and of those these are on the
         * medium; bit i is for sector i, the bits repeat after 64.
         */
        void die(boolean power, long handedOver, long kept) {
            epoch++;
            ledger = Optional.empty();
            inFlight.ifPresent(write -> {
                int pair = pairOf(write);
                cache[pair] = overlay(cache[pair], write, handedOver);
                medium[pair] = overlay(medium[pair], whole(pair), kept);
            });
            if (power) {
                cache[0] = medium[0].clone();
                cache[1] = medium[1].clone();
            }
            inFlight = Optional.empty();
            linksChanged();
        }

        void lookAround() {
            if (ledger.isPresent()) {
                NodeSet twoWay = NodeSet.NONE;
                for (Host other : hosts.values()) {
                    if (other.ledger.isPresent() && !other.node.equals(node) && !deafTo.contains(other.node)
                            && !other.deafTo.contains(node)) {
                        twoWay = twoWay.with(other.node);
                    }
                }
                input(new LedgerInput.TwoWay(twoWay));
            }
        }

        void input(LedgerInput input) {
            if (ledger.isEmpty()) {
                return;
            }
            if (now < pausedUntil) {
                long then = epoch;
                at(pausedUntil - now, () -> {
                    if (then == epoch) {
                        input(input);
                    }
                });
                return;
            }
            ledger.get().step(input, now, this);
            after();
        }

        private void after() {
            if (ledger.isEmpty()) {
                return;
            }
            ledger.get().digest(trace);
            trace.add(now);
            if (proposing && !thinking && ledger.get().proposable()) {
                long then = epoch;
                thinking = true;
                at(chance.between(MS, 150 * MS), () -> {
                    if (then == epoch) {
                        thinking = false;
                        propose();
                    }
                });
            }
            schedule();
        }

        private void schedule() {
            long deadline = Math.max(now, ledger.get().deadline());
            if (deadline < Long.MAX_VALUE && deadline < dueAt) {
                dueAt = deadline;
                long then = epoch;
                at(Math.max(deadline, pausedUntil) - now, () -> {
                    if (then == epoch && dueAt == deadline) {
                        dueAt = Long.MAX_VALUE;
                        due();
                    }
                });
            }
        }

        private void due() {
            if (now >= pausedUntil && now >= ledger.get().deadline()) {
                ledger.get().due(now, this);
                after();
            } else {
                schedule();
            }
        }

        /** What a membership would want: the dead out and fenced, the living in; else a group comes or goes. */
        private void propose() {
            if (!ledger.get().proposable()) {
                return;
            }
            Draft draft = ledger.get().draft();
            for (Member member : draft.base().members().values()) {
                Host host = hosts.get(member.who().node());
                boolean lives = host.ledger.isPresent() && host.self().equals(member.who());
                if (!lives || chance.chance(evicting)) {
                    draft.add(new LedgerEvent.MemberEvicted(member.who(), lives ? "unlucky" : "dead"));
                }
            }
            for (Departure departure : draft.state().departures().values()) {
                Host host = hosts.get(departure.who().node());
                if (departure.intent().isEmpty()) {
                    draft.add(new LedgerEvent.FenceIntended(
                            draft.state().nextIntent(), departure.who(), departure.reason(), draft.ballot()));
                } else if (!departure.harmless() && !host.self().equals(departure.who())) {
                    draft.add(new LedgerEvent.FenceEvidenced(departure.intent().get().id(), departure.who(),
                            EvidenceClass.PROCESS_ENDED, "gone", node));
                }
            }
            for (Host host : hosts.values()) {
                if (host.ledger.isPresent()) {
                    draft.add(States.joined(host.self()));
                }
            }
            for (Group group : draft.state().groups().values()) {
                group.members().values().forEach(who -> draft.add(new LedgerEvent.GroupLost(group.name(), who)));
                if (group.phase() != Phase.RUNNING) {
                    draft.add(new LedgerEvent.PhaseReached(group.name(), group.generation(), group.phase().next()));
                }
            }
            if (draft.isEmpty()) {
                wish.accept(draft);
            }
            if (draft.isEmpty()) {
                draft.add(new LedgerEvent.GroupJoined(States.DATA, self()))
                        .flatMap(_ -> draft.add(new LedgerEvent.GroupLeft(States.DATA, self())))
                        .flatMap(_ -> draft.add(new LedgerEvent.GroupJoined(
                                new GroupName("g" + chance.nextInt(3)), self())));
            }
            input(new LedgerInput.Propose(draft));
        }

        @Override
        public void send(NodeId to, Message message) {
            sends++;
            if (sends == diesAtSend) {
                dyingAtSend.run();
            }
            if (ledger.isEmpty()) {
                return; // it died in the middle of this step
            }
            LedgerMessage sent = (LedgerMessage) message;
            checker.sent(self(), sent, Optional.of(onMedium));
            Incarnation from = self();
            ByteWriter bytes = new ByteWriter();
            codec.encode(sent, bytes);
            int copies = chance.chance(loss) ? 0 : chance.chance(doubling) ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                long delay = chance.chance(late) ? chance.between(MS, 2_000 * MS) : chance.between(MS / 20, MS);
                at(delay, () -> hosts.get(to).arrive(from, bytes.toArray()));
            }
        }

        private void arrive(Incarnation from, byte[] bytes) {
            if (!deafTo.contains(from.node())) {
                try {
                    input(new LedgerInput.Arrived(from, codec.decode(new ByteReader(bytes))));
                } catch (MalformedFrame e) {
                    throw new AssertionError("a message does not come back from its bytes", e);
                }
            }
        }

        @Override
        public void cast(NodeId to, int link, Message message) {
            throw new AssertionError("the ledger casts nothing: " + message);
        }

        @Override
        public void perform(Effect effect) {
            if (ledger.isEmpty()) {
                return;
            }
            Effect.Write write = (Effect.Write) effect;
            AgreementChecker.check(inFlight.isEmpty(), "D4: two writes in flight on %s", node);
            inFlight = Optional.of(write);
            writes++;
            long then = epoch;
            if (writes == diesAtWrite) {
                at(MS / 4, dying);
            }
            at(chance.between(MS / 2, MS) + (slowWriteNs == 0 ? 0 : chance.nextLong(slowWriteNs)), () -> {
                if (then == epoch) {
                    written(write);
                }
            });
        }

        private void written(Effect.Write write) {
            int pair = pairOf(write);
            cache[pair] = overlay(cache[pair], write, -1L);
            medium[0] = cache[0].clone();
            medium[1] = cache[1].clone();
            inFlight = Optional.empty();
            readMedium();
            checker.onMedium(node, onMedium, now);
            input(new LedgerInput.Completed(new Completion.Written(write.ticket())));
        }

        /** What a loss of power right now would leave. */
        private void readMedium() {
            onMedium = load(medium).record();
        }

        private Effect.Write whole(int pair) {
            return new Effect.Write(0, RecordFile.NAME, RecordFile.offsetOf(pair), Bytes.owning(cache[pair]));
        }

        @Override
        public void announce(LedgerNews news) {
            if (ledger.isEmpty()) {
                return;
            }
            checker.announced(self(), news, now);
            if (news instanceof LedgerNews.Applied applied && applied.state().isPast(self())) {
                // Evicted: this life ends, and comes back as the next.
                long then = epoch;
                at(chance.between(MS, 300 * MS), () -> {
                    if (then == epoch) {
                        die(false);
                        boot();
                    }
                });
            }
        }

        private RecordFile.Loaded load(byte[][] pairs) {
            byte[] file = new byte[(int) RecordFile.offsetOf(1) + pairs[1].length];
            for (int pair = 0; pair < 2; pair++) {
                System.arraycopy(pairs[pair], 0, file, (int) RecordFile.offsetOf(pair), pairs[pair].length);
            }
            return RecordFile.load(file);
        }
    }

    private static int pairOf(Effect.Write write) {
        return write.offset() < RecordFile.offsetOf(1) ? 0 : 1;
    }

    /** Those sectors of a write over an old pair whose bit is set; the bits repeat after 64. */
    private static byte[] overlay(byte[] old, Effect.Write write, long sectors) {
        byte[] bytes = write.bytes().shared();
        int at = (int) (write.offset() - RecordFile.offsetOf(pairOf(write)));
        byte[] over = Arrays.copyOf(old, Math.max(old.length, at + bytes.length));
        for (int from = 0; from < bytes.length; from += SECTOR) {
            if ((sectors >> from / SECTOR % 64 & 1) != 0) {
                System.arraycopy(bytes, from, over, at + from, Math.min(SECTOR, bytes.length - from));
            }
        }
        return over;
    }
}
