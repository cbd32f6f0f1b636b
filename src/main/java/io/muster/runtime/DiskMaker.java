package io.muster.runtime;

import io.muster.base.ClusterFault;
import io.muster.base.ClusterId;
import io.muster.base.FaultCode;
import io.muster.base.NodeSet;
import io.muster.block.BlockDevice;
import io.muster.block.DiskFault;
import io.muster.block.DiskFormat;
import io.muster.block.DiskHeader;
import io.muster.block.DiskId;
import io.muster.block.DiskLayout;
import io.muster.block.ForeignContent;
import io.muster.block.HeaderChoice;
import io.muster.block.SlotSample;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Formats a disk, when nobody uses it and nothing is on it. What is in use is never formatted, whatever was wished: that a
 * mount, a lock of this machine or a heartbeat of any machine is there is no matter of opinion. What merely looks like
 * somebody else's is formatted when that was wished.
 */
public final class DiskMaker {

    /**
     * @param newBytes  length of the image file that is to be made; 0 for one that is there
     * @param force     whatever lies on it may be lost
     * @param watchNs   how long heartbeats are watched for
     */
    public record Wish(Path path, ClusterId cluster, String label, long newBytes, boolean force, boolean direct,
            long watchNs) {}

    private final Wish wish;

    private DiskMaker(Wish wish) {
        this.wish = wish;
    }

    /**
     * @return the new header
     * @throws ClusterFault DISK_2 to DISK_4, CLI_1: why not; nothing was written, unless it is DISK_2 and says otherwise
     */
    public static DiskHeader make(Wish wish) {
        return new DiskMaker(wish).make();
    }

    private DiskHeader make() {
        if (wish.newBytes() > 0) {
            create();
        }
        List<String> users = DiskUse.of(wish.path());
        if (!users.isEmpty()) {
            throw inUse(String.join(", ", users));
        }
        try (FileDevice device = FileDevice.open(wish.path(), FileDevice.Access.EXCLUSIVE, wish.direct())) {
            return format(device);
        } catch (DiskFault e) {
            if (e.kind() == DiskFault.Kind.IN_USE) {
                throw inUse(e.getMessage());
            }
            String hint = e.kind() == DiskFault.Kind.GONE ? "; --size makes a new image file" : "";
            throw new ClusterFault(
                    FaultCode.DISK_2, "%s was not formatted: %s%s".formatted(wish.path(), e.getMessage(), hint), e);
        }
    }

    private DiskHeader format(BlockDevice device) {
        long bytes = device.bytes() / DiskHeader.BYTES * DiskHeader.BYTES;
        String tooSmall = DiskFormat.tooSmall(bytes);
        if (!tooSmall.isEmpty()) {
            throw new ClusterFault(FaultCode.DISK_2, "%s was not formatted: %s".formatted(wish.path(), tooSmall));
        }
        HeaderChoice before = HeaderChoice.of(HeaderChoice.read(device));
        boolean ofMuster = !(before instanceof HeaderChoice.Missing);
        if (ofMuster) {
            requireSilent(device);
        }
        List<ForeignContent.Found> found = ForeignContent.find(device);
        if (!wish.force() && (ofMuster || !found.isEmpty())) {
            throw new ClusterFault(FaultCode.DISK_4, "%s was not formatted: %s. If it may be lost: --force; nothing was written"
                    .formatted(wish.path(), described(before, found)));
        }
        SecureRandom chance = new SecureRandom();
        DiskHeader header = new DiskHeader(new DiskId(chance.nextLong(), chance.nextLong()), wish.cluster(),
                chance.nextLong() | 1L << Long.SIZE - 2, 1, System.currentTimeMillis(), bytes, wish.label());
        DiskFormat.write(device, header, found.stream().filter(DiskMaker::liesOutside).toList());
        return header;
    }

    private String described(HeaderChoice before, List<ForeignContent.Found> found) {
        return switch (before) {
            case HeaderChoice.Chosen(DiskHeader header, _) -> "it is disk %s \"%s\" of %s cluster %s".formatted(header.disk(),
                    header.label(), header.cluster().equals(wish.cluster()) ? "this" : "another", header.cluster());
            case HeaderChoice.Undecided(String why, List<String> lines) ->
                "it is or was a disk of Muster, %s: %s".formatted(why, String.join("; ", lines));
            case HeaderChoice.Missing _ -> "there is " + String.join(", ",
                    found.stream().map(ForeignContent.Found::toString).toList());
        };
    }

    private static boolean liesOutside(ForeignContent.Found found) {
        return found.at() < DiskLayout.header(0) || found.at() >= DiskLayout.CONTROL_BYTES;
    }

    private void requireSilent(BlockDevice device) {
        SlotSample first = SlotSample.of(device);
        try {
            TimeUnit.NANOSECONDS.sleep(wish.watchNs());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw inUse("nobody knows whether it is used, for the watch was interrupted");
        }
        NodeSet alive = first.changed(SlotSample.of(device));
        if (!alive.isEmpty()) {
            throw inUse("%s wrote to their slots on it within %d ms".formatted(alive, wish.watchNs() / 1_000_000));
        }
    }

    private void create() {
        long bytes = wish.newBytes() / DiskHeader.BYTES * DiskHeader.BYTES;
        String tooSmall = DiskFormat.tooSmall(bytes);
        if (!tooSmall.isEmpty()) {
            throw new ClusterFault(FaultCode.DISK_2, "%s was not made: %s".formatted(wish.path(), tooSmall));
        }
        try {
            Files.createFile(wish.path());
            try (RandomAccessFile file = new RandomAccessFile(wish.path().toFile(), "rw")) {
                file.setLength(bytes);
            }
        } catch (FileAlreadyExistsException e) {
            throw new ClusterFault(FaultCode.CLI_1, "%s is there already: leave --size out to format it; nothing was written."
                    .formatted(wish.path()), e);
        } catch (IOException e) {
            throw new ClusterFault(FaultCode.DISK_2, "%s cannot be made: %s".formatted(wish.path(), e.getMessage()), e);
        }
    }

    private ClusterFault inUse(String why) {
        return new ClusterFault(FaultCode.DISK_3, "%s was not formatted: %s. Stop that first; nothing was written".formatted(
                wish.path(), why));
    }
}
