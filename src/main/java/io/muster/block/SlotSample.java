package io.muster.block;

import io.muster.base.Bytes;
import io.muster.base.NodeId;
import io.muster.base.NodeSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What lay in the heartbeat slots and mail blocks of a disk at one moment. Two of them tell whose slots were written between:
 * those nodes live and use the disk, on whichever machine.
 */
public record SlotSample(List<Bytes> blocks) {

    public SlotSample {
        blocks = List.copyOf(blocks);
    }

    /** @throws DiskFault when it cannot be read */
    public static SlotSample of(BlockDevice device) {
        List<Bytes> blocks = new ArrayList<>();
        for (int number = 1; number < NodeId.LIMIT; number++) {
            blocks.add(block(device, DiskLayout.heartbeat(NodeId.of(number))));
            blocks.add(block(device, DiskLayout.mail(NodeId.of(number))));
        }
        return new SlotSample(blocks);
    }

    /** Nodes whose slot or block is not the same in the later one. */
    public NodeSet changed(SlotSample later) {
        NodeSet changed = NodeSet.NONE;
        for (int i = 0; i < blocks.size(); i++) {
            if (!blocks.get(i).equals(later.blocks.get(i))) {
                changed = changed.with(NodeId.of(i / 2 + 1));
            }
        }
        return changed;
    }

    private static Bytes block(BlockDevice device, long at) {
        byte[] content = new byte[DiskLayout.BLOCK_BYTES];
        device.read(at, ByteBuffer.wrap(content));
        return Bytes.owning(content);
    }
}
