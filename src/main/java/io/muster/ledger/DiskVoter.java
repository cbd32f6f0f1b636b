package io.muster.ledger;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.block.DiskLayout;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import io.muster.wire.ByteReader;
import io.muster.wire.MalformedFrame;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * One voting disk as this node uses it: asked like any acceptor, it answers like one, and is passive all the same (Disk Paxos,
 * rules D1 to D9). To promise or accept, this node writes its own slot, both copies, each flushed, and then reads every slot;
 * the disk has done it when none shows a higher ballot. To vouch for a beat it reads every slot.
 *
 * <p>One request at a time: what is asked meanwhile replaces what waits, as whoever asks does so again until it is answered.
 * After any error the request is dropped and the disk is opened anew: its header, then all slots, the own one carried on
 * (rule D3). A promise always begins so, which is how a disk that was replaced under a running node is seen.
 */
public final class DiskVoter implements Machine<DiskVoterInput, DiskVoterNews> {

    /** Reads a block of the disk's header: the id of the acceptor on it, if it is a disk of this cluster. */
    public interface Header {
        OptionalLong acceptorId(Bytes block, ClusterId cluster);
    }

    private sealed interface Request {

        record Open() implements Request {}

        record Promise(Ballot ballot) implements Request {}

        record Accept(Ballot ballot, ClusterState state) implements Request {}

        record Vouch(Ballot ballot, long sequence) implements Request {}
    }

    /** Tickets of several disks differ above this bit, and lie below those of the disk heartbeats. */
    private static final int TICKETS_SHIFT = 40;

    private enum Step {
        HEADER_0, HEADER_1, HEADER_2, SLOTS_0, SLOTS_1, STATE_0, STATE_1, HEAD_0, HEAD_1, LOOK_0, LOOK_1, FETCH_0, FETCH_1
    }

    private final Incarnation self;
    private final NodeId id;
    private final String disk;
    private final ClusterState founding;
    private final Header header;
    /** What slots name: those of a ledger that was given up say nothing (rule Q6). */
    private final ClusterId of;
    private final long limitNs;
    private final long againNs;
    private ClusterState known;
    private OptionalLong acceptorId = OptionalLong.empty();
    private Optional<DiskHead> own = Optional.empty();
    /** Whether both copies of {@code own} were written by this life since the disk was opened. */
    private boolean written;
    private Optional<Request> running = Optional.empty();
    private Optional<Request> waiting = Optional.empty();
    private final Deque<Step> left = new ArrayDeque<>();
    private final TreeMap<Long, Integer> headers = new TreeMap<>();
    private final byte[][] copies = new byte[2][];
    private Optional<DiskSlots> seen = Optional.empty();
    private Optional<DiskHead> next = Optional.empty();
    private long ticket;
    private long openAt;

    /**
     * @param id       the disk's number among the voters
     * @param disk     its name in the configuration
     * @param founding the founding state of this ledger: what a disk has accepted on which nothing was ever accepted
     * @param limitNs  after which a read or write counts as failed (rule D9)
     * @param againNs  between two tries to open the disk
     */
    public DiskVoter(Incarnation self, NodeId id, String disk, ClusterState founding, Header header, long limitNs,
            long againNs, long now) {
        this.self = self;
        this.id = id;
        this.disk = disk;
        this.founding = founding;
        this.known = founding;
        this.header = header;
        this.limitNs = limitNs;
        this.againNs = againNs;
        this.openAt = now;
        this.of = founding.cluster().ofLedger(founding.voting().ledger());
        this.ticket = (long) id.number() << TICKETS_SHIFT;
    }

