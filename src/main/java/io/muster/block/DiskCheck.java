package io.muster.block;

import io.muster.base.Bytes;
import io.muster.base.NodeId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads everything that a disk of Muster keeps in its control area, and writes nothing. */
public final class DiskCheck {

    /** What kind of place it is. */
    public enum Area { HEARTBEAT, MAIL, LEDGER }

    /** @param copy 0, or 1 for the second copy of a ledger slot */
    public record Slot(Area area, NodeId node, int copy, SlotReader.Reading reading) {}

    /** @param slots all of them, those that were never written too */
    public record Report(List<HeaderCopy> copies, HeaderChoice header, List<Slot> slots) {
        public Report {
            copies = List.copyOf(copies);
            slots = List.copyOf(slots);
        }

        /** True when all copies of the header are the same and nothing else is damaged. */
        public boolean sound() {
            return header instanceof HeaderChoice.Chosen(_, List<String> bad) && bad.isEmpty()
                    && slots.stream().noneMatch(slot -> slot.reading().state() == SlotReader.State.DAMAGED);
        }
    }

    private final SlotReader heartbeats;
    private final SlotReader mail;
    private final SlotReader ledger;

    /** @param ledger is given one copy of a slot */
    public DiskCheck(SlotReader heartbeats, SlotReader mail, SlotReader ledger) {
        this.heartbeats = heartbeats;
        this.mail = mail;
        this.ledger = ledger;
    }

    /** Slots are looked at only when there is a header: what they hold is not known otherwise. */
    public Report look(BlockDevice device) {
        List<HeaderCopy> copies = HeaderChoice.read(device);
        HeaderChoice header = HeaderChoice.of(copies);
        List<Slot> slots = new ArrayList<>();
        if (header instanceof HeaderChoice.Chosen) {
            for (int number = 1; number < NodeId.LIMIT; number++) {
                NodeId node = NodeId.of(number);
                int block = DiskLayout.BLOCK_BYTES;
                slots.add(slot(device, Area.HEARTBEAT, node, 0, DiskLayout.heartbeat(node), block, heartbeats));
                slots.add(slot(device, Area.MAIL, node, 0, DiskLayout.mail(node), block, mail));
                for (int copy = 0; copy < 2; copy++) {
                    slots.add(slot(device, Area.LEDGER, node, copy, DiskLayout.ledgerHead(node, copy), block, ledger));
                }
            }
        }
        return new Report(copies, header, slots);
    }

    private static Slot slot(BlockDevice device, Area area, NodeId node, int copy, long at, int bytes, SlotReader reader) {
        byte[] content = new byte[bytes];
        try {
            device.read(at, ByteBuffer.wrap(content));
            return new Slot(area, node, copy, reader.read(node, Bytes.owning(content)));
        } catch (DiskFault e) {
            return new Slot(area, node, copy,
                    new SlotReader.Reading(SlotReader.State.DAMAGED, "cannot be read: " + e.getMessage()));
        }
    }
}
