package io.muster.heartbeat;

import io.muster.base.Bytes;
import io.muster.base.Incarnation;
import io.muster.base.NodeId;
import java.util.Optional;

/** What the heartbeat on one disk announces. */
public sealed interface DiskBeatNews {

    /** Name of the disk. */
    String region();

    /** This life writes its slot; told when it is seen to, also when it is seen again after {@link StorageBack}. */
    record PeerUp(String region, Incarnation who) implements DiskBeatNews {}

    /**
     * Nobody writes this node's slot.
     *
     * @param last     the life in the slot, as far as one was seen
     * @param silentNs since something newer was seen there, or looking began
     */
    record PeerDown(String region, NodeId node, Optional<Incarnation> last, String reason, long silentNs)
            implements DiskBeatNews {}

    /** What this life's slot carries for the layers above is new. */
    record PeerTold(String region, Incarnation who, Bytes payload) implements DiskBeatNews {}

    /**
     * No write of the own slot that was sent in this time has got through: others may soon call this node silent here. Until
     * {@link StorageBack} this region says nothing of anybody.
     */
    record OwnSlotLate(String region, long lateNs, String why) implements DiskBeatNews {}

    /** No look that was sent in this time has got through. Until {@link StorageBack} this region says nothing of anybody. */
    record StorageLost(String region, long lostNs, String why) implements DiskBeatNews {}

    /** Both get through again, in time. Everybody's silence is counted anew. */
    record StorageBack(String region, long afterNs) implements DiskBeatNews {}

    /**
     * Where only this node writes lies what it did not write.
     *
     * @param anotherDaemon somebody else lives by our number: this machine has stopped writing there for good
     */
    record OwnSlotStolen(String region, boolean anotherDaemon, String what) implements DiskBeatNews {}

    /**
     * A slot or mail block is no sign of life, for this reason; told when the reason changes.
     *
     * @param count of such looks at this node's blocks in this life
     */
    record BlockFaulty(String region, NodeId node, SlotFault fault, long count) implements DiskBeatNews {}

    /** Requests begin to take so long that they come near their limit. */
    record RegionSlow(String region, Operation operation, LatencyPicture latency) implements DiskBeatNews {}

    /** They do not any more. */
    record RegionFast(String region, Operation operation, LatencyPicture latency) implements DiskBeatNews {}

    /** A pill for this very life was found: it is to end itself. Told once for each intent. */
    record PoisonPill(String region, long intent, Incarnation asker) implements DiskBeatNews {}

    /** This life's last write says that it ended by this intent's pill; told once for each life. */
    record PillTaken(String region, Incarnation victim, long intent) implements DiskBeatNews {}

    /**
     * The last write was tried, and nothing more is asked of the disk.
     *
     * @param written whether it got through
     */
    record LastWord(String region, boolean written) implements DiskBeatNews {}

    /** What is measured. */
    enum Operation {
        /** The own slot, written and flushed. */
        WRITE,
        /** All slots, read at once. */
        READ
    }
}