    @Override
    public void step(DiskVoterInput input, long now, Outbox<DiskVoterNews> out) {
        switch (input) {
            case DiskVoterInput.Known(ClusterState state) -> known = state.version() >= known.version() ? state : known;
            case DiskVoterInput.Asked(LedgerMessage message) -> {
                request(message).ifPresent(request -> waiting = Optional.of(request));
                begin(now, out);
            }
            case DiskVoterInput.Completed(Completion.OfDisk completion) -> {
                if (running.isPresent() && completion.ticket() == ticket) {
                    completed(completion, now, out);
                }
            }
        }
    }

    @Override
    public void due(long now, Outbox<DiskVoterNews> out) {
        if (now >= deadline()) {
            waiting = waiting.isPresent() ? waiting : Optional.of(new Request.Open());
            begin(now, out);
        }
    }

    /** While it is not open it is tried again and again. */
    @Override
    public long deadline() {
        return running.isEmpty() && own.isEmpty() ? openAt : NEVER;
    }

    /** The id under which the disk's record is known; empty while it cannot be read. */
    public OptionalLong recordId() {
        return own.isPresent() ? acceptorId : OptionalLong.empty();
    }

    public void digest(Hash64 into) {
        into.add(id.number()).add(left.size()).add(own.map(DiskHead::sequence).orElse(-1L)).add(openAt)
                .add(running.isPresent() ? 1 : 0).add(waiting.isPresent() ? 1 : 0);
    }

    private Optional<Request> request(LedgerMessage message) {
        return switch (message) {
            case LedgerMessage.Prepare(Ballot ballot) -> Optional.of(new Request.Promise(ballot));
            case LedgerMessage.Accept(Ballot ballot, ClusterState state) -> Optional.of(new Request.Accept(ballot, state));
            // A vouch is asked for once: what is asked again and again must not be lost for it.
            case LedgerMessage.Beat(Ballot ballot, long sequence, long _) ->
                waiting.filter(other -> !(other instanceof Request.Vouch)).isPresent()
                        ? Optional.empty() : Optional.of(new Request.Vouch(ballot, sequence));
            case LedgerMessage.Promise _, LedgerMessage.Accepted _, LedgerMessage.Refused _, LedgerMessage.Chosen _,
                    LedgerMessage.BeatHeard _ -> Optional.empty();
        };
    }

    private void begin(long now, Outbox<DiskVoterNews> out) {
        if (running.isPresent() || waiting.isEmpty() || own.isEmpty() && now < openAt) {
            return;
        }
        running = waiting;
        waiting = Optional.empty();
        next = Optional.empty();
        left.clear();
        headers.clear();
        if (own.isEmpty() || running.get() instanceof Request.Promise) {
            left.addAll(Arrays.asList(Step.HEADER_0, Step.HEADER_1, Step.HEADER_2, Step.SLOTS_0, Step.SLOTS_1));
            perform(out);
        } else {
            planned(now, out);
        }
    }

    /** The disk is open: what the request still needs. */
    private void planned(long now, Outbox<DiskVoterNews> out) {
        DiskHead mine = own.orElseThrow();
        switch (running.orElseThrow()) {
            case Request.Open _ -> end(now, out);
            case Request.Promise(Ballot ballot) -> toWrite(ballot, mine.accepted(), now, out);
            case Request.Vouch(Ballot ballot, long _) -> {
                if (!known.knows(id, acceptorId.orElseThrow())) {
                    end(now, out);
                } else if (written && mine.promised().filter(ballot::equals).isPresent()) {
                    look(out);
                } else {
                    // A ballot that was prepared without this disk is promised now, or it could never vouch.
                    toWrite(ballot, mine.accepted(), now, out);
                }
            }
            case Request.Accept(Ballot ballot, ClusterState state) -> toAccept(ballot, state, mine, now, out);
        }
    }

