package io.muster.block;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What of somebody else lies on a disk: the marks of file systems, volume managers, arrays, partition tables and other cluster
 * stacks, and anything at all that is not zero where the control area will be. Offsets and marks are those of libblkid.
 */
public final class ForeignContent {

    /** @param at in bytes @param length in bytes */
    public record Found(String what, long at, int length) {
        @Override
        public String toString() {
            return "%s (at byte %d)".formatted(what, at);
        }
    }

    private record Mark(String what, long at, byte[] magic) {}

    private static final int CHUNK = 1 << 20;
    private static final int SECTOR = 512;
    private static final byte[] MD = HexFormat.of().parseHex("fc4e2ba9");
    private static final byte[] GPT = ascii("EFI PART");

    private static final List<Mark> MARKS = List.of(
            new Mark("an ext2, ext3 or ext4 file system", 1024 + 56, HexFormat.of().parseHex("53ef")),
            new Mark("an XFS file system", 0, ascii("XFSB")),
            new Mark("a Btrfs file system", 65536 + 64, ascii("_BHRfS_M")),
            new Mark("a GFS2 file system", 65536, HexFormat.of().parseHex("01161970")),
            new Mark("an OCFS2 file system", 1024, ascii("OCFSV2")),
            new Mark("an OCFS2 file system", 2048, ascii("OCFSV2")),
            new Mark("an OCFS2 file system", 4096, ascii("OCFSV2")),
            new Mark("an OCFS2 file system", 8192, ascii("OCFSV2")),
            new Mark("an LVM physical volume", 0, ascii("LABELONE")),
            new Mark("an LVM physical volume", 512, ascii("LABELONE")),
            new Mark("an LVM physical volume", 1024, ascii("LABELONE")),
            new Mark("an LVM physical volume", 1536, ascii("LABELONE")),
            new Mark("a member of an md array", 0, MD),
            new Mark("a member of an md array", 4096, MD),
            new Mark("a GPT partition table", 512, GPT),
            new Mark("a GPT partition table", 4096, GPT),
            new Mark("a partition table or boot sector", 510, HexFormat.of().parseHex("55aa")),
            new Mark("a LUKS volume", 0, HexFormat.of().parseHex("4c554b53babe")),
            new Mark("swap space", 4086, ascii("SWAPSPACE2")),
            new Mark("an F2FS file system", 1024, HexFormat.of().parseHex("1020f5f2")),
            new Mark("an NTFS file system", 3, ascii("NTFS    ")),
            new Mark("an ISO 9660 file system", 32769, ascii("CD001")),
            new Mark("a bcache device", 4096 + 24, HexFormat.of().parseHex("c68573f64e1a45ca8265f57f48ba6d81")),
            new Mark("a disk of SBD", 0, ascii("SBD_SBD_")),
            new Mark("a lease area of sanlock", 0, HexFormat.of().parseHex("10201506")));

    private ForeignContent() {}

    /**
     * Looks through the control area and at the end of the disk.
     *
     * @param device at least {@link DiskLayout#CONTROL_BYTES} long
     * @return empty when there is nothing but zeros
     * @throws DiskFault when it cannot be read
     */
    public static List<Found> find(BlockDevice device) {
        List<Found> found = new ArrayList<>();
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK + DiskLayout.BLOCK_BYTES).alignedSlice(DiskLayout.BLOCK_BYTES);
        byte[] content = new byte[CHUNK];
        for (long at = 0; at < DiskLayout.CONTROL_BYTES; at += CHUNK) {
            device.read(at, chunk.clear().limit(CHUNK));
            chunk.flip().get(content);
            if (at == 0) {
                marks(content, found);
            }
            int used = firstUsed(content);
            if (used >= 0) {
                unlessKnown(found, at + used);
            }
        }
        atTheEnd(device, found);
        return found;
    }

    private static void marks(byte[] start, List<Found> found) {
        for (Mark mark : MARKS) {
            if (isAt(start, (int) mark.at(), mark.magic())) {
                found.add(new Found(mark.what(), mark.at(), mark.magic().length));
            }
        }
    }

    /** One line about content that no mark explains is enough. */
    private static void unlessKnown(List<Found> found, long at) {
        if (found.isEmpty()) {
            found.add(new Found("content that is not zero", at, 1));
        }
    }

    /** md 0.90 and 1.0 and the second table of GPT lie at the end. */
    private static void atTheEnd(BlockDevice device, List<Found> found) {
        int block = DiskLayout.BLOCK_BYTES;
        long start = device.bytes() / block * block - 64 * block;
        if (start < DiskLayout.CONTROL_BYTES) {
            return;
        }
        byte[] tail = new byte[(int) (device.bytes() - start)];
        device.read(start, ByteBuffer.wrap(tail));
        long sectors = device.bytes() / SECTOR;
        mark("a member of an md array", MD, (sectors - 16 & ~7L) * SECTOR, start, tail, found);
        mark("a member of an md array", MD, (device.bytes() & -65536L) - 65536, start, tail, found);
        mark("the second table of a GPT partition table", GPT, device.bytes() - SECTOR, start, tail, found);
        mark("the second table of a GPT partition table", GPT, device.bytes() - block, start, tail, found);
    }

    private static void mark(String what, byte[] magic, long at, long start, byte[] tail, List<Found> found) {
        if (at >= start && isAt(tail, (int) (at - start), magic)) {
            found.add(new Found(what, at, magic.length));
        }
    }

    private static boolean isAt(byte[] content, int at, byte[] magic) {
        return at + magic.length <= content.length
                && Arrays.equals(content, at, at + magic.length, magic, 0, magic.length);
    }

    private static int firstUsed(byte[] content) {
        for (int i = 0; i < content.length; i++) {
            if (content[i] != 0) {
                return i;
            }
        }
        return -1;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
