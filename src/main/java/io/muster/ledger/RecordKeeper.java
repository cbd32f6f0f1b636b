package io.muster.ledger;

import io.muster.base.Hash64;
import io.muster.machine.Completion;
import io.muster.machine.Effect;
import io.muster.machine.Machine;
import io.muster.machine.Outbox;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Makes the acceptor's record durable: one pair of copies in one flushed write, one write in flight at most. While one
 * is, the newest record that is wanted waits and replaces what waited before; the caller answers only what
 * {@link #durable()} covers. See {@link RecordFile} for why that survives any crash.
 *
 * <p>After the first failed write, or one that takes longer than the limit, nothing is known about the medium:
 * {@link #failure()} is set for good and nothing is written any more.
 */
final class RecordKeeper {

    private final long writeLimitNs;
    private final RecordFile.Loaded loaded;
    private long sequence;
    private long ticket;
    private Optional<AcceptorRecord> durable = Optional.empty();
    private Optional<AcceptorRecord> writing = Optional.empty();
    private Optional<AcceptorRecord> waiting = Optional.empty();
    private Optional<String> failure = Optional.empty();
    /** Writes that what is being written still needs. */
    private final Deque<RecordFile.Part> left = new ArrayDeque<>();
    private long limitAt = Machine.NEVER;

    /** @param loaded what was found at start */
    RecordKeeper(RecordFile.Loaded loaded, long writeLimitNs) {
        this.loaded = loaded;
        this.sequence = loaded.sequence();
        this.writeLimitNs = writeLimitNs;
    }

    /** Writes what was found once more, see {@link RecordFile} for why; called once, before anything is wanted. */
    <N> void start(long now, Outbox<N> out) {
        left.addAll(RecordFile.again(loaded));
        writing = Optional.of(loaded.record());
        write(now, out);
    }

    /** The record that both copies of a pair are known to hold; empty until this life's first write has ended. */
    Optional<AcceptorRecord> durable() {
        return durable;
    }

    /** Why the record cannot be written any more. */
    Optional<String> failure() {
        return failure;
    }

    /** When {@link #due} wants to be called. */
    long deadline() {
        return limitAt;
    }

    <N> void want(AcceptorRecord record, long now, Outbox<N> out) {
        if (failure.isPresent()) {
            return;
        }
        if (writing.isPresent()) {
            waiting = Optional.of(record);
            return;
        }
        sequence++;
        left.add(new RecordFile.Part(RecordFile.offsetOf(sequence), RecordFile.pair(RecordFile.copy(record, sequence))));
        writing = Optional.of(record);
        write(now, out);
    }

    /** @return true when {@link #durable()} moved */
    <N> boolean completed(Completion completion, long now, Outbox<N> out) {
        if (writing.isEmpty() || completion.ticket() != ticket) {
            return false;
        }
        return switch (completion) {
            case Completion.Written _ -> written(now, out);
            case Completion.WriteFailed(_, String why) -> {
                fail("write of record %d failed: %s".formatted(sequence, why));
                yield false;
            }
            case Completion.FenceEnded _, Completion.OfDisk _ -> false;
        };
    }

    void due(long now) {
        if (now >= limitAt) {
            fail("write of record %d took longer than %d ms".formatted(sequence, writeLimitNs / 1_000_000));
        }
    }

    void digest(Hash64 into) {
        into.add(sequence).add(left.size()).add(writing.isPresent() ? 1 : 0).add(waiting.isPresent() ? 1 : 0)
                .add(failure.isPresent() ? 1 : 0);
    }

    private <N> boolean written(long now, Outbox<N> out) {
        if (!left.isEmpty()) {
            write(now, out);
            return false;
        }
        durable = writing;
        writing = Optional.empty();
        limitAt = Machine.NEVER;
        Optional<AcceptorRecord> next = waiting;
        waiting = Optional.empty();
        next.ifPresent(record -> want(record, now, out));
        return true;
    }

    private <N> void write(long now, Outbox<N> out) {
        RecordFile.Part part = left.remove();
        ticket++;
        limitAt = now + writeLimitNs;
        out.perform(new Effect.Write(ticket, RecordFile.NAME, part.offset(), part.bytes()));
    }

    private void fail(String why) {
        failure = Optional.of(why);
        writing = Optional.empty();
        waiting = Optional.empty();
        left.clear();
        limitAt = Machine.NEVER;
    }
}