    private void toAccept(Ballot ballot, ClusterState state, DiskHead mine, long now, Outbox<DiskVoterNews> out) {
        if (!state.knows(id, acceptorId.orElseThrow())) {
            end(now, out);
            return;
        }
        byte[] bytes = StateCodec.bytes(state);
        int area = mine.accepted().map(DiskHead.Accepted::area).map(used -> 1 - used).orElse(0);
        DiskHead.Accepted wanted = new DiskHead.Accepted(
                ballot, state.version(), area, bytes.length, DiskHead.crc(bytes, 0, bytes.length));
        int order = mine.accepted().map(has -> has.compareTo(wanted)).orElse(-1);
        if (order > 0) {
            end(now, out); // a delayed duplicate would take back what may be chosen (rule L3)
        } else if (order == 0 && written) {
            look(out);
        } else {
            left.addAll(Arrays.asList(Step.STATE_0, Step.STATE_1));
            toWrite(ballot, Optional.of(wanted), now, out);
        }
    }

    /** Write, flush, then look (rule D2). */
    private void toWrite(Ballot ballot, Optional<DiskHead.Accepted> accepted, long now, Outbox<DiskVoterNews> out) {
        DiskHead mine = own.orElseThrow();
        Optional<Ballot> above = mine.promised().filter(promised -> promised.compareTo(ballot) > 0);
        if (above.isPresent()) {
            answer(new LedgerMessage.Refused(ballot, above.get()), now, out);
            return;
        }
        if (written && mine.promised().filter(ballot::equals).isPresent() && mine.accepted().equals(accepted)) {
            look(out);
            return;
        }
        long sequence = mine.life() == self.life() ? mine.sequence() + 1 : 1;
        next = Optional.of(new DiskHead(self.node(), self.life(), sequence, Optional.of(ballot), accepted));
        left.addAll(Arrays.asList(Step.HEAD_0, Step.HEAD_1, Step.LOOK_0, Step.LOOK_1));
        perform(out);
    }

    private void look(Outbox<DiskVoterNews> out) {
        left.addAll(Arrays.asList(Step.LOOK_0, Step.LOOK_1));
        perform(out);
    }

    private void perform(Outbox<DiskVoterNews> out) {
        ticket++;
        NodeId node = self.node();
        out.perform(switch (left.getFirst()) {
            case HEADER_0 -> read(DiskLayout.header(0), DiskLayout.BLOCK_BYTES);
            case HEADER_1 -> read(DiskLayout.header(1), DiskLayout.BLOCK_BYTES);
            case HEADER_2 -> read(DiskLayout.header(2), DiskLayout.BLOCK_BYTES);
            case SLOTS_0, LOOK_0 -> read(DiskLayout.ledgerHeads(0), NodeId.LIMIT * DiskLayout.BLOCK_BYTES);
            case SLOTS_1, LOOK_1 -> read(DiskLayout.ledgerHeads(1), NodeId.LIMIT * DiskLayout.BLOCK_BYTES);
            case STATE_0 -> write(DiskLayout.ledgerState(node, wantedArea(), 0), stateBlocks());
            case STATE_1 -> write(DiskLayout.ledgerState(node, wantedArea(), 1), stateBlocks());
            case HEAD_0 -> write(DiskLayout.ledgerHead(node, 0), headBlock());
            case HEAD_1 -> write(DiskLayout.ledgerHead(node, 1), headBlock());
            case FETCH_0 -> fetch(0);
            case FETCH_1 -> fetch(1);
        });
    }

    private Effect.ReadDisk read(long offset, int length) {
        return new Effect.ReadDisk(ticket, disk, offset, length, limitNs);
    }

    private Effect.WriteDisk write(long offset, Bytes bytes) {
        return new Effect.WriteDisk(ticket, disk, offset, bytes, limitNs);
    }

    private Effect.ReadDisk fetch(int copy) {
        DiskHead newest = seen.orElseThrow().accepted().orElseThrow();
        DiskHead.Accepted it = newest.accepted().orElseThrow();
        return read(DiskLayout.ledgerState(newest.node(), it.area(), copy), blocks(it.length()));
    }

    private int wantedArea() {
        return next.orElseThrow().accepted().orElseThrow().area();
    }

