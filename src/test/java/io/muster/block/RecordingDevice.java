package io.muster.block;

import io.muster.base.Bytes;
import io.muster.base.Prng;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps what was written and flushed, in order, and can say what a crash may have left of it: all that was flushed, and of the
 * rest any part, in any order, the last piece of it torn. Sectors of 512 bytes are not torn.
 */
public final class RecordingDevice implements BlockDevice {

    static final int SECTOR = 512;

    /** What was done. */
    public sealed interface Act {
        record Wrote(long offset, Bytes content) implements Act {}

        record Flushed() implements Act {}
    }

    private final MemoryDevice before;
    private final MemoryDevice now;
    private final List<Act> acts = new ArrayList<>();

    public RecordingDevice(MemoryDevice before) {
        this.before = before.copy();
        this.now = before.copy();
    }

    public synchronized List<Act> acts() {
        return List.copyOf(acts);
    }

    /**
     * The disk after a crash.
     *
     * @param began   so many acts had begun; the others had not
     * @param keep    bit i: the i-th write since the last flush is on the medium; those behind the 63rd as bit 63
     * @param tornTo  of the last of them that is kept so many sectors are there
     */
    public synchronized MemoryDevice crashed(int began, long keep, int tornTo) {
        MemoryDevice medium = before.copy();
        int flushed = lastFlush(began);
        for (Act act : acts.subList(0, flushed)) {
            apply(medium, act, Integer.MAX_VALUE);
        }
        List<Act> open = acts.subList(flushed, began).stream().filter(Act.Wrote.class::isInstance).toList();
        for (int i = 0; i < open.size(); i++) {
            if ((keep >>> Math.min(i, 63) & 1) != 0) {
                apply(medium, open.get(i), i == open.size() - 1 ? tornTo : Integer.MAX_VALUE);
            }
        }
        return medium;
    }

    /** Some crash state, drawn. */
    public MemoryDevice crashed(Prng chance) {
        return crashed(chance.nextInt(acts().size() + 1), chance.nextLong(), chance.nextInt(9));
    }

    @Override
    public int blockBytes() {
        return now.blockBytes();
    }

    @Override
    public long bytes() {
        return now.bytes();
    }

    @Override
    public void read(long offset, ByteBuffer into) {
        now.read(offset, into);
    }

    @Override
    public synchronized void write(long offset, ByteBuffer from) {
        byte[] content = new byte[from.remaining()];
        from.duplicate().get(content);
        now.write(offset, from);
        acts.add(new Act.Wrote(offset, Bytes.owning(content)));
    }

    @Override
    public synchronized void flush() {
        acts.add(new Act.Flushed());
    }

    @Override
    public void close() {
        // Nothing is held.
    }

    private int lastFlush(int began) {
        for (int i = began; i > 0; i--) {
            if (acts.get(i - 1) instanceof Act.Flushed) {
                return i;
            }
        }
        return 0;
    }

    private static void apply(MemoryDevice medium, Act act, int sectors) {
        if (!(act instanceof Act.Wrote(long offset, Bytes content))) {
            return;
        }
        int length = (int) Math.min(content.length(), (long) sectors * SECTOR);
        byte[] result = new byte[content.length()];
        medium.read(offset, ByteBuffer.wrap(result));
        System.arraycopy(content.shared(), 0, result, 0, length);
        medium.write(offset, ByteBuffer.wrap(result));
    }
}
