package io.muster.heartbeat;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.DiskTimes;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import io.muster.block.DiskLayout;
import io.muster.heartbeat.DiskBeatInput.Carry;
import io.muster.heartbeat.DiskBeatInput.Configured;
import io.muster.heartbeat.DiskBeatInput.DeadByPill;
import io.muster.heartbeat.DiskBeatInput.Done;
import io.muster.heartbeat.DiskBeatInput.PutPill;
import io.muster.heartbeat.DiskBeatInput.RemovePill;
import io.muster.heartbeat.DiskBeatInput.SignOff;
import io.muster.heartbeat.DiskBeatNews.LastWord;
import io.muster.heartbeat.DiskBeatNews.Operation;
import io.muster.heartbeat.DiskBeatNews.OwnSlotLate;
import io.muster.heartbeat.DiskBeatNews.OwnSlotStolen;
import io.muster.heartbeat.DiskBeatNews.RegionFast;
import io.muster.heartbeat.DiskBeatNews.RegionSlow;
import io.muster.heartbeat.DiskBeatNews.StorageBack;
import io.muster.heartbeat.DiskBeatNews.StorageLost;
import io.muster.heartbeat.DiskSlot.Word;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.List;
import java.util.Optional;

/**
 * Who is heard over one shared disk: each period the own slot is written and all slots are read, with the mail behind them.
 * One disk is one region of the method {@code disk}; rules B1 to B7.
 *
 * <p>At most one write and one read are under way. A request that hangs ends by its time limit, and the next one is sent only
 * when the driver says so (rules D4, D9); that it hangs is told by the own clock meanwhile. Nothing here waits for the disk: a
 * disk that hangs delays nobody but itself. The first look comes before the first write of a life (rule D3).
 *
 * <p>Relies on looks going past every cache (rule D6), on {@link Effect.WriteDisk} ending after the flush, and on completions
 * being told by their ticket. Told by the node, one machine for each disk; what it tells goes to {@link Liveness}, and pills and
 * trouble of the own slot to whoever ends this life.
 */
public final class DiskHeartbeat implements Machine<DiskBeatInput, DiskBeatNews> {

    /** Disks of one node, at most: as many tell their tickets apart. */
    public static final int DISKS_LIMIT = 32;
    /** So often the last write of a life is tried. */
    static final int LAST_WORD_TRIES = 3;

    private static final long MS = 1_000_000;
    /** Tickets of disk heartbeats have this bit; those of others on the same disk do not. */
    private static final long TICKETS = 1L << 62;
    private static final int INDEX_SHIFT = 56;

    private enum Phase {
        /** Nothing is written before the own slot was seen. */
        FIRST_LOOK,
        BEATING,
        /** The last write is to be made, or under way. */
        LAST_WORD,
        ENDED
    }

    /**
     * A request under way.
     *
     * @param last whether it is the last write of this life
     * @param own  sequence that is written to the own slot, or of the write of it that had got through before this read
     */
    private record Asked(long ticket, boolean mail, boolean last, long sentAt, long first, NodeSet nodes, long own) {}

    private final Incarnation self;
    private final ClusterId cluster;
    private final String disk;
    private final long ticketBase;
    private final long start;
    private final DiskTimes times;
    private final PauseDetector pauses;
    private final RegionPeers peers;
    private final OwnSlot own;
    private final DiskMail mail;
    private final StorageReach reach;
    private final Latencies writes;
    private final Latencies reads;

    private Phase phase = Phase.FIRST_LOOK;
    private Bytes payload = Bytes.NONE;
    private Word word = Word.BEATING;
    private long pilledLife;
    private long pillIntent;
    private int lastWordTries;
    /** Another daemon lives by our number: nothing is written any more. */
    private boolean ousted;
    private String toldStolen = "";
    private String lastFailure = "";

    private long tickets;
    private Optional<Asked> writing = Optional.empty();
    private Optional<Asked> reading = Optional.empty();
    private long writeAt;
    private long readAt;
    private long deadline;

    /**
     * @param peers the other configured nodes
     * @param disk  name of the disk, and of the region
     * @param index of the disk among those of this node, 0 to {@link #DISKS_LIMIT} - 1; never two of one at a time
     * @param start drawn anew at each start of the daemon
     * @param pauseNs as {@link io.muster.base.TimeBudget#pauseNs}, to say whose fault it was
     */
    public DiskHeartbeat(
            Incarnation self, NodeSet peers, ClusterId cluster, String disk, int index, long start, DiskTimes times,
            long pauseNs, long now) {
        Invariant.holds(index >= 0 && index < DISKS_LIMIT, "disk number %d of a node", index);
        this.self = self;
        this.cluster = cluster;
        this.disk = disk;
        this.ticketBase = TICKETS | (long) index << INDEX_SHIFT;
        this.start = start;
        this.times = times;
        this.pauses = new PauseDetector(pauseNs);
        this.peers = new RegionPeers(disk, times.silenceNs(), peers.without(self.node()));
        this.own = new OwnSlot(self, start);
        this.mail = new DiskMail(self, cluster, start);
        this.reach = new StorageReach(times.lateNs(), now);
        this.writes = new Latencies(times.limitNs());
        this.reads = new Latencies(times.limitNs());
        this.writeAt = now;
        this.readAt = now;
        this.deadline = now;
    }