    private Bytes headBlock() {
        return next.orElseThrow().encode(of, acceptorId.orElseThrow());
    }

    private Bytes stateBlocks() {
        byte[] bytes = StateCodec.bytes(((Request.Accept) running.orElseThrow()).state());
        return Bytes.owning(Arrays.copyOf(bytes, blocks(bytes.length)));
    }

    private static int blocks(int length) {
        return (length + DiskLayout.BLOCK_BYTES - 1) / DiskLayout.BLOCK_BYTES * DiskLayout.BLOCK_BYTES;
    }

    private void completed(Completion.OfDisk completion, long now, Outbox<DiskVoterNews> out) {
        Step step = left.removeFirst();
        switch (completion) {
            case Completion.DiskFailed(long _, String why) -> failed(why, now, out);
            case Completion.DiskWritten _ -> {
                if (step == Step.HEAD_1) {
                    own = next;
                    written = true;
                }
                perform(out);
            }
            case Completion.DiskRead(long _, Bytes bytes) -> wasRead(step, bytes, now, out);
        }
    }

    private void wasRead(Step step, Bytes bytes, long now, Outbox<DiskVoterNews> out) {
        switch (step) {
            case HEADER_0, HEADER_1, HEADER_2 -> headerRead(step, bytes, now, out);
            case SLOTS_0, LOOK_0 -> {
                copies[0] = bytes.toArray();
                perform(out);
            }
            case SLOTS_1, LOOK_1 -> {
                copies[1] = bytes.toArray();
                looked(step == Step.SLOTS_1, now, out);
            }
            case FETCH_0, FETCH_1 -> fetched(step, bytes, now, out);
            case STATE_0, STATE_1, HEAD_0, HEAD_1 -> Invariant.holds(false, "%s was read instead of written", step);
        }
    }

    /** All copies have to agree while any two can be read: one alone may be what an interrupted formatting left. */
    private void headerRead(Step step, Bytes bytes, long now, Outbox<DiskVoterNews> out) {
        OptionalLong found = header.acceptorId(bytes, founding.cluster());
        found.ifPresent(id -> headers.merge(id, 1, Integer::sum));
        if (step != Step.HEADER_2) {
            perform(out);
            return;
        }
        OptionalLong held = headers.size() == 1 ? OptionalLong.of(headers.firstKey()) : OptionalLong.empty();
        headers.clear();
        if (held.isEmpty()) {
            failed("its header is not that of one disk of this cluster", now, out);
            return;
        }
        written &= held.equals(acceptorId);
        acceptorId = held;
        perform(out);
    }

    private void looked(boolean opening, long now, Outbox<DiskVoterNews> out) {
        DiskSlots slots = DiskSlots.read(copies, of, acceptorId.orElseThrow());
        copies[0] = null;
        copies[1] = null;
        DiskHead mine = slots.heads().getOrDefault(self.node(), DiskHead.none(self.node()));
        if (slots.lost().isPresent()) {
            // What that node promised or accepted here is not known, so neither is what the disk did (rule D3).
            failed("the ledger slot of %s cannot be read".formatted(slots.lost().get()), now, out);
        } else if (mine.life() > self.life()) {
            failed("its slot of %s was written by the later life %d".formatted(self.node(), mine.life()), now, out);
        } else if (opening) {
            boolean asWritten = written && own.filter(mine::equals).isPresent();
            boolean first = own.isEmpty();
            own = Optional.of(mine);
            written = asWritten;
            if (first) {
                out.announce(new DiskVoterNews.Opened(acceptorId.orElseThrow()));
            }
            planned(now, out);
        } else if (own.filter(mine::equals).isEmpty()) {
            // A write was reported that is not there: the disk, or the way to it, is not to be believed (rule D6).
            failed("what %s wrote into its slot is not what is read".formatted(self.node()), now, out);
        } else {
            counted(slots, now, out);
        }
    }

