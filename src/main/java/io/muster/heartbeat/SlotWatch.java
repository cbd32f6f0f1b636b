package io.muster.heartbeat;

import io.muster.base.Bytes;
import io.muster.base.Hash64;
import io.muster.base.Incarnation;
import io.muster.heartbeat.DiskBlockCodec.Found;
import io.muster.heartbeat.DiskSlot.Word;
import java.util.Optional;

/**
 * What successive looks at one slot say of the life that writes there (rules B2, B4). Pure.
 *
 * <p>A life is up when its slot is newer than at an earlier look. Silence is proved, never guessed, and without comparing two
 * nodes' clocks:
 * <ol>
 *   <li>at a look that had ended at {@code c} the slot held some life and sequence;
 *   <li>at a look that was sent at {@code s} it holds nothing newer;
 *   <li>so nothing newer came to the medium between {@code c} and {@code s}, and when {@code s - c >= silence}, whoever writes in
 *       time would have written in between: it does not write.
 * </ol>
 * A look that failed, or was late, is no look; after a gap between looks the time is counted anew ({@link #startAnew}), as a
 * disk that stood still for us may have stood still for all. A slot that cannot be read whole, or holds something older, is no
 * sign of life; but while its bytes change somebody writes there, and the verdict waits for one silence more, never for two.
 */
final class SlotWatch {

    /** As one region shows one node. */
    enum Shown {
        /** Not looked at for long enough. */
        UNJUDGED,
        UP,
        DOWN
    }

    private final long silenceNs;
    private Shown shown = Shown.UNJUDGED;
    private Optional<DiskSlot> newest = Optional.empty();
    private boolean looked;
    private int print;
    private boolean odd;
    /** End of the look that saw something newer, or at which counting began. */
    private long quietFrom;
    private long oddFrom;
    private String reason = "";

    SlotWatch(long silenceNs) {
        this.silenceNs = silenceNs;
    }

    /**
     * One look in time.
     *
     * @param found as it lay there; never {@link SlotFault#STALE}, which is found out here
     * @param crc   of all bytes of the block
     * @return what of {@code found} is no sign of life, to be named
     */
    Optional<SlotFault> look(Found<DiskSlot> found, int crc, long sentAt, long now) {
        if (!looked) {
            looked = true;
            quietFrom = now;
            print = crc;
        }
        Optional<SlotFault> fault = switch (found) {
            case Found.Whole<DiskSlot>(DiskSlot slot) -> whole(slot, now);
            case Found.Faulty<DiskSlot>(SlotFault it) -> Optional.of(it);
        };
        odd = fault.isPresent() && fault.get() != SlotFault.EMPTY;
        if (odd && crc != print) {
            oddFrom = now;
        }
        print = crc;
        long quietNs = sentAt - quietFrom;
        boolean settled = !odd || sentAt - oddFrom >= silenceNs || quietNs >= 2 * silenceNs;
        if (shown != Shown.DOWN && quietNs >= silenceNs && settled) {
            shown = Shown.DOWN;
            reason = "its slot did not change for %d ms".formatted(quietNs / 1_000_000);
        }
        return fault;
    }

    /** What was not seen until now says nothing: our own looks had a gap. Who was up has to show itself again. */
    void startAnew(long now) {
        quietFrom = now;
        oddFrom = now;
        if (shown == Shown.UP) {
            shown = Shown.UNJUDGED;
        }
    }

    Shown shown() {
        return shown;
    }

    /** The life in the newest slot seen; it is up only when {@link #shown} says so. */
    Optional<Incarnation> life() {
        return newest.map(DiskSlot::who);
    }

    /** The newest slot that was seen whole. */
    Optional<DiskSlot> newest() {
        return newest;
    }

    Bytes payload() {
        return newest.map(DiskSlot::payload).orElse(Bytes.NONE);
    }

    /** For people, while {@link #shown} is down. */
    String reason() {
        return reason;
    }

    /** Since something newer was seen, or counting began. */
    long quietNs(long now) {
        return looked ? now - quietFrom : 0;
    }

    void digest(Hash64 into) {
        into.add(shown.ordinal()).add(quietFrom).add(oddFrom).add(print);
        newest.ifPresent(slot -> into.add(slot.who().life()).add(slot.sequence()));
    }

    private Optional<SlotFault> whole(DiskSlot slot, long now) {
        if (newest.isEmpty()) {
            // What lies there at the first look may have been written long ago: it is where counting begins.
            newest = Optional.of(slot);
            quietFrom = now;
            ends(slot);
            return Optional.empty();
        }
        DiskSlot known = newest.get();
        if (slot.isNewerThan(known.who().life(), known.sequence())) {
            newest = Optional.of(slot);
            quietFrom = now;
            if (!ends(slot)) {
                shown = Shown.UP;
            }
            return Optional.empty();
        }
        boolean same = slot.who().equals(known.who()) && slot.sequence() == known.sequence();
        return same ? Optional.empty() : Optional.of(SlotFault.STALE);
    }

    /** The writer itself says that nothing comes after this. */
    private boolean ends(DiskSlot slot) {
        switch (slot.word()) {
            case BEATING -> {
                return false;
            }
            case SIGNED_OFF -> reason = "it signed off";
            case DEAD_BY_PILL -> reason = "it took the poison pill of intent %d".formatted(slot.intent());
        }
        shown = Shown.DOWN;
        return true;
    }

}