    /** Whether a completion with this ticket is of a disk heartbeat, whichever. */
    public static boolean owns(long ticket) {
        return ticket > 0 && (ticket & TICKETS) != 0;
    }

    /** The number of the disk among those of this node, of a ticket that {@link #owns} knows. */
    public static int indexOf(long ticket) {
        return (int) (ticket >>> INDEX_SHIFT) & DISKS_LIMIT - 1;
    }

    @Override
    public void step(DiskBeatInput input, long now, Outbox<DiskBeatNews> out) {
        lookAtReach(now, out);
        switch (input) {
            case Done(Completion.OfDisk completion) -> done(completion, now, out);
            case Carry(Bytes next) -> {
                Invariant.holds(next.length() <= DiskSlot.PAYLOAD_LIMIT_BYTES, "a payload of %d bytes", next.length());
                payload = next;
            }
            case PutPill(Incarnation victim, long intent) -> {
                mail.put(victim, intent);
                readAt = Math.min(readAt, now + lookEveryNs());
            }
            case RemovePill(long intent) -> mail.remove(intent);
            case Configured(NodeSet next) -> peers.configured(next.without(self.node()), out);
            case SignOff _ -> lastWord(Word.SIGNED_OFF, out);
            case DeadByPill(long intent) -> {
                if (phase == Phase.FIRST_LOOK || phase == Phase.BEATING) {
                    pilledLife = self.life();
                    pillIntent = intent;
                    lastWord(Word.DEAD_BY_PILL, out);
                }
            }
        }
        ask(now, out);
    }

    @Override
    public void due(long now, Outbox<DiskBeatNews> out) {
        if (now < deadline) {
            return;
        }
        lookAtReach(now, out);
        ask(now, out);
    }

    @Override
    public long deadline() {
        return deadline;
    }

    /** Name of the disk, and of the region. */
    public String region() {
        return disk;
    }

    /** Whether this node reaches the disk, in both directions and in time. */
    public boolean sees() {
        return reach.sees();
    }

    public LatencyPicture latency(Operation operation) {
        return switch (operation) {
            case WRITE -> writes.picture();
            case READ -> reads.picture();
        };
    }

    /** All configured peers as this disk shows them now, by node. */
    public List<SlotPicture> picture(long now) {
        return peers.picture(now);
    }

    /** Mixes all that decides what this machine does next. */
    public void digest(Hash64 into) {
        into.add(phase.ordinal()).add(ousted ? 1 : 0).add(writeAt).add(readAt).add(deadline).add(tickets).add(lastWordTries);
        into.add(pilledLife).add(pillIntent).add(payload.length());
        writing.ifPresent(asked -> into.add(asked.ticket).add(asked.sentAt));
        reading.ifPresent(asked -> into.add(asked.ticket).add(asked.sentAt));
        peers.digest(into);
        own.digest(into);
        mail.digest(into);
        reach.digest(into);
        writes.digest(into);
        reads.digest(into);
    }

    // ---- this node's own reach

    private void lookAtReach(long now, Outbox<DiskBeatNews> out) {
        if (phase == Phase.LAST_WORD || phase == Phase.ENDED) {
            return;
        }
        boolean sawBefore = reach.sees();
        long awayNs = pauses.awayNs(deadline, now);
        if (reach.slotBecomesLate(now)) {
            out.announce(new OwnSlotLate(disk, reach.slotLateNs(now), why(awayNs, writing, now)));
        }
        if (reach.becomesLost(now)) {
            out.announce(new StorageLost(disk, reach.lostNs(now), why(awayNs, reading, now)));
        }
        if (sawBefore && !reach.sees()) {
            peers.startAnew(now);
        }
    }

    private String why(long awayNs, Optional<Asked> under, long now) {
        if (awayNs > 0) {
            return "this node itself was away for %d ms".formatted(awayNs / MS);
        }
        if (ousted) {
            return toldStolen;
        }
        if (under.isPresent()) {
            return "a request is under way for %d ms".formatted((now - under.get().sentAt) / MS);
        }
        return lastFailure.isEmpty() ? "no request has ended in time" : lastFailure;
    }

