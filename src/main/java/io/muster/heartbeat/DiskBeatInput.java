package io.muster.heartbeat;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeSet;
import io.muster.machine.Completion;

/** What the heartbeat on one disk is told. */
public sealed interface DiskBeatInput {

    /** A request to a disk has ended; one of another machine or of another disk is ignored. */
    record Done(Completion.OfDisk completion) implements DiskBeatInput {}

    /**
     * What the own slot carries from its next write on, until told otherwise.
     *
     * @param payload at most {@link DiskSlot#PAYLOAD_LIMIT_BYTES}
     */
    record Carry(Bytes payload) implements DiskBeatInput {}

    /**
     * A pill for this life lies in the own mail until it is taken out; one for each node, the last one counts. Told again, it
     * changes nothing.
     */
    record PutPill(Incarnation victim, long intent) implements DiskBeatInput {}

    /** The intent has ended, whatever way: its pill is taken out. */
    record RemovePill(long intent) implements DiskBeatInput {}

    /** The configuration has changed: the other configured nodes from now on. */
    record Configured(NodeSet peers) implements DiskBeatInput {}

    /** Sign off: one last write says so, and nothing is asked of the disk after it. */
    record SignOff() implements DiskBeatInput {}

    /**
     * This life has shut its gate for ever, has drained what was under way, and ends by the pill of this intent: one last write
     * says so. To be told only when it is true (rule B7): it is the asker's evidence.
     */
    record DeadByPill(long intent) implements DiskBeatInput {}
}