    /** The request is done unless somebody has gone further (rule D2). */
    private void counted(DiskSlots slots, long now, Outbox<DiskVoterNews> out) {
        seen = Optional.of(slots);
        Optional<Ballot> highest = slots.highest();
        switch (running.orElseThrow()) {
            case Request.Open _ -> end(now, out);
            case Request.Promise(Ballot ballot) when isAbove(highest, ballot) -> refuse(ballot, highest, now, out);
            case Request.Accept(Ballot ballot, ClusterState _) when isAbove(highest, ballot) ->
                refuse(ballot, highest, now, out);
            case Request.Vouch(Ballot ballot, long _) when isAbove(highest, ballot) -> refuse(ballot, highest, now, out);
            case Request.Promise(Ballot ballot) -> {
                if (slots.accepted().isEmpty()) {
                    answer(new LedgerMessage.Promise(ballot, new AcceptorRecord(
                            acceptorId.orElseThrow(), Optional.of(ballot), Optional.empty(), founding)), now, out);
                } else {
                    left.addAll(Arrays.asList(Step.FETCH_0, Step.FETCH_1));
                    perform(out);
                }
            }
            case Request.Accept(Ballot ballot, ClusterState state) ->
                answer(new LedgerMessage.Accepted(ballot, state.version()), now, out);
            case Request.Vouch(Ballot ballot, long sequence) -> answer(new LedgerMessage.BeatHeard(
                    ballot, sequence, ClusterState.VERSION_LIMIT), now, out);
        }
    }

    private void fetched(Step step, Bytes bytes, long now, Outbox<DiskVoterNews> out) {
        DiskHead newest = seen.orElseThrow().accepted().orElseThrow();
        DiskHead.Accepted it = newest.accepted().orElseThrow();
        Optional<ClusterState> state = state(bytes, it);
        if (state.isPresent()) {
            Ballot ballot = ((Request.Promise) running.orElseThrow()).ballot();
            answer(new LedgerMessage.Promise(ballot, new AcceptorRecord(
                    acceptorId.orElseThrow(), Optional.of(ballot), Optional.of(it.ballot()), state.get())), now, out);
        } else if (step == Step.FETCH_0) {
            perform(out);
        } else {
            failed("the state that %s accepted there cannot be read".formatted(newest.node()), now, out);
        }
    }

    private Optional<ClusterState> state(Bytes bytes, DiskHead.Accepted it) {
        byte[] blocks = bytes.toArray();
        if (DiskHead.crc(blocks, 0, it.length()) != it.crc()) {
            return Optional.empty();
        }
        try {
            ClusterState state = StateCodec.decode(new ByteReader(blocks, 0, it.length()));
            return Optional.of(state).filter(found -> found.isOf(founding) && found.version() == it.version());
        } catch (MalformedFrame e) {
            return Optional.empty();
        }
    }

    private static boolean isAbove(Optional<Ballot> highest, Ballot ballot) {
        return highest.filter(other -> other.compareTo(ballot) > 0).isPresent();
    }

    private void refuse(Ballot ballot, Optional<Ballot> highest, long now, Outbox<DiskVoterNews> out) {
        answer(new LedgerMessage.Refused(ballot, highest.orElseThrow()), now, out);
    }

    private void answer(LedgerMessage message, long now, Outbox<DiskVoterNews> out) {
        out.announce(new DiskVoterNews.Answered(message));
        end(now, out);
    }

    private void failed(String why, long now, Outbox<DiskVoterNews> out) {
        own = Optional.empty();
        written = false;
        openAt = now + againNs;
        waiting = Optional.empty();
        out.announce(new DiskVoterNews.Failed(why));
        end(now, out);
    }

    private void end(long now, Outbox<DiskVoterNews> out) {
        running = Optional.empty();
        left.clear();
        seen = Optional.empty();
        begin(now, out);
    }
}