    private void back(long now, Outbox<DiskBeatNews> out) {
        if (reach.comesBack(now)) {
            out.announce(new StorageBack(disk, reach.awayNs(now)));
            peers.startAnew(now);
        }
    }

    // ---- asking the disk

    private void ask(long now, Outbox<DiskBeatNews> out) {
        if (phase != Phase.ENDED) {
            write(now, out);
            if (phase != Phase.LAST_WORD && reading.isEmpty() && now >= readAt) {
                read(false, now, out);
                readAt = now + lookEveryNs();
            }
        }
        plan();
    }

    private void write(long now, Outbox<DiskBeatNews> out) {
        if (writing.isPresent() || ousted || phase == Phase.FIRST_LOOK) {
            return;
        }
        if (phase == Phase.LAST_WORD || now >= writeAt) {
            DiskSlot slot = new DiskSlot(
                    cluster, self, start, own.next(), now, times.beatNs(), word, pilledLife, pillIntent, payload);
            send(DiskLayout.heartbeat(self.node()), DiskBlockCodec.encode(slot), false, now, out);
            writeAt = now + times.beatNs();
        } else if (mail.dirty()) {
            send(DiskLayout.mail(self.node()), mail.writing(), true, now, out);
        }
    }

    private void send(long offset, Bytes block, boolean isMail, long now, Outbox<DiskBeatNews> out) {
        Asked asked = new Asked(
                nextTicket(), isMail, !isMail && phase == Phase.LAST_WORD, now, offset, NodeSet.NONE, own.sequence());
        writing = Optional.of(asked);
        out.perform(new Effect.WriteDisk(asked.ticket, disk, offset, block, times.limitNs()));
    }

    private void read(boolean isMail, long now, Outbox<DiskBeatNews> out) {
        NodeSet nodes = peers.nodes().with(self.node());
        NodeId lowest = nodes.lowest();
        long first = isMail ? DiskLayout.mail(lowest) : DiskLayout.heartbeat(lowest);
        int highest = lowest.number();
        for (NodeId node : nodes) {
            highest = node.number();
        }
        int length = (highest - lowest.number() + 1) * DiskLayout.BLOCK_BYTES;
        Asked asked = new Asked(nextTicket(), isMail, false, now, first, nodes, own.confirmedNow());
        reading = Optional.of(asked);
        out.perform(new Effect.ReadDisk(asked.ticket, disk, first, length, times.limitNs()));
    }

    private long nextTicket() {
        return ticketBase | ++tickets;
    }

    /** Who waits for an answer looks twice as often, so that a pill is answered within two periods (rule B7). */
    private long lookEveryNs() {
        return mail.hasPills() ? Math.max(1, times.beatNs() / 2) : times.beatNs();
    }

    private void lastWord(Word last, Outbox<DiskBeatNews> out) {
        if (phase == Phase.LAST_WORD || phase == Phase.ENDED) {
            return;
        }
        word = last;
        // Before the first look nothing of this life is on the disk, so nothing of it needs to be ended there.
        if (phase == Phase.BEATING && !ousted) {
            phase = Phase.LAST_WORD;
        } else {
            end(false, out);
        }
    }

    private void end(boolean written, Outbox<DiskBeatNews> out) {
        phase = Phase.ENDED;
        out.announce(new LastWord(disk, written));
    }

    // ---- answers of the disk

    private void done(Completion.OfDisk completion, long now, Outbox<DiskBeatNews> out) {
        if (writing.isPresent() && writing.get().ticket == completion.ticket()) {
            Asked asked = writing.get();
            writing = Optional.empty();
            written(asked, completion instanceof Completion.DiskWritten && inTime(asked, now), now, out);
        } else if (reading.isPresent() && reading.get().ticket == completion.ticket()) {
            Asked asked = reading.get();
            reading = Optional.empty();
            boolean good = completion instanceof Completion.DiskRead(_, Bytes bytes) && inTime(asked, now)
                    && bytes.length() >= lengthOf(asked.nodes);
            if (phase == Phase.FIRST_LOOK || phase == Phase.BEATING) {
                haveRead(asked, good ? ((Completion.DiskRead) completion).bytes().shared() : new byte[0], now, out);
            }
        }
        if (completion instanceof Completion.DiskFailed(_, String failure)) {
            lastFailure = failure;
        }
    }

    private boolean inTime(Asked asked, long now) {
        return now - asked.sentAt <= times.limitNs();
    }

