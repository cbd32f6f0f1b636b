package io.muster.nbd;

import java.util.ArrayList;
import java.util.List;

/** A file that can lose what was not forced, block by block, and dies when it is told to. */
final class SimMedium implements EpochStore.Medium {

    /** The machine or the process stops here. */
    static final class Died extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    enum Fate { LOST, KEPT, TORN }

    private record Unforced(int offset, byte[] bytes) {}

    private final byte[] durable;
    private final List<Unforced> unforced = new ArrayList<>();
    /** Operations that still go through. */
    int alive = Integer.MAX_VALUE;

    SimMedium(byte[] content) {
        durable = content.clone();
    }

    @Override
    public byte[] read() {
        byte[] seen = durable.clone();
        unforced.forEach(each -> System.arraycopy(each.bytes(), 0, seen, each.offset(), each.bytes().length));
        return seen;
    }

    @Override
    public void write(int offset, byte[] bytes) {
        unforced.add(new Unforced(offset, bytes.clone()));
        spend();
    }

    @Override
    public void force() {
        spend();
        while (!unforced.isEmpty()) {
            apply(unforced.removeFirst(), Fate.KEPT);
        }
    }

    /** Operations that the next death comes after count from here. */
    private void spend() {
        if (--alive < 0) {
            throw new Died();
        }
    }

    byte[] durable() {
        return durable.clone();
    }

    int unforced() {
        return unforced.size();
    }

    /** Power is lost. @param fates in base 3, the first write's lowest */
    void losePower(int fates) {
        for (int left = fates; !unforced.isEmpty(); left /= 3) {
            apply(unforced.removeFirst(), Fate.values()[left % 3]);
        }
    }

    private void apply(Unforced write, Fate fate) {
        int length = switch (fate) {
            case LOST -> 0;
            case KEPT -> write.bytes().length;
            // The first half of a sector: the head is new and the checksum is not.
            case TORN -> 20;
        };
        System.arraycopy(write.bytes(), 0, durable, write.offset(), length);
    }
}
