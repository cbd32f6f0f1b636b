package io.muster.nbd;

import io.muster.base.ClusterFault;
import io.muster.base.FaultCode;
import io.muster.base.NodeId;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Keeps the lowest epochs through every crash: a file of two pairs of copies, written in turn.
 *
 * <pre>
 * block 0, 1   the record of even sequence, twice
 * block 2, 3   the record of odd sequence, twice
 * </pre>
 *
 * <p>Why one flush is enough, and why there are four copies, is the argument of {@code ledger.RecordFile}: what a crash tears
 * lies in the pair that was being written, nothing was answered on its word, and a sector that goes bad later takes one copy
 * of the newest record and never both, which would lower an epoch unnoticed. What is found at a start may lie in a cache only,
 * so it is written again before anything is served, one copy after the other, the damaged one first.
 *
 * <p>After one failed write nothing more is written or answered: a kernel that could not write a page may forget that it is
 * dirty, and a later flush that succeeds proves nothing.
 */
final class EpochStore {

    static final int COPIES = 2;
    static final int FILE_BYTES = 2 * COPIES * EpochRecord.BLOCK_BYTES;

    /** The file, or what stands for it in tests. */
    interface Medium {

        byte[] read() throws IOException;

        void write(int offset, byte[] bytes) throws IOException;

        /** What was written is on the medium when it returns. */
        void force() throws IOException;
    }

    private final Medium medium;
    private EpochRecord current;
    private Optional<String> failure = Optional.empty();

    private EpochStore(Medium medium, EpochRecord current) {
        this.medium = medium;
        this.current = current;
    }

    /** The whole file of a disk from which nobody was ever fenced. */
    static byte[] founding(String disk) {
        byte[] file = new byte[FILE_BYTES];
        byte[] copy = EpochRecord.founding(disk).encode();
        System.arraycopy(copy, 0, file, 0, copy.length);
        System.arraycopy(copy, 0, file, copy.length, copy.length);
        return file;
    }

    /**
     * Reads what is there, and makes sure that it is on the medium.
     *
     * @param where for messages
     * @throws ClusterFault STORAGE_1 when no copy is valid, or it is about another disk, or it cannot be written
     */
    static EpochStore open(Medium medium, String disk, String where) {
        try {
            byte[] file = medium.read();
            Optional<EpochRecord> newest = newest(file);
            if (newest.isEmpty()) {
                throw fault(("%s holds no valid record of the epochs that disk \"%s\" lets through: without it nodes that were"
                        + " fenced could write again, so restore no older one. When it is sure that no fenced node still"
                        + " runs, remove it and give --found").formatted(where, disk));
            }
            if (!newest.get().disk().equals(disk)) {
                throw fault("%s is about disk \"%s\", not \"%s\": name the file of this disk".formatted(
                        where, newest.get().disk(), disk));
            }
            EpochStore store = new EpochStore(medium, newest.get());
            store.writeAgain(file);
            return store;
        } catch (EpochRecord.NewerFormat e) {
            throw fault("%s has %s: use the program that wrote it; nothing was changed".formatted(where, e.getMessage()));
        } catch (IOException e) {
            throw fault("%s cannot be read and written (%s): it has to be a file of this user on a disk that works"
                    .formatted(where, e));
        }
    }

    EpochRecord current() {
        return current;
    }

    /**
     * Raises and returns when it is on the medium, and was read back. An epoch that is high enough already is not written
     * again.
     *
     * @throws IOException nothing may be concluded, now and for the rest of this server's life
     */
    void raise(NodeId node, long lowest) throws IOException {
        if (failure.isPresent()) {
            throw new IOException("an earlier write of the epochs failed: " + failure.get());
        }
        if (current.lowest(node) >= lowest) {
            return;
        }
        EpochRecord next = current.raised(node, lowest);
        try {
            byte[] copy = next.encode();
            for (int each = 0; each < COPIES; each++) {
                medium.write(offset(next.sequence(), each), copy);
            }
            medium.force();
            if (!newest(medium.read()).equals(Optional.of(next))) {
                throw new IOException("what was written is not what is read back");
            }
        } catch (IOException | EpochRecord.NewerFormat e) {
            failure = Optional.of(String.valueOf(e.getMessage()));
            throw new IOException("the epochs cannot be written: " + failure.get(), e);
        }
        current = next;
    }

    private void writeAgain(byte[] file) throws IOException {
        byte[] copy = current.encode();
        int first = offset(current.sequence(), 0);
        boolean firstIsWhole = Arrays.equals(file, first, first + copy.length, copy, 0, copy.length);
        for (int each = 0; each < COPIES; each++) {
            medium.write(offset(current.sequence(), firstIsWhole ? 1 - each : each), copy);
            medium.force();
        }
    }

    private static Optional<EpochRecord> newest(byte[] file) throws EpochRecord.NewerFormat {
        Optional<EpochRecord> newest = Optional.empty();
        if (file.length != FILE_BYTES) {
            return newest;
        }
        for (int offset = 0; offset < FILE_BYTES; offset += EpochRecord.BLOCK_BYTES) {
            int pair = offset / (COPIES * EpochRecord.BLOCK_BYTES);
            Optional<EpochRecord> found = EpochRecord.decode(file, offset).filter(record -> record.sequence() % 2 == pair);
            if (found.isPresent() && (newest.isEmpty() || found.get().sequence() > newest.get().sequence())) {
                newest = found;
            }
        }
        return newest;
    }

    private static int offset(long sequence, int copy) {
        return (int) (sequence % 2 * COPIES + copy) * EpochRecord.BLOCK_BYTES;
    }

    private static ClusterFault fault(String sentence) {
        return new ClusterFault(FaultCode.STORAGE_1, sentence + ".");
    }
}