    private void written(Asked asked, boolean good, long now, Outbox<DiskBeatNews> out) {
        if (asked.mail) {
            if (!good) {
                mail.failed();
            }
            return;
        }
        measure(writes, Operation.WRITE, good, asked, now, out);
        if (good) {
            own.confirmed(asked.own);
            reach.wrote(asked.sentAt);
        } else {
            own.doubted();
        }
        if (phase != Phase.LAST_WORD) {
            back(now, out);
        } else if (asked.last) {
            // The write that was under way when the last word was to be said is not the last word.
            lastWordTries++;
            if (good || lastWordTries >= LAST_WORD_TRIES) {
                end(good, out);
            }
        }
    }

    private void haveRead(Asked asked, byte[] bytes, long now, Outbox<DiskBeatNews> out) {
        boolean good = bytes.length > 0;
        if (asked.mail) {
            if (good) {
                readMail(asked, bytes, out);
            }
            return;
        }
        measure(reads, Operation.READ, good, asked, now, out);
        if (!good) {
            return;
        }
        boolean gap = reach.looked(asked.sentAt, now);
        back(now, out);
        if (gap || !reach.sees()) {
            peers.startAnew(now);
        }
        lookAtOwn(asked, bytes, out);
        for (NodeId node : asked.nodes.intersect(peers.nodes())) {
            int at = (int) (DiskLayout.heartbeat(node) - asked.first);
            peers.look(node, DiskBlockCodec.slot(bytes, at, cluster, node), DiskBlockCodec.print(bytes, at), asked.sentAt, now,
                    reach.sees(), out);
        }
        if (phase == Phase.FIRST_LOOK) {
            phase = Phase.BEATING;
            writeAt = now;
        }
        read(true, now, out);
    }

    private void readMail(Asked asked, byte[] bytes, Outbox<DiskBeatNews> out) {
        mail.own(bytes, (int) (DiskLayout.mail(self.node()) - asked.first));
        for (NodeId writer : asked.nodes.intersect(peers.nodes())) {
            switch (mail.found(bytes, (int) (DiskLayout.mail(writer) - asked.first), writer)) {
                case DiskBlockCodec.Found.Whole<MailBlock>(MailBlock block) -> mail.read(block).forEach(
                        pill -> out.announce(new DiskBeatNews.PoisonPill(disk, pill.intent(), block.from())));
                case DiskBlockCodec.Found.Faulty<MailBlock>(SlotFault fault) -> peers.faultyMail(writer, fault, out);
            }
        }
    }

    private void lookAtOwn(Asked asked, byte[] bytes, Outbox<DiskBeatNews> out) {
        var found = DiskBlockCodec.slot(bytes, (int) (DiskLayout.heartbeat(self.node()) - asked.first), cluster, self.node());
        if (phase == Phase.FIRST_LOOK && found instanceof DiskBlockCodec.Found.Whole<DiskSlot>(DiskSlot former)) {
            // The asker may not have seen yet how the former life ended, and our first write takes its place.
            pilledLife = former.pilledLife();
            pillIntent = former.intent();
        }
        Optional<OwnSlot.Trouble> trouble = own.look(found, asked.own, writing.isPresent(), cluster);
        String what = trouble.map(OwnSlot.Trouble::what).orElse("");
        boolean another = trouble.isPresent() && trouble.get() instanceof OwnSlot.Trouble.Another;
        boolean kindIsNew = another ? !ousted : toldStolen.isEmpty();
        ousted |= another;
        if (trouble.isPresent() && kindIsNew) {
            out.announce(new OwnSlotStolen(disk, another, what));
        }
        toldStolen = ousted && !another ? toldStolen : what;
    }

    private void measure(
            Latencies which, Operation operation, boolean good, Asked asked, long now, Outbox<DiskBeatNews> out) {
        long tookNs = now - asked.sentAt;
        // What failed by an error at once says nothing of how fast the disk is.
        if ((good || tookNs >= times.limitNs() / 2) && which.took(tookNs)) {
            out.announce(which.slow()
                    ? new RegionSlow(disk, operation, which.picture())
                    : new RegionFast(disk, operation, which.picture()));
        }
    }

    private static int lengthOf(NodeSet nodes) {
        int lowest = nodes.lowest().number();
        int highest = lowest;
        for (NodeId node : nodes) {
            highest = node.number();
        }
        return (highest - lowest + 1) * DiskLayout.BLOCK_BYTES;
    }

    private void plan() {
        if (phase == Phase.ENDED) {
            deadline = NEVER;
            return;
        }
        long next = phase == Phase.LAST_WORD ? NEVER : reach.checkAt();
        if (writing.isEmpty() && !ousted && phase != Phase.FIRST_LOOK) {
            next = Math.min(next, writeAt);
        }
        if (reading.isEmpty() && phase != Phase.LAST_WORD) {
            next = Math.min(next, readAt);
        }
        deadline = next;
    }
}
