package io.muster.block;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Which header holds, out of the copies of one disk. The rule:
 * <ol>
 * <li>A sound copy of another format: this program decides nothing here.
 * <li>Sound copies of one disk (same id, cluster and acceptor): the highest sequence holds. One copy is enough, for copies are
 *     written in order, each flushed before the next, so that a crash tears one at most; what is torn has a wrong checksum;
 *     and formatting erases all copies of the former header before it touches anything else.
 * <li>Sound copies of several disks, as after a piece of another disk was copied over this one: the disk that has two of the
 *     three, otherwise none.
 * <li>Two different headers of one disk with the same sequence: none. No writer of this program does that.
 * </ol>
 */
public sealed interface HeaderChoice {

    /** This one. @param bad one line for each copy that is not the same, for people; empty when all three are */
    record Chosen(DiskHeader header, List<String> bad) implements HeaderChoice {
        public Chosen {
            bad = List.copyOf(bad);
        }
    }

    /** There is none: never formatted, not formatted to the end, or destroyed. */
    record Missing(List<String> copies) implements HeaderChoice {
        public Missing {
            copies = List.copyOf(copies);
        }
    }

    /** Somebody has to decide. */
    record Undecided(String why, List<String> copies) implements HeaderChoice {
        public Undecided {
            copies = List.copyOf(copies);
        }
    }

    /** Reads all copies; a copy that cannot be read is a bad one. */
    static List<HeaderCopy> read(BlockDevice device) {
        List<HeaderCopy> copies = new ArrayList<>();
        for (int copy = 0; copy < DiskLayout.HEADER_COPIES; copy++) {
            byte[] block = new byte[DiskHeader.BYTES];
            HeaderCopy found;
            try {
                device.read(DiskLayout.header(copy), ByteBuffer.wrap(block));
                found = DiskHeader.decode(block);
            } catch (DiskFault e) {
                found = new HeaderCopy.Unreadable(e.getMessage());
            }
            copies.add(found);
        }
        return copies;
    }

    /** @param copies in the order of their places */
    static HeaderChoice of(List<HeaderCopy> copies) {
        List<DiskHeader> sound = new ArrayList<>();
        for (HeaderCopy copy : copies) {
            switch (copy) {
                case HeaderCopy.Sound(DiskHeader header) -> sound.add(header);
                case HeaderCopy.OtherFormat _ -> {
                    return new Undecided("a copy is " + copy, described(copies));
                }
                case HeaderCopy.Empty _, HeaderCopy.Foreign _, HeaderCopy.Damaged _, HeaderCopy.Unreadable _ -> {
                    /* holds nothing */
                }
            }
        }
        if (sound.isEmpty()) {
            return new Missing(described(copies));
        }
        List<DiskHeader> disk = largestGroup(sound);
        if (disk.size() < sound.size() && disk.size() * 2 <= DiskLayout.HEADER_COPIES) {
            return new Undecided("the copies are of different disks", described(copies));
        }
        DiskHeader newest = disk.getFirst();
        for (DiskHeader each : disk) {
            newest = each.sequence() > newest.sequence() ? each : newest;
        }
        for (DiskHeader each : disk) {
            if (each.sequence() == newest.sequence() && !each.equals(newest)) {
                return new Undecided("two copies of sequence %d differ".formatted(each.sequence()), described(copies));
            }
        }
        return new Chosen(newest, bad(copies, newest));
    }

    private static List<DiskHeader> largestGroup(List<DiskHeader> sound) {
        List<DiskHeader> largest = List.of();
        for (DiskHeader one : sound) {
            List<DiskHeader> group = sound.stream().filter(one::sameDisk).toList();
            largest = group.size() > largest.size() ? group : largest;
        }
        return largest;
    }

    private static List<String> bad(List<HeaderCopy> copies, DiskHeader newest) {
        List<String> bad = new ArrayList<>();
        HeaderCopy good = new HeaderCopy.Sound(newest);
        for (int i = 0; i < copies.size(); i++) {
            if (!good.equals(copies.get(i))) {
                bad.add(line(i, copies.get(i)));
            }
        }
        return bad;
    }

    private static List<String> described(List<HeaderCopy> copies) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < copies.size(); i++) {
            lines.add(line(i, copies.get(i)));
        }
        return lines;
    }

    private static String line(int copy, HeaderCopy found) {
        return "header copy %d at byte %d is %s".formatted(copy, DiskLayout.header(copy), found);
    }
}
