package io.muster.heartbeat;

import io.muster.base.Bytes;
import io.muster.base.ClusterId;
import io.muster.base.Incarnation;
import io.muster.base.Invariant;

/**
 * What one life of a node writes into its heartbeat slot on one disk.
 *
 * @param start    drawn at each start of a daemon: two daemons that believe to be the same life are told apart by it
 * @param sequence counts up over all lives of the node on this disk; with the life it says which slot is newer
 * @param sentAtNs the writer's own monotonic time; for people only, never compared with another clock
 * @param periodNs the writer's time between two writes
 * @param word     whether the writer goes on
 * @param pilledLife the life of this node that ended by a pill: the writer's own with {@link Word#DEAD_BY_PILL}, a former one
 *                 that a newer life found there and goes on telling (rule B7); 0 when there is none
 * @param intent   the fence intent that pill was for
 * @param payload  of the layers above, at most {@link #PAYLOAD_LIMIT_BYTES}
 */
public record DiskSlot(
        ClusterId cluster, Incarnation who, long start, long sequence, long sentAtNs, long periodNs, Word word,
        long pilledLife, long intent, Bytes payload) {

    /** Room for the layers above. */
    public static final int PAYLOAD_LIMIT_BYTES = 3_072;

    /** Whether the writer goes on. */
    public enum Word {
        /** It writes again within its period. */
        BEATING,
        /** It signed off: this was its last write. */
        SIGNED_OFF,
        /** It took a poison pill, wrote nothing else any more, and this was its last write (rule B7). */
        DEAD_BY_PILL
    }

    public DiskSlot {
        Invariant.holds(payload.length() <= PAYLOAD_LIMIT_BYTES, "a payload of %d bytes in a slot", payload.length());
    }

    /** Lives first, then sequences. */
    boolean isNewerThan(long life, long otherSequence) {
        return who.life() > life || who.life() == life && sequence > otherSequence;
    }
}
