package io.muster.block;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Makes a disk one of Muster. At every moment of it, whatever a crash keeps of the writes that were not flushed, the disk is
 * the former one as a whole, none at all, or the new one as a whole:
 * <ol>
 * <li>The copies of the former header are erased, one after the other, each flushed. As long as one of them is left nothing
 *     else has been touched; with none left there is no disk.
 * <li>The control area and the marks of others are overwritten with zeros, which mean "never written" in every slot. Flush.
 * <li>The copies of the new header are written, one after the other, each flushed. The first makes the disk.
 * <li>All is read back.
 * </ol>
 */
public final class DiskFormat {

    private static final int CHUNK = 1 << 20;

    private DiskFormat() {}

    /** @return why a disk of this length is too small; empty when it is not */
    public static String tooSmall(long bytes) {
        return bytes >= DiskLayout.CONTROL_BYTES ? "" : "%d bytes are too small: the control area alone takes %d bytes (%d MiB)"
                .formatted(bytes, DiskLayout.CONTROL_BYTES, DiskLayout.CONTROL_BYTES >> 20);
    }

    /**
     * @param erase marks of others that are to be erased outside of the control area's slots
     * @throws DiskFault the disk is then what the steps above say
     */
    public static void write(BlockDevice device, DiskHeader header, List<ForeignContent.Found> erase) {
        if (header.diskBytes() > device.bytes()) {
            throw new DiskFault(DiskFault.Kind.OUT_OF_RANGE, "a header for %d bytes on a disk of %d bytes"
                    .formatted(header.diskBytes(), device.bytes()));
        }
        for (int copy = 0; copy < DiskLayout.HEADER_COPIES; copy++) {
            device.write(DiskLayout.header(copy), ByteBuffer.allocate(DiskHeader.BYTES));
            device.flush();
        }
        for (ForeignContent.Found each : erase) {
            erase(device, each);
        }
        ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK + DiskLayout.BLOCK_BYTES).alignedSlice(DiskLayout.BLOCK_BYTES);
        long first = DiskLayout.header(0);
        for (long at = first; at < DiskLayout.CONTROL_BYTES; at = at / CHUNK * CHUNK + CHUNK) {
            device.write(at, zeros.clear().limit(CHUNK - (int) (at % CHUNK)));
        }
        device.flush();
        byte[] content = header.encode();
        for (int copy = 0; copy < DiskLayout.HEADER_COPIES; copy++) {
            device.write(DiskLayout.header(copy), ByteBuffer.wrap(content));
            device.flush();
        }
        HeaderChoice read = HeaderChoice.of(HeaderChoice.read(device));
        if (!new HeaderChoice.Chosen(header, List.of()).equals(read)) {
            throw new DiskFault(DiskFault.Kind.IO, "what was written does not read back: " + read);
        }
    }

    private static void erase(BlockDevice device, ForeignContent.Found found) {
        int block = device.blockBytes();
        long from = found.at() / block * block;
        long to = (found.at() + found.length() + block - 1) / block * block;
        device.write(from, ByteBuffer.allocate((int) (to - from)));
    }
}
