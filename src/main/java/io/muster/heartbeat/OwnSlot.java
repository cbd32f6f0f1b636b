package io.muster.heartbeat;

import io.muster.base.ClusterId;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.heartbeat.DiskBlockCodec.Found;
import java.util.Optional;

/**
 * What may lie where only this node writes (rule B5): what it wrote last, or anything it asked to have written since the last
 * write that got through. Everything else was written by somebody else, or put there by mistake. Pure.
 */
final class OwnSlot {

    /** What is wrong with the own slot. */
    sealed interface Trouble {

        String what();

        /** Another daemon lives by our number: two must not, and nobody can say from here which one may. */
        record Another(String what) implements Trouble {}

        /** Not ours, and nobody's who lives by our number: a write that went astray, or a lost one. */
        record Strange(String what) implements Trouble {}
    }

    private final Incarnation self;
    private final long start;
    /** Carried on from what lay there before this life. */
    private long sequence;
    /** Of the last write that got through; nothing before the first. */
    private long confirmed = -1;
    /** Since then another write was asked for and did not get through: what lies there now, nobody knows. */
    private boolean doubt = true;

    OwnSlot(Incarnation self, long start) {
        this.self = self;
        this.start = start;
    }

    /** The sequence of the next write, which is asked for now. */
    long next() {
        return ++sequence;
    }

    void confirmed(long written) {
        confirmed = written;
        doubt = false;
    }

    void doubted() {
        doubt = true;
    }

    long sequence() {
        return sequence;
    }

    /**
     * A look at it.
     *
     * @param before  as {@link #confirmedNow} was when the look was sent
     * @param writing whether a write of it is under way
     */
    Optional<Trouble> look(Found<DiskSlot> found, long before, boolean writing, ClusterId cluster) {
        return switch (found) {
            case Found.Whole<DiskSlot>(DiskSlot slot) -> whole(slot, before);
            case Found.Faulty<DiskSlot>(SlotFault fault) -> {
                // Another write of ours may have been under way at some moment of this look.
                boolean torn = fault == SlotFault.TORN && (doubt || writing || confirmed != before);
                yield before < 0 || torn
                        ? Optional.empty()
                        : Optional.of(new Trouble.Strange("the block of cluster %s there %s".formatted(cluster, fault.words())));
            }
        };
    }

    /** To be remembered when a look is sent. */
    long confirmedNow() {
        return confirmed;
    }

    void digest(Hash64 into) {
        into.add(sequence).add(confirmed).add(doubt ? 1 : 0);
    }

    private Optional<Trouble> whole(DiskSlot slot, long before) {
        long life = slot.who().life();
        if (life > self.life()) {
            return Optional.of(new Trouble.Another("%s writes there, a newer life than %s".formatted(slot.who(), self)));
        }
        if (life == self.life() && (slot.start() != start || slot.sequence() > sequence)) {
            return Optional.of(new Trouble.Another("another daemon writes there as %s too".formatted(self)));
        }
        if (before < 0) {
            // A former life's, before the first write of this one got through: go on above it (rule D3).
            sequence = Math.max(sequence, slot.sequence());
            return Optional.empty();
        }
        return life < self.life() || slot.sequence() < before
                ? Optional.of(new Trouble.Strange(
                        "%s, sequence %d lies there although %d was written: that was lost, or an old write came late"
                                .formatted(slot.who(), slot.sequence(), before)))
                : Optional.empty();
    }
}
