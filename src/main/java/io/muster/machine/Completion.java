package io.muster.machine;

import io.muster.base.Bytes;
import java.util.Optional;

/** What comes back for an {@link Effect}. */
public sealed interface Completion {

    long ticket();

    /** The bytes are on the medium. */
    record Written(long ticket) implements Completion {}

    /** Nothing may be concluded about what is on the medium. */
    record WriteFailed(long ticket, String why) implements Completion {}

    /**
     * A try of a fence method ended.
     *
     * @param evidence the name of an evidence class of the ledger, when the device proved that the victim is harmless;
     *                 {@link #DONE} when an operation that proves nothing succeeded; {@link #UNSEEN} when the device
     *                 cannot be reached from this node; {@link #UNKNOWN} when nobody knows what it still will do
     * @param proof    what was observed, or the device's answer when it failed; for people
     */
    record FenceEnded(long ticket, Optional<String> evidence, String proof) implements Completion {

        /** No evidence class has this name, so it can never be taken for evidence. */
        public static final String DONE = "done";
        /** Another node may see the device; no evidence class has this name either. */
        public static final String UNSEEN = "unseen";
        /** There was no answer: the device may have done it, may still do it, or never heard of it. */
        public static final String UNKNOWN = "unknown";
    }

    /** What comes back for an {@link Effect.OnDisk}. */
    sealed interface OfDisk extends Completion {}

    /** What lay on the shared disk; of the length that was asked for. */
    record DiskRead(long ticket, Bytes bytes) implements OfDisk {}

    /** The bytes are on the medium of the shared disk. */
    record DiskWritten(long ticket) implements OfDisk {}

    /** Nothing may be concluded about what is on the medium, or will be. */
    record DiskFailed(long ticket, String why) implements OfDisk {}
}
